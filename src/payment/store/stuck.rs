//! Stuck events: notifications of the gateway that are kept and not dealt with, though they should be by now.

use std::collections::BTreeMap;

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::db::columns::UtcTime;
use crate::db::rows::payment::gateway_events as row;
use crate::db::{Conn, Txn};
use crate::gateway::{About, Notification};
use crate::jobs::{self, DeadJob, Job};
use crate::kernel::Timestamp;
use crate::kernel::ids::JobId;
use crate::payment::jobs::ProcessEvent;

/// What an event that was put aside is said to be.
const ASIDE: &str = "put aside by an admin";

/// A notification that is not dealt with, though its job was given up or it waits longer than it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StuckEvent {
    /// The gateway's id.
    pub id: String,
    pub kind: String,
    /// Service time.
    pub received_at: Timestamp,
    /// Of the job that was given up last; `None` where none was.
    pub error: Option<String>,
}

/// A notification as it is kept, for who decides about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptEvent {
    /// The gateway's id.
    pub id: String,
    pub kind: String,
    pub live: bool,
    /// Service time, as all of it.
    pub received_at: Timestamp,
    pub processed_at: Option<Timestamp>,
    /// What was odd about it, or that it was put aside.
    pub oddity: Option<String>,
    pub seen_at: Option<Timestamp>,
    /// Why the last job about it was given up, while it is not dealt with.
    pub error: Option<String>,
    /// What it is about, where that is said.
    pub about: Option<About>,
}

/// The jobs about notifications that were given up, by what they are about; the newest of one last.
async fn given_up(conn: &Conn) -> Result<BTreeMap<String, Vec<DeadJob>>, DbErr> {
    let mut by_event: BTreeMap<String, Vec<DeadJob>> = BTreeMap::new();
    for job in jobs::dead_of_kind(conn, ProcessEvent::KIND).await? {
        if let Some(event) = job.payload.get("event").and_then(|event| event.as_str()) {
            by_event.entry(event.to_owned()).or_default().push(job);
        }
    }
    Ok(by_event)
}

fn last_error(jobs: Option<&Vec<DeadJob>>) -> Option<String> {
    jobs.and_then(|jobs| jobs.last()).and_then(|job| job.error.clone())
}

fn stuck(given_up: &BTreeMap<String, Vec<DeadJob>>, limit: Timestamp) -> Condition {
    let late = row::COLUMN.received_at.lt(UtcTime::from(limit));
    let given_up = row::Column::Id.is_in(given_up.keys().cloned());
    Condition::all().add(row::COLUMN.processed_at.is_null()).add(Condition::any().add(late).add(given_up))
}

/// The events that are stuck, oldest first: those received before `limit` (service time), and those whose job was given up.
///
/// # Errors
/// The database's own.
pub async fn stuck_events(conn: &Conn, limit: Timestamp, most: u64) -> Result<Vec<StuckEvent>, DbErr> {
    let given_up = given_up(conn).await?;
    let rows: Vec<(String, String, UtcTime)> = row::Entity::find()
        .select_only()
        .columns([row::Column::Id, row::Column::Kind, row::Column::ReceivedAt])
        .filter(stuck(&given_up, limit))
        .order_by_asc(row::Column::ReceivedAt)
        .limit(most)
        .into_tuple()
        .all(conn)
        .await?;
    let told = |(id, kind, at): (String, String, UtcTime)| {
        let error = last_error(given_up.get(&id));
        StuckEvent { id, kind, received_at: at.into(), error }
    };
    Ok(rows.into_iter().map(told).collect())
}

/// How many there are of [`stuck_events`].
///
/// # Errors
/// The database's own.
pub async fn count_stuck_events(conn: &Conn, limit: Timestamp) -> Result<u64, DbErr> {
    row::Entity::find().filter(stuck(&given_up(conn).await?, limit)).count(conn).await
}

/// A notification, whatever became of it.
///
/// # Errors
/// The database's own.
pub async fn kept_event(conn: &Conn, id: &str) -> Result<Option<KeptEvent>, DbErr> {
    let Some(row) = row::Entity::find_by_id(id.to_owned()).one(conn).await? else { return Ok(None) };
    let error = match row.processed_at {
        None => last_error(given_up(conn).await?.get(id)),
        Some(_) => None,
    };
    Ok(Some(KeptEvent {
        about: Notification::about_kept(&row.body),
        id: row.id,
        kind: row.kind,
        live: row.live,
        received_at: row.received_at.into(),
        processed_at: row.processed_at.map(Into::into),
        oddity: row.error,
        seen_at: row.seen_at.map(Into::into),
        error,
    }))
}

/// Notes that an admin will not have a notification dealt with; false if none of this id waits.
pub(in crate::payment) async fn mark_aside(txn: &Txn, id: &str) -> Result<bool, DbErr> {
    let now = UtcTime::from(txn.now());
    let done = row::Entity::update_many()
        .col_expr(row::Column::ProcessedAt, Expr::value(now))
        .col_expr(row::Column::SeenAt, Expr::value(now))
        .col_expr(row::Column::Error, Expr::value(ASIDE))
        .filter(row::COLUMN.id.eq(id))
        .filter(row::COLUMN.processed_at.is_null())
        .exec(&**txn)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Takes away the jobs that were given up about notifications that are dealt with.
pub(in crate::payment) async fn forget_settled_jobs(txn: &Txn) -> Result<(), DbErr> {
    let given_up = given_up(txn).await?;
    if given_up.is_empty() {
        return Ok(());
    }
    let settled: Vec<String> = row::Entity::find()
        .select_only()
        .column(row::Column::Id)
        .filter(row::Column::Id.is_in(given_up.keys().cloned()))
        .filter(row::COLUMN.processed_at.is_not_null())
        .into_tuple()
        .all(&**txn)
        .await?;
    let jobs: Vec<JobId> = settled.iter().filter_map(|id| given_up.get(id)).flatten().map(|job| job.id).collect();
    jobs::forget_dead(txn, &jobs).await
}
