//! The mails of an enrolment's history.

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::db::Conn;
use crate::db::columns::UtcTime;
use crate::db::rows::mail::{self as outbox, State};
use crate::kernel::Timestamp;
use crate::kernel::ids::{LetterId, UserId};

/// The most letters, newest first.
const LETTERS: u64 = 200;

/// A mail about the enrolment.
#[derive(Debug, Clone)]
pub struct Letter {
    pub id: LetterId,
    pub kind: String,
    pub state: Posted,
    /// The address that it goes to.
    pub recipient: String,
    /// The server's answer, or what went wrong.
    pub answer: Option<String>,
    pub due_at: Timestamp,
    pub sent_at: Option<Timestamp>,
}

/// How far a mail has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Posted {
    Waiting,
    Sent,
    InDoubt,
    /// Not wanted any more, or of no use.
    Dropped,
    Dead,
}

/// The columns of a letter that are shown: never its bytes.
type Columns = (LetterId, String, State, String, UtcTime, Option<UtcTime>, Option<String>, Option<String>);

/// The mails to this person that are about any of these subjects, the newest of them; and whether there are more.
///
/// # Errors
/// The database's own.
pub(super) async fn about(conn: &Conn, user: UserId, subjects: &[String]) -> Result<(Vec<Letter>, bool), DbErr> {
    use outbox::Column as C;
    // A payload names its subject, alone or within a reminder's key.
    let names = |subject: &String| Expr::col(C::Payload).cast_as("text").like(format!("%{subject}%"));
    let about = subjects.iter().fold(Condition::any(), |any, subject| any.add(names(subject)));
    let rows: Vec<Columns> = outbox::Entity::find()
        .select_only()
        .columns([C::Id, C::Kind, C::State, C::Recipient, C::DueAt, C::SentAt, C::SmtpReply, C::LastError])
        .filter(outbox::COLUMN.user_id.eq(user))
        .filter(outbox::COLUMN.class.ne(outbox::Class::Secret))
        .filter(about)
        .order_by_desc(C::Id)
        .limit(LETTERS + 1)
        .into_tuple()
        .all(conn)
        .await?;
    let cut = rows.len() as u64 > LETTERS;
    let letter = |(id, kind, state, recipient, due_at, sent_at, reply, error): Columns| Letter {
        id,
        kind,
        state: posted(state),
        recipient,
        answer: reply.or(error),
        due_at: due_at.into(),
        sent_at: sent_at.map(Into::into),
    };
    let newest = usize::try_from(LETTERS).unwrap_or(usize::MAX);
    Ok((rows.into_iter().take(newest).map(letter).collect(), cut))
}

fn posted(state: State) -> Posted {
    match state {
        State::Pending | State::Held | State::Leased => Posted::Waiting,
        State::Sent => Posted::Sent,
        State::InDoubt => Posted::InDoubt,
        State::Suppressed | State::Cancelled | State::Expired => Posted::Dropped,
        State::Dead => Posted::Dead,
    }
}
