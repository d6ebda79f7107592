//! Later work: a job is a row written in the transaction of its cause, run by a worker that holds a lease on it.
//!
//! Jobs are shallow: they carry ids, not data, look at the world when they run, and can be run again safely. A job's due time
//! is service time (people see what it does); its lease and its retries are machine time.

pub mod clock;
mod desk;
pub mod lease;
pub mod pool;
mod registry;
pub mod store;
mod worker;

#[cfg(test)]
mod tests;

use sea_orm::{DbErr, Set};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::db::columns::UtcTime;
use crate::db::rows::jobs as row;
use crate::db::{Txn, Wake};
use crate::kernel::Timestamp;
use crate::services::Services;

pub use desk::{
    DeadJob, DeadJobRefusal, count_dead, dead_job, dead_jobs, dead_of_kind, drop_dead, forget_dead, retry_dead, under_way,
};
pub use registry::{Periodic, Registry, ensure_periodic};
pub use worker::{MAX_ATTEMPTS, Worker, panic_text, run_due};

/// A kind of later work.
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// A stable name such as `payment.lapse_hold`.
    const KIND: &'static str;

    /// Jobs waiting under one key are one job; asked for again, it is due at the earlier time. A job that is already running
    /// does not count: what changed since it started is seen by the next.
    fn dedupe_key(&self) -> Option<String> {
        None
    }

    /// Does it.
    fn run(self, services: &Services) -> impl Future<Output = Result<(), JobFailure>> + Send;
}

/// Why a job did not finish.
#[derive(Debug, thiserror::Error)]
pub enum JobFailure {
    /// May succeed later.
    #[error("{0}")]
    Retry(String),
    /// Never will: kept as dead, for an operator to see.
    #[error("given up: {0}")]
    GiveUp(String),
}

impl From<DbErr> for JobFailure {
    fn from(error: DbErr) -> Self {
        Self::Retry(error.to_string())
    }
}

/// Asks for `job` now, once this transaction is committed.
///
/// # Errors
/// The database's own.
pub async fn enqueue<J: Job>(txn: &Txn, job: &J) -> Result<(), DbErr> {
    enqueue_at(txn, job, txn.now()).await
}

/// Asks for `job` at service time `due_at`.
///
/// # Errors
/// The database's own.
pub async fn enqueue_at<J: Job>(txn: &Txn, job: &J, due_at: Timestamp) -> Result<(), DbErr> {
    let payload = serde_json::to_value(job).map_err(|error| DbErr::Json(error.to_string()))?;
    enqueue_kind(txn, J::KIND, job.dedupe_key(), payload, due_at).await
}

/// Asks for a job known by its kind alone, where the job itself is of a floor above.
///
/// # Errors
/// The database's own.
pub async fn enqueue_kind(
    txn: &Txn,
    kind: &str,
    dedupe_key: Option<String>,
    payload: Value,
    due_at: Timestamp,
) -> Result<(), DbErr> {
    let job = row::ActiveModel {
        id: Set(txn.new_id()),
        kind: Set(kind.to_owned()),
        payload: Set(payload),
        dedupe_key: Set(dedupe_key),
        due_at: Set(due_at.into()),
        retry_at: Set(None),
        state: Set(row::State::Pending),
        attempts: Set(0),
        lease_token: Set(None),
        lease_until: Set(None),
        last_error: Set(None),
        created_at: Set(txn.now().into()),
    };
    store::insert(txn, job).await?;
    if due_at <= txn.now() {
        txn.wake(Wake::Jobs);
    }
    Ok(())
}

/// Something that becomes due later, as many times as counted, at one moment of service time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upcoming {
    pub at: Timestamp,
    pub kind: String,
    pub count: i64,
}

impl From<(UtcTime, String, i64)> for Upcoming {
    fn from((at, kind, count): (UtcTime, String, i64)) -> Self {
        Self { at: at.into(), kind, count }
    }
}

/// Loses every job, as if each had been given up; how many there were.
#[cfg(test)]
pub async fn lose_all(txn: &Txn) -> Result<u64, DbErr> {
    use sea_orm::EntityTrait;
    Ok(row::Entity::delete_many().exec(&**txn).await?.rows_affected)
}
