//! The outbox as its admins see it, and what they do to a letter.
//!
//! A letter waits, is with a worker, or has ended: sent, in doubt, not wanted, taken back, too late, or refused for good. What an
//! admin may do follows from that and its class alone ([`acts_for`]): try again what failed, let go what is held, drop what is not
//! to go out. A letter that a worker has in hand is left alone. A code is of no use later and its owner asks for another: nothing is
//! done with it.

use mail_parser::MessageParser;
use sea_orm::sea_query::{Expr, ExprTrait, LikeExpr};
use sea_orm::{
    ActiveEnum, ActiveModelTrait, ColumnTrait, Condition, DbErr, EntityTrait, FromQueryResult, Iterable, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, Select, Set,
};
use serde_json::{Value, json};

use super::Class;
use crate::audit;
use crate::db::columns::UtcTime;
use crate::db::rows::mail as row;
use crate::db::{Conn, Txn, Wake};
use crate::jobs::lease::brief;
use crate::kernel::ids::{LetterId, UserId};
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

/// The acts that make sense for a letter, in the order in which they are offered.
///
/// A reminder that is too late is its planner's to bring back. One in doubt counts as sent: it can be sent again, and waits for
/// nobody.
pub const fn acts_for(state: LetterState, class: Class) -> &'static [LetterAct] {
    use LetterAct::{Drop, Release, Retry};
    match (state, class) {
        (_, Class::Secret) => &[],
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
}

/// The letter, locked, if `act` may be done to it. A worker that is claiming it goes first or passes it over.
async fn for_act(txn: &Txn, id: LetterId, act: LetterAct) -> Result<row::Model, LetterRefusal> {
    let letter = row::Entity::find_by_id(id).lock_exclusive().one(&**txn).await?.ok_or(LetterRefusal::NoSuchLetter)?;
    if letter.state == LetterState::Leased {
        return Err(LetterRefusal::InHand);
    }
    let allowed = acts_for(letter.state, letter.class.into()).contains(&act);
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
/// under the same Message-ID; where none were, it is written, if it still has a point.
///
/// # Errors
/// [`LetterRefusal`].
pub async fn retry(txn: &Txn, id: LetterId) -> Result<(), LetterRefusal> {
    let letter = for_act(txn, id, LetterAct::Retry).await?;
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
    Ok(note(txn, &letter, LetterAct::Retry, LetterState::Pending, None).await?)
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

/// A letter as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterRow {
    pub id: LetterId,
    pub kind: String,
    pub class: Class,
    pub user: Option<UserId>,
    pub recipient: String,
    pub state: LetterState,
    /// Service time.
    pub due_at: Timestamp,
    pub created_at: Timestamp,
    /// Service time.
    pub sent_at: Option<Timestamp>,
    pub attempts: i32,
    pub last_code: Option<i32>,
    /// Of the last attempt that failed; or why it was not sent.
    pub last_error: Option<String>,
    /// What the server said when it took the mail.
    pub answer: Option<String>,
}

/// The row without its bytes.
#[derive(Debug, FromQueryResult)]
struct Listed {
    id: LetterId,
    kind: String,
    class: row::Class,
    user_id: Option<UserId>,
    recipient: String,
    state: row::State,
    due_at: UtcTime,
    created_at: UtcTime,
    sent_at: Option<UtcTime>,
    attempts: i32,
    last_code: Option<i32>,
    last_error: Option<String>,
    smtp_reply: Option<String>,
}

impl From<Listed> for LetterRow {
    fn from(row: Listed) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            class: row.class.into(),
            user: row.user_id,
            recipient: row.recipient,
            state: row.state,
            due_at: row.due_at.into(),
            created_at: row.created_at.into(),
            sent_at: row.sent_at.map(Into::into),
            attempts: row.attempts,
            last_code: row.last_code,
            last_error: row.last_error,
            answer: row.smtp_reply,
        }
    }
}

fn listed() -> Select<row::Entity> {
    use row::Column as C;
    row::Entity::find().select_only().columns([
        C::Id,
        C::Kind,
        C::Class,
        C::UserId,
        C::Recipient,
        C::State,
        C::DueAt,
        C::CreatedAt,
        C::SentAt,
        C::Attempts,
        C::LastCode,
        C::LastError,
        C::SmtpReply,
    ])
}

/// Which letters are looked for; what is `None` is not asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LetterFilter {
    /// What the recipient's address begins with.
    pub recipient: Option<String>,
    pub kind: Option<String>,
    pub state: Option<LetterState>,
}

