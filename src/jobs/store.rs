//! The table of jobs, from a claim to its end.

use sea_orm::sea_query::{BinOper, Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    UpdateMany,
};
use serde_json::Value;

use super::Upcoming;
use super::lease::{self, Lease, brief, fenced};
use crate::db::columns::UtcTime;
use crate::db::rows::jobs as row;
use crate::db::{Conn, Txn};
use crate::kernel::Timestamp;
use crate::kernel::ids::{JobId, LeaseToken};
use crate::kernel::steps::NOTHING;

/// A job that this worker alone may run, until its lease runs out.
#[derive(Debug, Clone)]
pub struct Leased {
    pub id: JobId,
    pub kind: String,
    pub payload: Value,
    /// What it waits under when it is given back.
    dedupe_key: Option<String>,
    /// Which run this is, from 1.
    pub attempts: i32,
    pub lease: Lease,
}

/// What begins the key of a job that runs, before its mark and a colon: nothing waits under such a key.
const RUNNING: &str = "running:";

/// Takes up to `limit` due jobs, earliest first. They wait under their dedupe keys no more: the same job asked for from here on is
/// another. The row remembers its key, so that a job that fails, or whose worker is lost, can wait under it again.
///
/// # Errors
/// The database's own.
pub async fn claim(txn: &Txn, limit: u64) -> Result<Vec<Leased>, DbErr> {
    let mark: LeaseToken = txn.new_id();
    let running = Expr::val(format!("{RUNNING}{mark}:")).binary(BinOper::Custom("||"), Expr::col("dedupe_key"));
    let key = Expr::case(Expr::col("state").eq("pending"), running).finally(Expr::col("dedupe_key"));
    let mut rows = lease::claim::<row::Entity>(txn, &["due_at", "id"], limit, |update| {
        update.value("dedupe_key", key);
    })
    .await?;
    rows.sort_unstable_by_key(|row| (row.due_at, row.id));
    txn.says(if rows.is_empty() { NOTHING } else { "job taken" });
    rows.iter().for_each(|row| txn.says(&row.kind));
    Ok(rows.into_iter().filter_map(to_leased).collect())
}

fn to_leased(row: row::Model) -> Option<Leased> {
    let lease = Lease { id: row.id.0, token: row.lease_token? };
    let dedupe_key = row.dedupe_key.map(waiting_key);
    Some(Leased { id: row.id, kind: row.kind, payload: row.payload, dedupe_key, attempts: row.attempts, lease })
}

/// The key that a running job waited under.
fn waiting_key(key: String) -> String {
    let marked = key.strip_prefix(RUNNING).and_then(|rest| rest.split_once(':'));
    marked.map(|(_, waited)| waited.to_owned()).unwrap_or(key)
}

