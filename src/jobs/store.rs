//! The table of jobs, from a claim to its end.

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use serde_json::Value;

use super::Upcoming;
use super::lease::{self, Lease, brief, fenced};
use crate::db::columns::UtcTime;
use crate::db::rows::jobs as row;
use crate::db::{Conn, Txn};
use crate::kernel::Timestamp;
use crate::kernel::ids::JobId;

/// A job that this worker alone may run, until its lease runs out.
#[derive(Debug, Clone)]
pub struct Leased {
    pub id: JobId,
    pub kind: String,
    pub payload: Value,
    /// Which run this is, from 1.
    pub attempts: i32,
    pub lease: Lease,
}

/// Takes up to `limit` due jobs, earliest first. Their dedupe keys are given up: the same job asked for from here on is another.
///
/// # Errors
/// The database's own.
pub async fn claim(txn: &Txn, limit: u64) -> Result<Vec<Leased>, DbErr> {
    let mut rows = lease::claim::<row::Entity>(txn, &["due_at", "id"], limit, |update| {
        update.value("dedupe_key", None::<String>);
    })
    .await?;
    rows.sort_unstable_by_key(|row| (row.due_at, row.id));
    Ok(rows.into_iter().filter_map(to_leased).collect())
}

fn to_leased(row: row::Model) -> Option<Leased> {
    let lease = Lease { id: row.id.0, token: row.lease_token? };
    Some(Leased { id: row.id, kind: row.kind, payload: row.payload, attempts: row.attempts, lease })
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

/// Gives a job back, to be run again from `retry_at` (machine time) on; false if the lease was lost.
pub(super) async fn retry(txn: &Txn, lease: Lease, retry_at: Timestamp, error: &str) -> Result<bool, DbErr> {
    end(txn, lease, row::State::Pending, Some(retry_at), error).await
}

/// Puts a job aside for an operator to see; false if the lease was lost.
pub(super) async fn bury(txn: &Txn, lease: Lease, error: &str) -> Result<bool, DbErr> {
    end(txn, lease, row::State::Dead, None, error).await
}

async fn end(txn: &Txn, lease: Lease, state: row::State, retry_at: Option<Timestamp>, error: &str) -> Result<bool, DbErr> {
    let done = fenced::<row::Entity>(lease)
        .col_expr(row::Column::State, Expr::value(state))
        .col_expr(row::Column::RetryAt, Expr::value(retry_at.map(UtcTime::from)))
        .col_expr(row::Column::LastError, Expr::value(brief(error)))
        .col_expr(row::Column::LeaseToken, Expr::value(None::<uuid::Uuid>))
        .col_expr(row::Column::LeaseUntil, Expr::value(None::<UtcTime>))
        .exec(&**txn)
        .await?;
    Ok(done.rows_affected == 1)
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
