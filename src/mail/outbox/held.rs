//! Letters that are held back after a restore: the program that the backup was taken from may have sent them since.

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, Set};
use serde_json::{Value, json};

use super::{Post, to_row};
use crate::audit;
use crate::db::columns::UtcTime;
use crate::db::rows::mail as row;
use crate::db::{Conn, Txn, Wake};
use crate::kernel::{Event, Subject, Timestamp};

/// Why a letter is held, for the staff.
const MAY_BE_SENT: &str = "held: it may have been sent before the restore";

/// As [`post`](super::post), but it waits for an admin: another program may have sent the like under another key.
///
/// # Errors
/// The database's own.
pub async fn post_held(txn: &Txn, post: Post) -> Result<(), DbErr> {
    let held =
        row::ActiveModel { state: Set(row::State::Held), last_error: Set(Some(MAY_BE_SENT.to_owned())), ..to_row(txn, post) };
    let known = OnConflict::column(row::Column::DedupeKey).do_nothing().to_owned();
    row::Entity::insert(held).on_conflict(known).exec_without_returning(&**txn).await?;
    Ok(())
}

/// Holds every letter that was due by `by` (service time) and not sent, and every one that a worker had in hand; how many. Those due
/// later stay as they are. Each stays what it was: a letter whose body was begun is still in doubt when it is released.
///
/// # Errors
/// The database's own.
pub async fn hold_due(txn: &Txn, by: Timestamp) -> Result<u64, DbErr> {
    let due = row::COLUMN.state.eq(row::State::Pending).and(row::COLUMN.due_at.lte(UtcTime::from(by)));
    let done = row::Entity::update_many()
        .col_expr(row::Column::State, Expr::value(row::State::Held))
        .col_expr(row::Column::LeaseToken, Expr::value(None::<uuid::Uuid>))
        .col_expr(row::Column::LeaseUntil, Expr::value(None::<UtcTime>))
        .col_expr(row::Column::LastError, Expr::value(MAY_BE_SENT))
        .filter(due.or(row::COLUMN.state.eq(row::State::Leased)))
        .exec(&**txn)
        .await?;
    Ok(done.rows_affected)
}

/// Lets every held letter wait for its sender again; how many. One whose time has passed expires then.
///
/// # Errors
/// The database's own.
pub async fn release_held(txn: &Txn) -> Result<u64, DbErr> {
    let done = row::Entity::update_many()
        .col_expr(row::Column::State, Expr::value(row::State::Pending))
        .col_expr(row::Column::RetryAt, Expr::value(None::<UtcTime>))
        .col_expr(row::Column::LastError, Expr::value(None::<String>))
        .filter(row::COLUMN.state.eq(row::State::Held))
        .exec(&**txn)
        .await?;
    if done.rows_affected > 0 {
        audit::record(txn, &Released { letters: done.rows_affected }).await?;
        txn.wake(Wake::Letters);
    }
    Ok(done.rows_affected)
}

/// How many letters are held.
///
/// # Errors
/// The database's own.
pub async fn held(conn: &Conn) -> Result<u64, DbErr> {
    row::Entity::find().filter(row::COLUMN.state.eq(row::State::Held)).count(conn).await
}

struct Released {
    letters: u64,
}

impl Event for Released {
    fn kind(&self) -> &'static str {
        "outbox.released"
    }

    fn subject(&self) -> Subject {
        Subject::Program
    }

    fn after(&self) -> Value {
        json!({ "letters": self.letters })
    }
}
