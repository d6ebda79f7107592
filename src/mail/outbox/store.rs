//! The table of letters, from a claim to the server's answer.

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, UpdateMany};

use super::delivery::{Doubt, Ending};
use crate::db::columns::UtcTime;
use crate::db::rows::mail as row;
use crate::db::{Conn, Txn};
use crate::jobs::Upcoming;
use crate::jobs::lease::{self, Lease, backoff, brief, fenced};
use crate::kernel::Timestamp;
use crate::kernel::steps::NOTHING;
use crate::kernel::time::shifted;

/// Takes up to `limit` due letters, the most urgent first.
pub(super) async fn claim(txn: &Txn, limit: u64) -> Result<Vec<row::Model>, DbErr> {
    let mut rows = lease::claim::<row::Entity>(txn, &["priority", "due_at", "id"], limit, |_| {}).await?;
    rows.sort_unstable_by_key(|row| (row.priority, row.due_at, row.id));
    txn.says(if rows.is_empty() { NOTHING } else { "letter taken" });
    rows.iter().for_each(|row| txn.says(&row.kind));
    Ok(rows)
}

/// Keeps the letter's Message-ID, and the bytes that every later attempt sends where they may be kept; false if the lease was
/// lost.
pub(super) async fn keep(txn: &Txn, lease: Lease, message_id: &str, bytes: Option<&[u8]>) -> Result<bool, DbErr> {
    txn.says("letter written");
    let update = fenced::<row::Entity>(lease)
        .col_expr(row::Column::MessageId, Expr::value(message_id))
        .col_expr(row::Column::Rendered, Expr::value(bytes.map(<[u8]>::to_vec)));
    done(txn, update).await
}

/// Notes that from here on the mail may arrive, and keeps `bytes` where they are not kept yet; false if the lease was lost.
pub(super) async fn begin_data(txn: &Txn, lease: Lease, bytes: Option<&[u8]>) -> Result<bool, DbErr> {
    txn.says("letter begun");
    let now = UtcTime::from(txn.machine_now());
    let update = fenced::<row::Entity>(lease).col_expr(row::Column::DataStartedAt, Expr::value(now));
    let update = match bytes {
        Some(bytes) => update.col_expr(row::Column::Rendered, Expr::value(Some(bytes.to_vec()))),
        None => update,
    };
    done(txn, update).await
}

/// Notes how an attempt ended and gives the lease back; false if it was lost.
pub(super) async fn end(txn: &Txn, lease: Lease, letter: &row::Model, ending: &Ending) -> Result<bool, DbErr> {
    txn.says("letter ended");
    let retry_at = UtcTime::from(shifted(txn.machine_now(), backoff(letter.attempts, txn.random())));
    let update = fenced::<row::Entity>(lease);
    let update = match ending {
        Ending::Sent { reply } => update
            .col_expr(row::Column::State, Expr::value(row::State::Sent))
            .col_expr(row::Column::SmtpReply, Expr::value(brief(reply)))
            .col_expr(row::Column::LastCode, Expr::value(code_of(reply)))
            .col_expr(row::Column::LastError, Expr::value(None::<String>))
            .col_expr(row::Column::SentAt, Expr::value(UtcTime::from(txn.now()))),
        Ending::Again { code, error, doubt } => {
            let update = failed(update, row::State::Pending, *code, error).col_expr(row::Column::RetryAt, Expr::value(retry_at));
            match doubt {
                Doubt::Remains => update,
                Doubt::None => not_sent(update, letter.class),
            }
        }
        Ending::Postponed(at) => update
            .col_expr(row::Column::State, Expr::value(row::State::Pending))
            .col_expr(row::Column::DueAt, Expr::value(UtcTime::from(*at)))
            .col_expr(row::Column::Attempts, Expr::value(0)),
        Ending::InDoubt { error } => failed(update, row::State::InDoubt, None, error),
        Ending::Dead { code, error } => failed(update, row::State::Dead, *code, error),
        Ending::Expired => update.col_expr(row::Column::State, Expr::value(row::State::Expired)),
        Ending::Cancelled(reason) => failed(update, row::State::Cancelled, None, reason),
        Ending::Suppressed(reason) => failed(update, row::State::Suppressed, None, reason),
    };
    let update = update
        .col_expr(row::Column::LeaseToken, Expr::value(None::<uuid::Uuid>))
        .col_expr(row::Column::LeaseUntil, Expr::value(None::<UtcTime>));
    done(txn, update).await
}

/// The body did not arrive. A reminder is written anew: by then it may no longer be true, or it may be night.
fn not_sent(update: UpdateMany<row::Entity>, class: row::Class) -> UpdateMany<row::Entity> {
    let update = update.col_expr(row::Column::DataStartedAt, Expr::value(None::<UtcTime>));
    match class {
        row::Class::Reminder => update.col_expr(row::Column::Rendered, Expr::value(None::<Vec<u8>>)),
        row::Class::Transactional | row::Class::Secret => update,
    }
}

fn failed(update: UpdateMany<row::Entity>, state: row::State, code: Option<u16>, error: &str) -> UpdateMany<row::Entity> {
    update
        .col_expr(row::Column::State, Expr::value(state))
        .col_expr(row::Column::LastCode, Expr::value(code.map(i32::from)))
        .col_expr(row::Column::LastError, Expr::value(brief(error)))
}

/// The code that a server's reply begins with; the development mailbox has none.
fn code_of(reply: &str) -> Option<i32> {
    reply.get(..3)?.parse().ok()
}

async fn done(txn: &Txn, update: UpdateMany<row::Entity>) -> Result<bool, DbErr> {
    Ok(update.exec(&**txn).await?.rows_affected == 1)
}

/// The next `limit` service-time moments after `after` at which letters are due.
///
/// # Errors
/// The database's own.
pub async fn upcoming(conn: &Conn, after: Timestamp, limit: u64) -> Result<Vec<Upcoming>, DbErr> {
    let rows: Vec<(UtcTime, String, i64)> = row::Entity::find()
        .select_only()
        .column(row::Column::DueAt)
        .column(row::Column::Kind)
        .column_as(row::Column::Id.count(), "many")
        .filter(Expr::cust("state = 'pending'"))
        .filter(row::Column::DueAt.gt(UtcTime::from(after)))
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

/// The letters that should have been sent by `now` and are not, and those that could not be: kind, state, last error.
///
/// # Errors
/// The database's own.
pub async fn left(conn: &Conn, now: Timestamp) -> Result<Vec<(String, row::State, Option<String>)>, DbErr> {
    let waiting = row::Column::State.eq(row::State::Pending).and(row::Column::DueAt.lte(UtcTime::from(now)));
    row::Entity::find()
        .select_only()
        .columns([row::Column::Kind, row::Column::State, row::Column::LastError])
        .filter(waiting.or(row::Column::State.is_in([row::State::Leased, row::State::Dead, row::State::InDoubt])))
        .order_by_asc(row::Column::DueAt)
        .into_tuple()
        .all(conn)
        .await
}

/// Marks every letter that is due and not taken up as suppressed, for `reason`; how many there were.
///
/// # Errors
/// The database's own.
pub async fn suppress_due(txn: &Txn, reason: &str) -> Result<u64, DbErr> {
    let done = row::Entity::update_many()
        .col_expr(row::Column::State, Expr::value(row::State::Suppressed))
        .col_expr(row::Column::LastError, Expr::value(brief(reason)))
        .filter(row::COLUMN.state.eq(row::State::Pending))
        .filter(row::COLUMN.due_at.lte(UtcTime::from(txn.now())))
        .exec(&**txn)
        .await?;
    Ok(done.rows_affected)
}
