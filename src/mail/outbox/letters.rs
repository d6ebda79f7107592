//! The outbox as its admins see it: letters found, counted, and one whole.

use mail_parser::MessageParser;
use sea_orm::sea_query::{Expr, ExprTrait, Func};
use sea_orm::{
    ActiveEnum, ColumnTrait, Condition, DbErr, EntityTrait, FromQueryResult, Iterable, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Select,
};

use super::{Class, LetterState};
use crate::db::Conn;
use crate::db::columns::UtcTime;
use crate::db::rows::mail as row;
use crate::kernel::Timestamp;
use crate::kernel::ids::{LetterId, UserId};

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
        let begins = self.recipient.as_deref().filter(|prefix| !prefix.is_empty()).map(|prefix| {
            let prefix = prefix.to_ascii_lowercase();
            // A range of an index that sorts by bytes: no address has the last character of all.
            row::COLUMN.recipient.gte(prefix.as_str()).and(row::COLUMN.recipient.lt(format!("{prefix}{}", char::MAX)))
        });
        let is_found = begins.is_some();
        // An address has fewer letters than a kind or a state: changed by a function, those tempt no planner to walk their index.
        let column = |column: row::Column| match is_found {
            true => Expr::from(Func::lower(Expr::col(column))),
            false => Expr::col(column),
        };
        Condition::all()
            .add_option(begins)
            .add_option(self.kind.as_deref().map(|kind| column(row::Column::Kind).eq(kind)))
            .add_option(self.state.map(|state| column(row::Column::State).eq(state.to_value())))
            .add_option(self.state.map(partly).filter(|_| !is_found))
    }
}

/// The partial index that has the letters of this state, in its own words: a bound value would hide it from the planner.
fn partly(state: LetterState) -> Expr {
    match state {
        LetterState::Pending | LetterState::Leased => Expr::cust("state IN ('pending', 'leased')"),
        _ => Expr::cust("state NOT IN ('pending', 'leased')"),
    }
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
    let rows = page(filter, before, limit).into_model::<Listed>().all(conn).await?;
    Ok(rows.into_iter().map(LetterRow::from).collect())
}

pub(super) fn page(filter: &LetterFilter, before: Option<LetterId>, limit: u64) -> Select<row::Entity> {
    let older = before.map(|id| row::COLUMN.id.lt(id));
    listed().filter(filter.condition().add_option(older)).order_by_desc(row::Column::Id).limit(limit)
}

/// Those that an admin should look at: held, refused for good, or a confirmation in doubt. A code waits for nobody, whoever asked
/// for it; a reminder in doubt counts as sent.
fn troubled() -> Condition {
    let counts_as_sent = row::COLUMN.state.eq(row::State::InDoubt).and(row::COLUMN.class.ne(row::Class::Transactional));
    ended_badly().add(row::COLUMN.class.ne(row::Class::Secret)).add(counts_as_sent.not())
}

/// The states stand in the text, as in the partial index.
fn ended_badly() -> Condition {
    Condition::all().add(Expr::cust("state IN ('held', 'dead', 'in_doubt')"))
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

/// How many letters there are by state, of those that somebody still has to do with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LetterCounts {
    pub pending: u64,
    pub leased: u64,
    /// This and the next two are [`count_troubled`], taken apart.
    pub held: u64,
    pub dead: u64,
    pub in_doubt: u64,
    /// Codes refused for good: somebody mistyped an address, and nobody has to do anything.
    pub dead_codes: u64,
}

/// Counts letters by their partial indexes: what was sent is not looked at.
///
/// # Errors
/// The database's own.
pub async fn letter_counts(conn: &Conn) -> Result<LetterCounts, DbErr> {
    let [pending, leased, troubled, dead_codes] = unfinished();
    let troubled: Vec<(row::State, i64)> = by_state(troubled).into_tuple().all(conn).await?;
    let many =
        |state| troubled.iter().find(|(known, _)| *known == state).map_or(0, |(_, many)| u64::try_from(*many).unwrap_or(0));
    Ok(LetterCounts {
        pending: row::Entity::find().filter(pending).count(conn).await?,
        leased: row::Entity::find().filter(leased).count(conn).await?,
        held: many(row::State::Held),
        dead: many(row::State::Dead),
        in_doubt: many(row::State::InDoubt),
        dead_codes: row::Entity::find().filter(dead_codes).count(conn).await?,
    })
}

/// Waiting, in a worker's hand, troubled, and dead codes.
pub(super) fn unfinished() -> [Condition; 4] {
    let literal = |state: &'static str| Condition::all().add(Expr::cust(state));
    let dead_codes = ended_badly().add(row::COLUMN.state.eq(row::State::Dead)).add(row::COLUMN.class.eq(row::Class::Secret));
    [literal("state = 'pending'"), literal("state = 'leased'"), troubled(), dead_codes]
}

fn by_state(which: Condition) -> Select<row::Entity> {
    let counted = row::Entity::find().select_only().column(row::Column::State).column_as(row::Column::Id.count(), "many");
    counted.filter(which).group_by(row::Column::State)
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