impl LetterFilter {
    fn condition(&self) -> Condition {
        let begins = self.recipient.as_deref().map(|prefix| {
            let literal: String = prefix.to_ascii_lowercase().chars().flat_map(escaped).collect();
            Expr::col(row::Column::Recipient).like(LikeExpr::new(format!("{literal}%")).escape('\\'))
        });
        Condition::all()
            .add_option(begins)
            .add_option(self.kind.as_deref().map(|kind| row::COLUMN.kind.eq(kind)))
            .add_option(self.state.map(|state| row::COLUMN.state.eq(state)))
    }
}

/// A character of a search that stands for itself in LIKE.
fn escaped(c: char) -> impl Iterator<Item = char> {
    matches!(c, '%' | '_' | '\\').then_some('\\').into_iter().chain([c])
}

/// The state of this word, as [`state_word`] writes it.
pub fn state_of_word(word: &str) -> Option<LetterState> {
    LetterState::iter().find(|state| state.to_value() == word)
}

/// A stable word, for an address.
pub fn state_word(state: LetterState) -> String {
    state.to_value()
}

/// At most `limit` letters, newest first, those made before `before`.
///
/// # Errors
/// The database's own.
pub async fn letters(conn: &Conn, filter: &LetterFilter, before: Option<LetterId>, limit: u64) -> Result<Vec<LetterRow>, DbErr> {
    let older = before.map(|id| row::COLUMN.id.lt(id));
    let found = listed().filter(filter.condition().add_option(older)).order_by_desc(row::Column::Id).limit(limit);
    let rows = found.into_model::<Listed>().all(conn).await?;
    Ok(rows.into_iter().map(LetterRow::from).collect())
}

/// Those that an admin should look at: held, refused for good, or a confirmation in doubt. A code waits for nobody, whoever asked
/// for it; a reminder in doubt counts as sent.
fn troubled() -> Condition {
    // The states stand in the text, as in the partial index.
    let state = Expr::cust("state IN ('held', 'dead', 'in_doubt')");
    let counts_as_sent = row::COLUMN.state.eq(row::State::InDoubt).and(row::COLUMN.class.ne(row::Class::Transactional));
    Condition::all().add(state).add(row::COLUMN.class.ne(row::Class::Secret)).add(counts_as_sent.not())
}

/// At most `limit` letters that wait for an admin, oldest first.
///
/// # Errors
/// The database's own.
pub async fn troubled_letters(conn: &Conn, limit: u64) -> Result<Vec<LetterRow>, DbErr> {
    let found = listed().filter(troubled()).order_by_asc(row::Column::Id).limit(limit);
    Ok(found.into_model::<Listed>().all(conn).await?.into_iter().map(LetterRow::from).collect())
}

/// How many letters wait for an admin.
///
/// # Errors
/// The database's own.
pub async fn count_troubled(conn: &Conn) -> Result<u64, DbErr> {
    row::Entity::find().filter(troubled()).count(conn).await
}

/// What can be shown of a letter's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// Its class keeps none.
    Never,
    /// It is written when it is first sent.
    NotYet,
    Kept {
        subject: String,
        text: String,
    },
}

/// One letter, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterSheet {
    pub row: LetterRow,
    /// `local@domain` once it was written.
    pub message_id: String,
    /// Service time after which it is of no use.
    pub not_after: Option<Timestamp>,
    /// Machine time of the next attempt, after one that failed.
    pub retry_at: Option<Timestamp>,
    pub written: Written,
}

/// One letter.
///
/// # Errors
/// The database's own.
pub async fn letter(conn: &Conn, id: LetterId) -> Result<Option<LetterSheet>, DbErr> {
    Ok(row::Entity::find_by_id(id).one(conn).await?.map(to_sheet))
}

/// Subject and text of kept bytes.
fn read(bytes: &[u8]) -> Option<(String, String)> {
    let message = MessageParser::default().parse(bytes)?;
    Some((message.subject().unwrap_or_default().to_owned(), message.body_text(0).unwrap_or_default().into_owned()))
}

fn to_sheet(row: row::Model) -> LetterSheet {
    let written = match (row.class, row.rendered.as_deref()) {
        (row::Class::Secret, _) => Written::Never,
        (_, None) => Written::NotYet,
        (_, Some(bytes)) => read(bytes).map_or(Written::NotYet, |(subject, text)| Written::Kept { subject, text }),
    };
    let (message_id, not_after, retry_at) = (row.message_id, row.not_after, row.retry_at);
    let listed = Listed {
        id: row.id,
        kind: row.kind,
        class: row.class,
        user_id: row.user_id,
        recipient: row.recipient,
        state: row.state,
        due_at: row.due_at,
        created_at: row.created_at,
        sent_at: row.sent_at,
        attempts: row.attempts,
        last_code: row.last_code,
        last_error: row.last_error,
        smtp_reply: row.smtp_reply,
    };
    LetterSheet {
        row: listed.into(),
        message_id,
        not_after: not_after.map(Into::into),
        retry_at: retry_at.map(Into::into),
        written,
    }
}
