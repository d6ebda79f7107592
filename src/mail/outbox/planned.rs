//! Letters that are planned ahead: read, moved, held back and revived by whoever planned them, many in a statement. A letter that a
//! worker has taken, or that was sent, is left alone.

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveEnum, ColumnTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};
use serde_json::Value;

use super::{Post, insert};
use crate::db::columns::UtcTime;
use crate::db::rows::mail as row;
use crate::db::{Conn, Txn};
use crate::kernel::Timestamp;
use crate::kernel::ids::UserId;

/// How far a letter has come, as far as its planner cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Waiting,
    /// A worker has it.
    InFlight,
    /// Or perhaps sent: it counts as sent, at its due moment.
    Sent {
        /// Service time.
        at: Timestamp,
    },
    Cancelled,
    Expired,
    /// Not wanted.
    Suppressed,
    /// Refused for good.
    Stopped,
}

/// A letter that was planned.
#[derive(Debug, Clone)]
pub struct Planned {
    pub dedupe_key: String,
    pub stage: Stage,
    pub payload: Value,
    /// Service time.
    pub due_at: Timestamp,
}

/// Every letter of these kinds that the outbox ever held for these people, in one statement. What was rendered is not read.
///
/// # Errors
/// The database's own.
pub async fn planned(conn: &Conn, people: &[UserId], kinds: &[&str]) -> Result<Vec<Planned>, DbErr> {
    use row::Column as C;
    let rows: Vec<(String, row::State, Value, UtcTime, Option<UtcTime>)> = row::Entity::find()
        .select_only()
        .columns([C::DedupeKey, C::State, C::Payload, C::DueAt, C::SentAt])
        .filter(C::UserId.is_in(people.iter().copied()))
        .filter(C::Kind.is_in(kinds.iter().copied()))
        .into_tuple()
        .all(conn)
        .await?;
    let planned = |(dedupe_key, state, payload, due_at, sent_at): (_, _, _, UtcTime, Option<UtcTime>)| Planned {
        dedupe_key,
        stage: stage(state, sent_at.unwrap_or(due_at).into()),
        payload,
        due_at: due_at.into(),
    };
    Ok(rows.into_iter().map(planned).collect())
}

fn stage(state: row::State, at: Timestamp) -> Stage {
    match state {
        row::State::Pending | row::State::Held => Stage::Waiting,
        row::State::Leased => Stage::InFlight,
        row::State::Sent | row::State::InDoubt => Stage::Sent { at },
        row::State::Cancelled => Stage::Cancelled,
        row::State::Expired => Stage::Expired,
        row::State::Suppressed => Stage::Suppressed,
        row::State::Dead => Stage::Stopped,
    }
}

const WAITING: [row::State; 2] = [row::State::Pending, row::State::Held];
const ENDED_UNSENT: [row::State; 3] = [row::State::Cancelled, row::State::Expired, row::State::Suppressed];
/// Keys a statement.
const KEYS: usize = 1000;

/// Gives waiting letters, found by their keys, other moments and another payload. What was rendered for the old ones is dropped.
///
/// # Errors
/// The database's own.
pub async fn replan(txn: &Txn, letters: Vec<Post>) -> Result<(), DbErr> {
    use row::Column as C;
    let moved = over(&[C::Payload, C::DueAt, C::NotAfter, C::RetryAt, C::Rendered], &WAITING);
    insert(txn, letters, &moved).await
}

/// Lets letters wait again that were cancelled or suppressed or had expired.
///
/// # Errors
/// The database's own.
pub async fn revive(txn: &Txn, letters: Vec<Post>) -> Result<(), DbErr> {
    use row::Column as C;
    let columns = [C::State, C::Recipient, C::Attempts, C::LastError, C::Payload, C::DueAt, C::NotAfter, C::RetryAt, C::Rendered];
    insert(txn, letters, &over(&columns, &ENDED_UNSENT)).await
}

/// What becomes of the letter that has the key already: these columns as a new letter has them, if it is still in one of
/// `states`: between our look and our change a worker may have taken it.
fn over(columns: &[row::Column], states: &[row::State]) -> OnConflict {
    let state = Expr::col((row::Entity, row::Column::State));
    let states = states.iter().map(ActiveEnum::to_value);
    OnConflict::column(row::Column::DedupeKey)
        .update_columns(columns.iter().copied())
        .action_and_where(state.is_in(states))
        .to_owned()
}

/// Takes waiting letters back.
///
/// # Errors
/// The database's own.
pub async fn cancel(txn: &Txn, dedupe_keys: &[String]) -> Result<(), DbErr> {
    end(txn, dedupe_keys, row::State::Cancelled, None).await
}

/// Holds waiting letters back, for `reason`.
///
/// # Errors
/// The database's own.
pub async fn suppress(txn: &Txn, dedupe_keys: &[String], reason: &str) -> Result<(), DbErr> {
    end(txn, dedupe_keys, row::State::Suppressed, Some(reason)).await
}

async fn end(txn: &Txn, dedupe_keys: &[String], state: row::State, reason: Option<&str>) -> Result<(), DbErr> {
    for keys in dedupe_keys.chunks(KEYS) {
        row::Entity::update_many()
            .col_expr(row::Column::State, Expr::value(state))
            .col_expr(row::Column::LastError, Expr::value(reason.map(str::to_owned)))
            .filter(row::Column::DedupeKey.is_in(keys.iter().map(String::as_str)))
            .filter(row::Column::State.is_in(WAITING))
            .exec(&**txn)
            .await?;
    }
    Ok(())
}
