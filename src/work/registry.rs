//! The kinds of jobs and of messages, each named once.

use std::sync::Arc;

use super::messages;
use crate::jobs::Registry;
use crate::mail::Composers;

/// Everything that can be done later. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Registries {
    pub jobs: Arc<Registry>,
    pub composers: Arc<Composers>,
}

impl Registries {
    /// Those of the program.
    pub fn all() -> Self {
        Self { jobs: Arc::new(jobs()), composers: Arc::new(composers()) }
    }
}

/// A line for each job: `.with::<payment::jobs::LapseHold>()`, or `.with_periodic::<…>()`.
fn jobs() -> Registry {
    Registry::new()
}

/// A line for each message: `.with(messages::SignInCode)`.
fn composers() -> Composers {
    Composers::new().with(messages::SignInCode)
}
