//! The outbox: mail to be sent, written in the transaction of the change that causes it, and sent once.
//!
//! A letter is leased, turned into words by its kind's [`Composer`], rendered and signed. A confirmation's bytes are kept, and every
//! later attempt sends the same ones; a reminder that did not go is written anew, if it is still true. Before the body is sent it is
//! noted that it may arrive; if no answer comes then, the mail is in doubt, and its [`Class`] says what becomes of it.

mod delivery;
mod desk;
mod held;
mod letters;
mod message;
mod planned;
mod postman;
mod store;

#[cfg(test)]
mod anew;
#[cfg(test)]
mod desk_tests;
#[cfg(test)]
mod signed;
#[cfg(test)]
mod tests;

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, Set};
use serde_json::Value;

use crate::db::rows::mail as row;
use crate::db::{Txn, Wake};
use crate::kernel::ids::{LetterId, UserId};
use crate::kernel::{EmailAddress, Timestamp};

pub use desk::{LetterAct, LetterRefusal, LetterState, acts_for, drop_letter, release, retry};
pub use held::{held, hold_due, post_held, release_held};
pub use letters::{
    LetterCounts, LetterFilter, LetterRow, LetterSheet, Written, count_troubled, letter, letter_counts, letters, state_of_word,
    state_word, troubled_letters,
};
pub use message::{ComposeFailure, Composed, Composer, Composers, Content, Letter};
pub use planned::{Planned, Stage, cancel, planned, replan, revive, suppress};
pub use postman::{Postman, send_due};
pub use store::{left, suppress_due, upcoming};

/// What is done when we cannot know whether a mail arrived, and how much of it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Receipts, confirmations: sent again, byte for byte, under the same Message-ID.
    Transactional,
    /// Caused by time passing: counts as sent. Each attempt asks again whether it is still true.
    Reminder,
    /// Holds a code: counts as sent, and its bytes are never kept.
    Secret,
}

impl From<Class> for row::Class {
    fn from(class: Class) -> Self {
        match class {
            Class::Transactional => Self::Transactional,
            Class::Reminder => Self::Reminder,
            Class::Secret => Self::Secret,
        }
    }
}

impl From<row::Class> for Class {
    fn from(class: row::Class) -> Self {
        match class {
            row::Class::Transactional => Self::Transactional,
            row::Class::Reminder => Self::Reminder,
            row::Class::Secret => Self::Secret,
        }
    }
}

/// A mail to be written later: who, which message, about what. The payload holds ids; the words are made when it is sent.
#[derive(Debug, Clone)]
pub struct Post {
    /// One mail per key, for ever.
    pub dedupe_key: String,
    /// The message, by its folder's name in `emails/`.
    pub kind: &'static str,
    pub class: Class,
    pub user: Option<UserId>,
    pub recipient: EmailAddress,
    pub payload: Value,
    /// Service time.
    pub due_at: Timestamp,
    /// After this (service time) it is of no use and expires.
    pub not_after: Option<Timestamp>,
    /// Smaller goes first.
    pub priority: i32,
}

/// After sign-in codes, before reminders.
const TRANSACTIONAL: i32 = 10;

impl Post {
    /// A mail about somebody's own seat or money, once for each kind and `key`.
    pub fn transactional(
        kind: &'static str,
        key: impl std::fmt::Display,
        (user, recipient): (UserId, EmailAddress),
        payload: Value,
        due_at: Timestamp,
    ) -> Self {
        Self {
            dedupe_key: format!("{kind}:{key}"),
            kind,
            class: Class::Transactional,
            user: Some(user),
            recipient,
            payload,
            due_at,
            not_after: None,
            priority: TRANSACTIONAL,
        }
    }
}

/// Puts a mail in the outbox, unless one with its key was there already.
///
/// # Errors
/// The database's own.
pub async fn post(txn: &Txn, post: Post) -> Result<(), DbErr> {
    post_many(txn, vec![post]).await
}

/// As [`post`], many in a statement.
///
/// # Errors
/// The database's own.
pub async fn post_many(txn: &Txn, posts: Vec<Post>) -> Result<(), DbErr> {
    insert(txn, posts, &OnConflict::column(row::Column::DedupeKey).do_nothing().to_owned()).await
}

/// Letters a statement: well below either database's limit of bound values.
const LETTERS: usize = 1000;

/// Inserts letters; `known` says what becomes of one whose key was there already.
async fn insert(txn: &Txn, posts: Vec<Post>, known: &OnConflict) -> Result<(), DbErr> {
    let is_due = posts.iter().any(|post| post.due_at <= txn.now());
    let mut posts = posts.into_iter().peekable();
    while posts.peek().is_some() {
        let letters: Vec<_> = posts.by_ref().take(LETTERS).map(|post| to_row(txn, post)).collect();
        row::Entity::insert_many(letters).on_conflict(known.clone()).exec_without_returning(&**txn).await?;
    }
    if is_due {
        txn.wake(Wake::Letters);
    }
    Ok(())
}

fn to_row(txn: &Txn, post: Post) -> row::ActiveModel {
    let id: LetterId = txn.new_id();
    row::ActiveModel {
        id: Set(id),
        dedupe_key: Set(post.dedupe_key),
        kind: Set(post.kind.to_owned()),
        class: Set(post.class.into()),
        user_id: Set(post.user),
        recipient: Set(post.recipient.as_str().to_owned()),
        payload: Set(post.payload),
        locale: Set("en".to_owned()),
        // Its domain is the sender's, which is known when the mail is rendered.
        message_id: Set(id.to_string()),
        state: Set(row::State::Pending),
        priority: Set(post.priority),
        due_at: Set(post.due_at.into()),
        not_after: Set(post.not_after.map(Into::into)),
        attempts: Set(0),
        created_at: Set(txn.now().into()),
        ..Default::default()
    }
}

/// How the key of a letter begins that tells an address that it is no longer its person's: it goes there or nowhere.
pub const BOUND: &str = "bound:";

/// An address of a person, and the one in its place.
#[derive(Debug, Clone, Copy)]
pub struct Readdressing<'a> {
    pub user: UserId,
    pub from: &'a EmailAddress,
    pub to: &'a EmailAddress,
}

/// Sends what waits for a person at one address to another of theirs, and so what did not go to the one and is tried again. It is
/// written anew. What may have arrived already stays as it is, and so do [`BOUND`] letters and those in a worker's hand.
///
/// # Errors
/// The database's own.
pub async fn readdress(txn: &Txn, Readdressing { user, from, to }: Readdressing<'_>) -> Result<(), DbErr> {
    let waits = row::Column::State.is_in([row::State::Pending, row::State::Held]).and(row::COLUMN.data_started_at.is_null());
    let not_gone = row::Column::State.is_in([row::State::Dead, row::State::Expired]);
    row::Entity::update_many()
        .col_expr(row::Column::Recipient, Expr::value(to.as_str()))
        .col_expr(row::Column::Rendered, Expr::value(None::<Vec<u8>>))
        .filter(row::COLUMN.user_id.eq(user))
        .filter(row::COLUMN.recipient.eq(from.as_str()))
        .filter(row::Column::DedupeKey.starts_with(BOUND).not())
        .filter(waits.or(not_gone))
        .exec(&**txn)
        .await?;
    Ok(())
}
