//! Letters that are planned ahead: read, moved, cancelled and revived by whoever planned them. A letter that a worker has taken, or
//! that was sent, is left alone.

use sea_orm::{ActiveEnum, ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, Set};
use serde_json::Value;

use crate::db::rows::mail as row;
use crate::db::{Conn, Txn, Wake};
use crate::kernel::ids::UserId;
use crate::kernel::{EmailAddress, Timestamp};

/// How far a letter has come, as far as its planner cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Waiting,
    /// A worker has it.
    InFlight,
    /// Or perhaps sent: it counts as sent.
    Sent,
    Cancelled,
    Expired,
    /// Refused for good, or not wanted.
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

/// What a letter becomes: its moments (service time) and what it is about.
#[derive(Debug, Clone)]
pub struct Replan {
    pub payload: Value,
    pub due_at: Timestamp,
    pub not_after: Timestamp,
}

/// Every letter of these kinds that the outbox ever held for these people.
///
/// # Errors
/// The database's own.
pub async fn planned(conn: &Conn, people: &[UserId], kinds: &[&str]) -> Result<Vec<Planned>, DbErr> {
    let rows = row::Entity::find()
        .filter(row::Column::UserId.is_in(people.iter().copied()))
        .filter(row::Column::Kind.is_in(kinds.iter().copied()))
        .all(conn)
        .await?;
    let stage = |state| match state {
        row::State::Pending | row::State::Held => Stage::Waiting,
        row::State::Leased => Stage::InFlight,
        row::State::Sent | row::State::InDoubt => Stage::Sent,
        row::State::Cancelled => Stage::Cancelled,
        row::State::Expired => Stage::Expired,
        row::State::Dead | row::State::Suppressed => Stage::Stopped,
    };
    let planned = |row: row::Model| Planned {
        dedupe_key: row.dedupe_key,
        stage: stage(row.state),
        payload: row.payload,
        due_at: row.due_at.into(),
    };
    Ok(rows.into_iter().map(planned).collect())
}

const WAITING: [row::State; 2] = [row::State::Pending, row::State::Held];
const ENDED_UNSENT: [row::State; 2] = [row::State::Cancelled, row::State::Expired];

/// The letter of this key, if it is in one of `states`: between our look and our change a worker may have taken it.
fn letter(dedupe_key: &str, states: [row::State; 2]) -> Condition {
    let states = states.into_iter().map(|state| state.to_value());
    Condition::all().add(row::COLUMN.dedupe_key.eq(dedupe_key)).add(row::Column::State.is_in(states))
}

/// Gives a waiting letter other moments and another payload. What was rendered for the old ones is dropped.
///
/// # Errors
/// The database's own.
pub async fn replan(txn: &Txn, dedupe_key: &str, to: Replan) -> Result<(), DbErr> {
    update(txn, replanned(&to), letter(dedupe_key, WAITING), to.due_at).await
}

/// Lets a letter wait again that was cancelled or had expired.
///
/// # Errors
/// The database's own.
pub async fn revive(txn: &Txn, dedupe_key: &str, recipient: &EmailAddress, to: Replan) -> Result<(), DbErr> {
    let row = row::ActiveModel {
        state: Set(row::State::Pending),
        recipient: Set(recipient.as_str().to_owned()),
        attempts: Set(0),
        last_error: Set(None),
        ..replanned(&to)
    };
    update(txn, row, letter(dedupe_key, ENDED_UNSENT), to.due_at).await
}

fn replanned(to: &Replan) -> row::ActiveModel {
    row::ActiveModel {
        payload: Set(to.payload.clone()),
        due_at: Set(to.due_at.into()),
        not_after: Set(Some(to.not_after.into())),
        retry_at: Set(None),
        rendered: Set(None),
        ..Default::default()
    }
}

/// Takes a waiting letter back.
///
/// # Errors
/// The database's own.
pub async fn cancel(txn: &Txn, dedupe_key: &str) -> Result<(), DbErr> {
    let row = row::ActiveModel { state: Set(row::State::Cancelled), ..Default::default() };
    row::Entity::update_many().set(row).filter(letter(dedupe_key, WAITING)).exec(&**txn).await?;
    Ok(())
}

async fn update(txn: &Txn, row: row::ActiveModel, which: Condition, due_at: Timestamp) -> Result<(), DbErr> {
    row::Entity::update_many().set(row).filter(which).exec(&**txn).await?;
    if due_at <= txn.now() {
        txn.wake(Wake::Letters);
    }
    Ok(())
}
