//! What the program reaches the world by, put together once at start and handed down.

use std::sync::Arc;

use crate::config::Settings;
use crate::db::Db;
use crate::gateway::Gateway;
use crate::kernel::Clocks;
use crate::kernel::random::Randomness;

/// Everything a verb that is more than rows may need. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Services {
    pub db: Db,
    pub clocks: Clocks,
    pub random: Randomness,
    pub settings: Arc<Settings>,
    pub gateway: Gateway,
}
