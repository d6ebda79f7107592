//! What an admin does about a job that was given up: it is tried again, or left undone for a reason.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, ModelTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
    Set,
};
use serde_json::{Value, json};

use crate::audit;
use crate::db::rows::jobs as row;
use crate::db::{Conn, Txn, Wake};
use crate::kernel::ids::JobId;
use crate::kernel::{Event, Subject, Timestamp};

/// A job that was given up, or put aside by a restore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadJob {
    pub id: JobId,
    pub kind: String,
    /// Ids of what it is about.
    pub payload: Value,
    /// Service time.
    pub asked_at: Timestamp,
    pub attempts: i32,
    /// Of the last attempt; or why there was none.
    pub error: Option<String>,
}

impl From<row::Model> for DeadJob {
    fn from(row: row::Model) -> Self {
        let row::Model { id, kind, payload, created_at, attempts, last_error: error, .. } = row;
        Self { id, kind, payload, asked_at: created_at.into(), attempts, error }
    }
}

fn dead() -> Select<row::Entity> {
    row::Entity::find().filter(row::COLUMN.state.eq(row::State::Dead))
}

/// How many jobs were given up, but for those of the kind `without`.
///
/// # Errors
/// The database's own.
pub async fn count_dead(conn: &Conn, without: &str) -> Result<u64, DbErr> {
    dead().filter(row::COLUMN.kind.ne(without)).count(conn).await
}

/// At most `limit` jobs that were given up, oldest first, but for those of the kind `without`.
///
/// # Errors
/// The database's own.
pub async fn dead_jobs(conn: &Conn, without: &str, limit: u64) -> Result<Vec<DeadJob>, DbErr> {
    let dead = dead().filter(row::COLUMN.kind.ne(without)).order_by_asc(row::Column::Id);
    Ok(dead.limit(limit).all(conn).await?.into_iter().map(DeadJob::from).collect())
}

/// The jobs of a kind that were given up, oldest first.
///
/// # Errors
/// The database's own.
pub async fn dead_of_kind(conn: &Conn, kind: &str) -> Result<Vec<DeadJob>, DbErr> {
    let dead = dead().filter(row::COLUMN.kind.eq(kind)).order_by_asc(row::Column::Id);
    Ok(dead.all(conn).await?.into_iter().map(DeadJob::from).collect())
}

/// Takes away jobs that were given up and whose work was done, or decided about, otherwise.
///
/// # Errors
/// The database's own.
pub async fn forget_dead(txn: &Txn, jobs: &[JobId]) -> Result<(), DbErr> {
    if jobs.is_empty() {
        return Ok(());
    }
    let these = row::Entity::delete_many().filter(row::Column::Id.is_in(jobs.iter().copied()));
    these.filter(row::COLUMN.state.eq(row::State::Dead)).exec(&**txn).await.map(drop)
}

/// A job that was given up, if it still is.
///
/// # Errors
/// The database's own.
pub async fn dead_job(conn: &Conn, id: JobId) -> Result<Option<DeadJob>, DbErr> {
    let dead = row::Entity::find_by_id(id).filter(row::COLUMN.state.eq(row::State::Dead));
    Ok(dead.one(conn).await?.map(DeadJob::from))
}

/// What the jobs of a kind that wait or run are about: their payloads.
///
/// # Errors
/// The database's own.
pub async fn under_way(conn: &Conn, kind: &str) -> Result<Vec<Value>, DbErr> {
    let open = row::Entity::find().select_only().column(row::Column::Payload).filter(row::COLUMN.kind.eq(kind));
    open.filter(row::COLUMN.state.ne(row::State::Dead)).into_tuple().all(conn).await
}

/// Why nothing was done to a job.
#[derive(Debug, thiserror::Error)]
pub enum DeadJobRefusal {
    #[error("no such job was given up, or somebody was quicker")]
    NotDead,
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// What the audit log hears of an admin's act.
#[derive(Debug)]
enum DeadJobEvent<'a> {
    Retried(&'a row::Model),
    Dropped(&'a row::Model, &'a str),
}

impl Event for DeadJobEvent<'_> {
    fn kind(&self) -> &'static str {
        match self {
            Self::Retried(_) => "job.retried",
            Self::Dropped(..) => "job.dropped",
        }
    }

    fn subject(&self) -> Subject {
        match self {
            Self::Retried(job) | Self::Dropped(job, _) => Subject::Job(job.id),
        }
    }

    fn after(&self) -> Value {
        match self {
            Self::Retried(job) | Self::Dropped(job, _) => json!({ "job": job.kind, "about": ids(&job.payload) }),
        }
    }

    fn personal(&self) -> Option<Value> {
        self.reason().map(|reason| json!({ "reason": reason }))
    }

    fn reason(&self) -> Option<&str> {
        match self {
            Self::Retried(_) => None,
            Self::Dropped(_, reason) => Some(reason),
        }
    }
}

/// What of a payload are ids: it may hold more, and the log keeps no names here.
fn ids(payload: &Value) -> Value {
    let fields = payload.as_object().into_iter().flatten().filter(|(_, value)| value.is_string());
    fields.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// The job, locked.
async fn for_act(txn: &Txn, id: JobId) -> Result<row::Model, DeadJobRefusal> {
    let dead = row::Entity::find_by_id(id).filter(row::COLUMN.state.eq(row::State::Dead));
    dead.lock_exclusive().one(&**txn).await?.ok_or(DeadJobRefusal::NotDead)
}

/// Lets a job wait again, with its attempts forgotten. It looks at the world when it runs, as ever.
///
/// # Errors
/// [`DeadJobRefusal`].
pub async fn retry_dead(txn: &Txn, id: JobId) -> Result<(), DeadJobRefusal> {
    let job = for_act(txn, id).await?;
    let waiting = row::ActiveModel {
        id: Set(id),
        state: Set(row::State::Pending),
        attempts: Set(0),
        due_at: Set(txn.now().into()),
        last_error: Set(None),
        ..Default::default()
    };
    waiting.update(&**txn).await?;
    audit::record(txn, &DeadJobEvent::Retried(&job)).await?;
    txn.wake(Wake::Jobs);
    Ok(())
}

/// Leaves a job undone for good, for a reason that the audit log keeps with what it was about.
///
/// # Errors
/// [`DeadJobRefusal`].
pub async fn drop_dead(txn: &Txn, id: JobId, reason: &str) -> Result<(), DeadJobRefusal> {
    let job = for_act(txn, id).await?;
    audit::record(txn, &DeadJobEvent::Dropped(&job, reason)).await?;
    job.delete(&**txn).await?;
    Ok(())
}
