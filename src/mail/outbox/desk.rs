//! What an admin does to a letter.
//!
//! A letter waits, is with a worker, or has ended: sent, in doubt, not wanted, taken back, too late, or refused for good. What an
//! admin may do follows from that and its class ([`acts_for`]): try again what failed, let go what is held, drop what is not
//! to go out. A letter that a worker has in hand is left alone. A code is of no use later and its owner asks for another: nothing is
//! done with it.

use sea_orm::{ActiveEnum, ActiveModelTrait, DbErr, EntityTrait, QuerySelect, Set};
use serde_json::{Value, json};

use super::Class;
use crate::audit;
use crate::db::rows::mail as row;
use crate::db::{Txn, Wake};
use crate::jobs::lease::brief;
use crate::kernel::ids::LetterId;
use crate::kernel::{Event, Subject, Timestamp};

pub use row::State as LetterState;

/// What an admin may do to a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LetterAct {
    /// It waits again, with its attempts forgotten and its kept bytes as they are.
    Retry,
    /// What is held waits for its moment as any other.
    Release,
    /// It never goes out.
    Drop,
}

/// The acts that make sense for a letter that was tried so often, in the order in which they are offered.
///
/// One that waits to be tried again need not wait for that moment.
///
/// A reminder that is too late is its planner's to bring back. One in doubt counts as sent: it can be sent again, and waits for
/// nobody.
pub const fn acts_for(state: LetterState, class: Class, attempts: i32) -> &'static [LetterAct] {
    use LetterAct::{Drop, Release, Retry};
    match (state, class) {
        (_, Class::Secret) => &[],
        (LetterState::Pending, _) if attempts > 0 => &[Retry, Drop],
        (LetterState::Pending, _) => &[Drop],
        (LetterState::Held, _) => &[Release, Drop],
        (LetterState::Dead, _) | (LetterState::InDoubt, Class::Transactional) => &[Retry, Drop],
        (LetterState::InDoubt, Class::Reminder) | (LetterState::Expired, Class::Transactional) => &[Retry],
        (
            LetterState::Leased | LetterState::Sent | LetterState::Suppressed | LetterState::Cancelled | LetterState::Expired,
            _,
        ) => &[],
    }
}

/// What a dropped letter becomes: a reminder's planner would bring back one that was cancelled, and leaves alone one not wanted.
const fn dropped(class: Class) -> LetterState {
    match class {
        Class::Reminder => LetterState::Suppressed,
        Class::Transactional | Class::Secret => LetterState::Cancelled,
    }
}

/// Why nothing was done to a letter.
#[derive(Debug, thiserror::Error)]
pub enum LetterRefusal {
    #[error("there is no such letter")]
    NoSuchLetter,
    /// A worker has it, and may be sending it at this moment.
    #[error("the letter is being sent")]
    InHand,
    #[error("the letter's state does not allow it")]
    NotNow,
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// What the audit log hears of an admin's act.
#[derive(Debug, Clone)]
struct LetterEvent<'a> {
    id: LetterId,
    act: LetterAct,
    kind: &'a str,
    before: LetterState,
    after: LetterState,
    reason: Option<&'a str>,
}

impl Event for LetterEvent<'_> {
    fn kind(&self) -> &'static str {
        match self.act {
            LetterAct::Retry => "letter.retried",
            LetterAct::Release => "letter.released",
            LetterAct::Drop => "letter.dropped",
        }
    }

    fn subject(&self) -> Subject {
        Subject::Letter(self.id)
    }

    fn before(&self) -> Value {
        json!({ "message": self.kind, "state": self.before.to_value() })
    }

    fn after(&self) -> Value {
        json!({ "message": self.kind, "state": self.after.to_value() })
    }

    fn personal(&self) -> Option<Value> {
        self.reason.map(|reason| json!({ "reason": reason }))
    }

    fn reason(&self) -> Option<&str> {
        self.reason
    }
}

/// The letter, locked, if `act` may be done to it. A worker that is claiming it goes first or passes it over.
async fn for_act(txn: &Txn, id: LetterId, act: LetterAct) -> Result<row::Model, LetterRefusal> {
    let letter = row::Entity::find_by_id(id).lock_exclusive().one(&**txn).await?.ok_or(LetterRefusal::NoSuchLetter)?;
    if letter.state == LetterState::Leased {
        return Err(LetterRefusal::InHand);
    }
    let allowed = acts_for(letter.state, letter.class.into(), letter.attempts).contains(&act);
    if allowed { Ok(letter) } else { Err(LetterRefusal::NotNow) }
}

async fn note(txn: &Txn, letter: &row::Model, act: LetterAct, after: LetterState, reason: Option<&str>) -> Result<(), DbErr> {
    let event = LetterEvent { id: letter.id, act, kind: &letter.kind, before: letter.state, after, reason };
    audit::record(txn, &event).await?;
    if after == LetterState::Pending && Timestamp::from(letter.due_at) <= txn.now() {
        txn.wake(Wake::Letters);
    }
    Ok(())
}

/// Lets a letter wait again that was refused for good, is in doubt or came too late. It goes out with the bytes that were kept,
/// under the same Message-ID; where none were, or its person has another address now, it is written, if it still has a point.
/// One that waits for its next attempt has it now. The log keeps the reason, if there is one.
///
/// # Errors
/// [`LetterRefusal`].
pub async fn retry(txn: &Txn, id: LetterId, reason: Option<&str>) -> Result<(), LetterRefusal> {
    let letter = for_act(txn, id, LetterAct::Retry).await?;
    if letter.state == LetterState::Pending {
        row::ActiveModel { id: Set(id), retry_at: Set(None), ..Default::default() }.update(&**txn).await?;
        return Ok(note(txn, &letter, LetterAct::Retry, LetterState::Pending, reason).await?);
    }
    // Somebody has decided that it goes: neither its time nor its doubt ends it by themselves.
    let not_after = if letter.class == row::Class::Reminder { letter.not_after } else { None };
    let waiting = row::ActiveModel {
        id: Set(id),
        state: Set(LetterState::Pending),
        attempts: Set(0),
        retry_at: Set(None),
        not_after: Set(not_after),
        data_started_at: Set(None),
        ..Default::default()
    };
    waiting.update(&**txn).await?;
    Ok(note(txn, &letter, LetterAct::Retry, LetterState::Pending, reason).await?)
}

/// Lets a held letter go at its moment.
///
/// # Errors
/// [`LetterRefusal`].
pub async fn release(txn: &Txn, id: LetterId) -> Result<(), LetterRefusal> {
    let letter = for_act(txn, id, LetterAct::Release).await?;
    row::ActiveModel { id: Set(id), state: Set(LetterState::Pending), ..Default::default() }.update(&**txn).await?;
    Ok(note(txn, &letter, LetterAct::Release, LetterState::Pending, None).await?)
}

/// Takes a letter out for good, for a reason that the outbox and the audit log keep.
///
/// # Errors
/// [`LetterRefusal`].
pub async fn drop_letter(txn: &Txn, id: LetterId, reason: &str) -> Result<(), LetterRefusal> {
    let letter = for_act(txn, id, LetterAct::Drop).await?;
    let after = dropped(letter.class.into());
    let ended = row::ActiveModel {
        id: Set(id),
        state: Set(after),
        retry_at: Set(None),
        last_error: Set(Some(brief(&format!("dropped: {reason}")))),
        ..Default::default()
    };
    ended.update(&**txn).await?;
    Ok(note(txn, &letter, LetterAct::Drop, after, Some(reason)).await?)
}
