//! Floor 3: the program's work in the background, and the clock that moves it on.

pub mod clock;
mod daily;
pub mod drain;
pub mod messages;
pub mod registry;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use sea_orm::DbErr;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::jobs::lease::WORKER;
use crate::jobs::{self, Worker};
use crate::mail::Postman;
use crate::services::Services;

pub use clock::{Moved, Target, advance};
pub use drain::{Left, Settled, Unsettled, outstanding, settle, settle_all};
pub use registry::Registries;

/// How long a stop waits for work in hand.
const GRACE: Duration = Duration::from_secs(45);

/// The worker and the postman, running.
#[derive(Debug)]
pub struct Workers {
    stop: CancellationToken,
    loops: JoinSet<()>,
}

impl Workers {
    /// Starts both, and sees to it that the periodic jobs are waiting.
    ///
    /// # Errors
    /// The database's own.
    pub async fn start(services: &Services, registries: &Registries) -> Result<Self, DbErr> {
        services.db.write(WORKER, async |txn| jobs::ensure_periodic(txn, &registries.jobs).await).await?;
        let stop = CancellationToken::new();
        let mut loops = JoinSet::new();
        loops.spawn(Worker::new(services.clone(), Arc::clone(&registries.jobs)).serve(stop.clone()));
        loops.spawn(Postman::new(services.clone(), Arc::clone(&registries.composers)).serve(stop.clone()));
        Ok(Self { stop, loops })
    }

    /// Takes nothing new, and waits until what was begun has ended, or for less than a minute: what is left then is taken up by
    /// another worker once its lease has run out.
    pub async fn stop(mut self) {
        self.stop.cancel();
        let all = async {
            while let Some(ended) = self.loops.join_next().await {
                if let Err(error) = ended {
                    tracing::error!(%error, "a worker ended badly");
                }
            }
        };
        if tokio::time::timeout(GRACE, all).await.is_err() {
            tracing::warn!("work was left in the middle: it took too long");
            self.loops.shutdown().await;
        }
    }
}
