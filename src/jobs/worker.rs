//! Running jobs: one worker in the background, or what is due right now.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use sea_orm::DbErr;
use tokio_util::sync::CancellationToken;

use super::lease::{self, WORKER, backoff};
use super::pool::{self, Line};
use super::store::{self, Leased};
use super::{JobFailure, Registry};
use crate::db::Wake;
use crate::db::rows::jobs as row;
use crate::kernel::time::shifted;
use crate::services::Services;

/// A job that failed this often is dead. With the waits between, that is over an hour.
pub const MAX_ATTEMPTS: i32 = 12;

/// Runs jobs as they become due.
#[derive(Debug, Clone)]
pub struct Worker {
    services: Services,
    registry: Arc<Registry>,
}

impl Worker {
    /// A worker that knows the jobs of `registry`.
    pub fn new(services: Services, registry: Arc<Registry>) -> Self {
        Self { services, registry }
    }

    /// Works, with `work.jobs` jobs at once, until `stop`; then finishes what it has begun.
    pub async fn serve(self, stop: CancellationToken) {
        let (db, limit) = (self.services.db.clone(), self.services.settings.work.jobs);
        pool::serve(self, db, limit, stop).await;
    }
}

/// Runs what is due by now, one after the other, at most `limit` jobs; how many.
///
/// # Errors
/// The database's own. A job that fails is no error here: it waits to be tried again, or is dead.
pub async fn run_due(services: &Services, registry: &Arc<Registry>, limit: usize) -> Result<usize, DbErr> {
    pool::drain(&Worker::new(services.clone(), Arc::clone(registry)), limit).await
}

impl Line for Worker {
    const WAKE: Wake = Wake::Jobs;
    type Item = Leased;

    async fn claim(&self, limit: u64) -> Result<Vec<Leased>, DbErr> {
        self.services.db.write(WORKER, async |txn| store::claim(txn, limit).await).await
    }

    async fn run(&self, job: Leased) -> Result<(), DbErr> {
        let outcome = if job.attempts > MAX_ATTEMPTS {
            Err(JobFailure::GiveUp("its worker was lost each time".to_owned()))
        } else {
            let run = self.registry.run(&job.kind, job.payload.clone(), &self.services);
            let run = AssertUnwindSafe(run).catch_unwind();
            match lease::held::<row::Entity, _>(&self.services.db, job.lease, run).await {
                Some(Ok(outcome)) => outcome,
                Some(Err(panic)) => Err(JobFailure::Retry(format!("it panicked: {}", panic_text(panic.as_ref())))),
                None => {
                    lost(&job);
                    return Ok(());
                }
            }
        };
        if !self.note(&job, outcome).await? {
            lost(&job);
        }
        Ok(())
    }
}

impl Worker {
    /// Notes how a job ended, and asks for the next run of a periodic one; false if the lease was lost.
    async fn note(&self, job: &Leased, outcome: Result<(), JobFailure>) -> Result<bool, DbErr> {
        let failure = match outcome {
            Err(JobFailure::Retry(error)) if job.attempts >= MAX_ATTEMPTS => Err(JobFailure::GiveUp(error)),
            outcome => outcome,
        };
        let ending = match &failure {
            Ok(()) => "done",
            Err(JobFailure::Retry(_)) => "to_retry",
            Err(JobFailure::GiveUp(_)) => "given_up",
        };
        metrics::counter!("lectern_jobs_total", "kind" => job.kind.clone(), "ending" => ending).increment(1);
        match &failure {
            Ok(()) => tracing::debug!(job = %job.id, kind = job.kind, "job done"),
            Err(JobFailure::Retry(error)) => {
                tracing::warn!(job = %job.id, kind = job.kind, attempts = job.attempts, error, "job failed, will be tried again");
            }
            Err(JobFailure::GiveUp(error)) => {
                tracing::error!(job = %job.id, kind = job.kind, attempts = job.attempts, error, "job given up");
            }
        }
        let services = &self.services;
        services
            .db
            .write(WORKER, async |txn| {
                txn.says(ending);
                txn.says(&job.kind);
                let ours = match &failure {
                    Ok(()) => store::complete(txn, job.lease).await?,
                    Err(JobFailure::Retry(error)) => {
                        let retry_at = shifted(txn.machine_now(), backoff(job.attempts, &services.random));
                        return store::retry(txn, job, retry_at, error).await;
                    }
                    Err(JobFailure::GiveUp(error)) => store::bury(txn, job.lease, error).await?,
                };
                if ours {
                    self.registry.enqueue_next(txn, &job.kind).await?;
                }
                Ok(ours)
            })
            .await
    }
}

fn lost(job: &Leased) {
    tracing::warn!(job = %job.id, kind = job.kind, "a job's lease was lost: another worker has it");
}

/// What a panic said.
pub fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&'static str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a word")
}
