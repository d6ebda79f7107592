//! How the program is doing, in numbers without names: what `/metrics` and `lectern doctor` show.

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::db::Conn;
use crate::db::columns::UtcTime;
use crate::db::rows::enrolment::enrolments;
use crate::db::rows::identity::sessions;
use crate::db::rows::payment::{gateway_events, payment_exceptions};
use crate::db::rows::{jobs, mail as outbox};
use crate::gateway::Notification;
use crate::kernel::Timestamp;
use crate::kernel::time::SignedDuration;
use crate::mail::{self, LetterCounts};

/// Rows of one kind by their state, with its word.
pub type ByState = Vec<(&'static str, u64)>;

/// The state of things at one moment.
#[derive(Debug, Clone)]
pub struct Vitals {
    /// Every state but those of letters that need nobody any more. `held`, `in_doubt` and `dead` are what waits for an admin;
    /// `dead_code` waits for nobody.
    pub letters: ByState,
    /// How long the letter that is due longest has been waiting (service time).
    pub letter_overdue: SignedDuration,
    pub jobs: ByState,
    /// As with letters.
    pub job_overdue: SignedDuration,
    /// Held and enrolled, over all cohorts.
    pub seats: ByState,
    /// Money that waits for an admin.
    pub payment_queue: u64,
    pub sessions: u64,
}

/// Counts, at service time `now` and machine time `machine_now`.
///
/// # Errors
/// The database's own.
pub async fn vitals(conn: &Conn, now: Timestamp, machine_now: Timestamp) -> Result<Vitals, DbErr> {
    Ok(Vitals {
        letters: letters(conn).await?,
        letter_overdue: overdue(oldest::<outbox::Entity>(conn, now).await?, now),
        jobs: jobs_by_state(conn).await?,
        job_overdue: overdue(oldest::<jobs::Entity>(conn, now).await?, now),
        seats: seats(conn).await?,
        payment_queue: payment_exceptions::Entity::find()
            .filter(payment_exceptions::COLUMN.resolved_at.is_null())
            .count(conn)
            .await?,
        sessions: sessions::Entity::find()
            .filter(sessions::COLUMN.ended_at.is_null())
            .filter(sessions::COLUMN.expires_at.gt(UtcTime::from(machine_now)))
            .count(conn)
            .await?,
    })
}

async fn letters(conn: &Conn) -> Result<ByState, DbErr> {
    let LetterCounts { pending, leased, held, dead, in_doubt, dead_codes } = mail::letter_counts(conn).await?;
    Ok(vec![
        ("pending", pending),
        ("leased", leased),
        ("held", held),
        ("in_doubt", in_doubt),
        ("dead", dead),
        ("dead_code", dead_codes),
    ])
}

async fn jobs_by_state(conn: &Conn) -> Result<ByState, DbErr> {
    let found: Vec<(jobs::State, i64)> = jobs::Entity::find()
        .select_only()
        .column(jobs::Column::State)
        .column_as(jobs::Column::Id.count(), "many")
        .group_by(jobs::Column::State)
        .into_tuple()
        .all(conn)
        .await?;
    let words = [(jobs::State::Pending, "pending"), (jobs::State::Leased, "leased"), (jobs::State::Dead, "dead")];
    Ok(words.map(|(state, word)| (word, many(&found, &state))).into())
}

async fn seats(conn: &Conn) -> Result<ByState, DbErr> {
    let found: Vec<(enrolments::State, i64)> = enrolments::Entity::find()
        .select_only()
        .column(enrolments::Column::State)
        .column_as(enrolments::Column::Id.count(), "many")
        .filter(enrolments::Column::State.is_in([enrolments::State::Held, enrolments::State::Enrolled]))
        .group_by(enrolments::Column::State)
        .into_tuple()
        .all(conn)
        .await?;
    let words = [(enrolments::State::Held, "held"), (enrolments::State::Enrolled, "enrolled")];
    Ok(words.map(|(state, word)| (word, many(&found, &state))).into())
}

fn many<S: PartialEq>(found: &[(S, i64)], state: &S) -> u64 {
    found.iter().find(|(known, _)| known == state).map_or(0, |(_, many)| u64::try_from(*many).unwrap_or(0))
}

/// When the row that is due longest was due. Letters and jobs have these columns alike.
async fn oldest<E: EntityTrait>(conn: &Conn, now: Timestamp) -> Result<Option<Timestamp>, DbErr> {
    let least: Option<Option<UtcTime>> = E::find()
        .select_only()
        .column_as(Expr::col("due_at").min(), "least")
        .filter(Expr::cust("state = 'pending'"))
        .filter(Expr::col("due_at").lte(UtcTime::from(now)))
        .into_tuple()
        .one(conn)
        .await?;
    Ok(least.flatten().map(Timestamp::from))
}

fn overdue(due: Option<Timestamp>, now: Timestamp) -> SignedDuration {
    due.map_or(SignedDuration::ZERO, |due| now.duration_since(due))
}

/// When the gateway's newest events came to us (service time), of the last few hundred.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Heard {
    /// By a notification.
    pub sent: Option<Timestamp>,
    /// Found in the gateway's list, for no notification of it had come.
    pub listed: Option<Timestamp>,
}

/// How many events are looked through.
const HEARD: u64 = 300;

/// How the gateway's events come to us.
///
/// # Errors
/// The database's own.
pub async fn heard(conn: &Conn) -> Result<Heard, DbErr> {
    let newest: Vec<(UtcTime, Vec<u8>)> = gateway_events::Entity::find()
        .select_only()
        .columns([gateway_events::Column::ReceivedAt, gateway_events::Column::Body])
        .order_by_desc(gateway_events::Column::ReceivedAt)
        .limit(HEARD)
        .into_tuple()
        .all(conn)
        .await?;
    let newest: Vec<_> = newest.into_iter().map(|(at, body)| (Timestamp::from(at), Notification::was_sent(&body))).collect();
    let of = |sent: bool| newest.iter().find(|(_, was_sent)| *was_sent == sent).map(|(at, _)| *at);
    Ok(Heard { sent: of(true), listed: of(false) })
}