/// Deletes a job that is done; false if the lease was lost.
pub(super) async fn complete(txn: &Txn, lease: Lease) -> Result<bool, DbErr> {
    let done = row::Entity::delete_many()
        .filter(row::Column::Id.eq(lease.id))
        .filter(row::Column::LeaseToken.eq(lease.token))
        .filter(row::Column::State.eq(row::State::Leased))
        .exec(&**txn)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Gives a job back, to be run again from `retry_at` (machine time) on; false if the lease was lost. If another waits under its
/// key by now, that one is enough.
///
/// The row is taken out and put in as a new one would be: so the database itself sees what waits under the key, also what another
/// transaction is just committing.
pub(super) async fn retry(txn: &Txn, job: &Leased, retry_at: Timestamp, error: &str) -> Result<bool, DbErr> {
    let Some(old) = row::Entity::find_by_id(job.id).one(&**txn).await? else { return Ok(false) };
    if !complete(txn, job.lease).await? {
        return Ok(false);
    }
    let waiting = row::Model {
        dedupe_key: job.dedupe_key.clone(),
        retry_at: Some(retry_at.into()),
        state: row::State::Pending,
        lease_token: None,
        lease_until: None,
        last_error: Some(brief(error)),
        ..old
    };
    insert(txn, waiting.into_active_model().reset_all()).await?;
    Ok(true)
}

/// Puts a job in, or, if one waits under its key, has that one due at the earlier time of both.
pub(super) async fn insert(txn: &Txn, job: row::ActiveModel) -> Result<(), DbErr> {
    let earlier = Expr::case(
        Expr::col((row::Entity, row::Column::DueAt)).gt(Expr::col(("excluded", row::Column::DueAt))),
        Expr::col(("excluded", row::Column::DueAt)),
    )
    .finally(Expr::col((row::Entity, row::Column::DueAt)));
    let merge = OnConflict::column(row::Column::DedupeKey).value(row::Column::DueAt, earlier).to_owned();
    row::Entity::insert(job).on_conflict(merge).exec_without_returning(&**txn).await?;
    Ok(())
}

/// Puts a job aside for an operator to see; false if the lease was lost.
pub(super) async fn bury(txn: &Txn, lease: Lease, error: &str) -> Result<bool, DbErr> {
    let done = dead(fenced::<row::Entity>(lease), error).exec(&**txn).await?;
    Ok(done.rows_affected == 1)
}

/// Puts every job of a kind aside for an operator to see, also those that a worker has in hand; how many.
///
/// # Errors
/// The database's own.
pub async fn set_aside(txn: &Txn, kind: &str, error: &str) -> Result<u64, DbErr> {
    let done = dead(row::Entity::update_many(), error)
        .filter(row::COLUMN.kind.eq(kind))
        .filter(row::COLUMN.state.ne(row::State::Dead))
        .exec(&**txn)
        .await?;
    Ok(done.rows_affected)
}

fn dead(update: UpdateMany<row::Entity>, error: &str) -> UpdateMany<row::Entity> {
    update
        .col_expr(row::Column::State, Expr::value(row::State::Dead))
        .col_expr(row::Column::DedupeKey, Expr::value(None::<String>))
        .col_expr(row::Column::RetryAt, Expr::value(None::<UtcTime>))
        .col_expr(row::Column::LastError, Expr::value(brief(error)))
        .col_expr(row::Column::LeaseToken, Expr::value(None::<uuid::Uuid>))
        .col_expr(row::Column::LeaseUntil, Expr::value(None::<UtcTime>))
}

/// The next `limit` service-time moments after `after` at which jobs are due, without the kinds in `without`.
///
/// # Errors
/// The database's own.
pub async fn upcoming(conn: &Conn, after: Timestamp, without: &[&str], limit: u64) -> Result<Vec<Upcoming>, DbErr> {
    let rows: Vec<(UtcTime, String, i64)> = row::Entity::find()
        .select_only()
        .column(row::Column::DueAt)
        .column(row::Column::Kind)
        .column_as(row::Column::Id.count(), "many")
        .filter(Expr::cust("state = 'pending'"))
        .filter(row::Column::DueAt.gt(UtcTime::from(after)))
        .apply_if((!without.is_empty()).then_some(without), |query, kinds| {
            query.filter(row::Column::Kind.is_not_in(kinds.iter().copied()))
        })
        .group_by(row::Column::DueAt)
        .group_by(row::Column::Kind)
        .order_by_asc(row::Column::DueAt)
        .order_by_asc(row::Column::Kind)
        .limit(limit)
        .into_tuple()
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(Upcoming::from).collect())
}

/// The jobs that should have been done by `now` and are not, and the dead: kind, state in words, last error.
///
/// # Errors
/// The database's own.
pub async fn left(conn: &Conn, now: Timestamp) -> Result<Vec<(String, row::State, Option<String>)>, DbErr> {
    row::Entity::find()
        .select_only()
        .columns([row::Column::Kind, row::Column::State, row::Column::LastError])
        .filter(row::Column::DueAt.lte(UtcTime::from(now)).or(row::Column::State.ne(row::State::Pending)))
        .order_by_asc(row::Column::DueAt)
        .into_tuple()
        .all(conn)
        .await
}
