//! The queue, the gateway's notifications, and how far its list of events was read.

use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Set,
};

use crate::db::columns::UtcTime;
use crate::db::corrupt;
use crate::db::rows::payment::{gateway_cursor as cursor, gateway_events, payment_exceptions};
use crate::db::{Conn, Txn};
use crate::gateway::{About, Notification};
use crate::kernel::Timestamp;
use crate::kernel::ids::{ExceptionId, OrderId};
use crate::payment::model::Exception;

fn to_exception(row: payment_exceptions::Model) -> Result<Exception, DbErr> {
    Ok(Exception {
        id: row.id,
        order: row.order_id,
        payment: row.payment_id,
        gateway_reference: row.gateway_reference,
        reason: row.reason.parse().map_err(|_| corrupt("reason"))?,
        detail: row.detail,
        created_at: row.created_at.into(),
    })
}

/// What waits for an admin, oldest first; empty means done.
///
/// # Errors
/// The database's own.
pub async fn queue(conn: &Conn) -> Result<Vec<Exception>, DbErr> {
    let rows = payment_exceptions::Entity::find()
        .filter(payment_exceptions::COLUMN.resolved_at.is_null())
        .order_by_asc(payment_exceptions::Column::Id)
        .all(conn)
        .await?;
    rows.into_iter().map(to_exception).collect()
}

/// How many entries wait for an admin.
///
/// # Errors
/// The database's own.
pub async fn count_queue(conn: &Conn) -> Result<u64, DbErr> {
    payment_exceptions::Entity::find().filter(payment_exceptions::COLUMN.resolved_at.is_null()).count(conn).await
}

/// What waits for an admin about one order, oldest first.
///
/// # Errors
/// The database's own.
pub async fn queue_of_order(conn: &Conn, order: OrderId) -> Result<Vec<Exception>, DbErr> {
    let rows = payment_exceptions::Entity::find()
        .filter(payment_exceptions::COLUMN.order_id.eq(order))
        .filter(payment_exceptions::COLUMN.resolved_at.is_null())
        .order_by_asc(payment_exceptions::Column::Id)
        .all(conn)
        .await?;
    rows.into_iter().map(to_exception).collect()
}

/// Puts money in the queue; false if it was there (or dealt with) already under this key.
pub(in crate::payment) async fn insert_exception(txn: &Txn, key: &str, exception: &Exception) -> Result<bool, DbErr> {
    let row = payment_exceptions::ActiveModel {
        id: Set(exception.id),
        dedupe_key: Set(key.to_owned()),
        order_id: Set(exception.order),
        payment_id: Set(exception.payment),
        gateway_reference: Set(exception.gateway_reference.clone()),
        reason: Set(exception.reason.word().to_owned()),
        detail: Set(exception.detail.clone()),
        created_at: Set(exception.created_at.into()),
        resolved_at: Set(None),
        resolved_by: Set(None),
        resolution: Set(None),
    };
    let known = OnConflict::column(payment_exceptions::Column::DedupeKey).do_nothing().to_owned();
    Ok(payment_exceptions::Entity::insert(row).on_conflict(known).exec_without_returning(&**txn).await? == 1)
}

/// What waits for an admin, if it still does.
///
/// # Errors
/// The database's own.
pub async fn waiting(conn: &Conn, id: ExceptionId) -> Result<Option<Exception>, DbErr> {
    let row =
        payment_exceptions::Entity::find_by_id(id).filter(payment_exceptions::COLUMN.resolved_at.is_null()).one(conn).await?;
    row.map(to_exception).transpose()
}

/// An entry of the queue, locked, and whether it is dealt with.
pub(in crate::payment) async fn exception_for_update(txn: &Txn, id: ExceptionId) -> Result<Option<(Exception, bool)>, DbErr> {
    let row = payment_exceptions::Entity::find_by_id(id).lock_exclusive().one(&**txn).await?;
    let Some(row) = row else { return Ok(None) };
    let done = row.resolved_at.is_some();
    Ok(Some((to_exception(row)?, done)))
}

/// Notes that an entry is dealt with, by whom and how.
pub(in crate::payment) async fn save_resolution(txn: &Txn, id: ExceptionId, resolution: &str) -> Result<(), DbErr> {
    let row = payment_exceptions::ActiveModel {
        id: Set(id),
        resolved_at: Set(Some(txn.now().into())),
        resolved_by: Set(txn.actor().user()),
        resolution: Set(Some(resolution.to_owned())),
        ..Default::default()
    };
    row.update(&**txn).await?;
    Ok(())
}

/// A notification that an admin should look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OddNotification {
    /// The gateway's id.
    pub id: String,
    pub kind: String,
    /// Service time.
    pub received_at: Timestamp,
    /// What was odd about it.
    pub oddity: String,
}

/// Odd, and not looked at.
fn odd() -> Condition {
    Condition::all().add(gateway_events::COLUMN.error.is_not_null()).add(gateway_events::COLUMN.seen_at.is_null())
}

/// The odd notifications that an admin has not looked at, oldest first: they were dealt with and changed nothing.
///
/// # Errors
/// The database's own.
pub async fn odd_notifications(conn: &Conn, most: u64) -> Result<Vec<OddNotification>, DbErr> {
    let rows: Vec<(String, String, UtcTime, Option<String>)> = gateway_events::Entity::find()
        .select_only()
        .columns([
            gateway_events::Column::Id,
            gateway_events::Column::Kind,
            gateway_events::Column::ReceivedAt,
            gateway_events::Column::Error,
        ])
        .filter(odd())
        .order_by_asc(gateway_events::Column::ReceivedAt)
        .limit(most)
        .into_tuple()
        .all(conn)
        .await?;
    let told = |(id, kind, at, oddity): (_, _, UtcTime, Option<String>)| {
        Some(OddNotification { id, kind, received_at: at.into(), oddity: oddity? })
    };
    Ok(rows.into_iter().filter_map(told).collect())
}

/// How many there are of [`odd_notifications`].
///
/// # Errors
/// The database's own.
pub async fn count_odd_notifications(conn: &Conn) -> Result<u64, DbErr> {
    gateway_events::Entity::find().filter(odd()).count(conn).await
}

/// Notes that an admin has looked at an odd notification; false if there is none that waits for that.
pub(in crate::payment) async fn mark_seen(txn: &Txn, id: &str) -> Result<bool, DbErr> {
    let done = gateway_events::Entity::update_many()
        .col_expr(gateway_events::Column::SeenAt, Expr::value(UtcTime::from(txn.now())))
        .filter(gateway_events::COLUMN.id.eq(id))
        .filter(gateway_events::COLUMN.error.is_not_null())
        .filter(gateway_events::COLUMN.seen_at.is_null())
        .exec(&**txn)
        .await?;
    Ok(done.rows_affected == 1)
}

/// A notification as kept.
#[derive(Debug, Clone)]
pub(in crate::payment) struct StoredEvent {
    pub(in crate::payment) kind: String,
    pub(in crate::payment) live: bool,
    pub(in crate::payment) processed: bool,
    /// What it is about, where that is said.
    pub(in crate::payment) about: Option<About>,
}

/// Keeps a notification with its raw body; false if it is known.
pub(in crate::payment) async fn insert_event(txn: &Txn, notification: &Notification, raw: &[u8]) -> Result<bool, DbErr> {
    let row = gateway_events::ActiveModel {
        id: Set(notification.id.clone()),
        kind: Set(notification.kind.clone()),
        body: Set(raw.to_vec()),
        live: Set(notification.live),
        received_at: Set(txn.now().into()),
        processed_at: Set(None),
        error: Set(None),
        seen_at: Set(None),
    };
    let known = OnConflict::column(gateway_events::Column::Id).do_nothing().to_owned();
    Ok(gateway_events::Entity::insert(row).on_conflict(known).exec_without_returning(&**txn).await? == 1)
}

pub(in crate::payment) async fn event(conn: &Conn, id: &str) -> Result<Option<StoredEvent>, DbErr> {
    let row = gateway_events::Entity::find_by_id(id.to_owned()).one(conn).await?;
    Ok(row.map(|row| StoredEvent {
        about: Notification::about_kept(&row.body),
        kind: row.kind,
        live: row.live,
        processed: row.processed_at.is_some(),
    }))
}

/// The ids of notifications that came before `limit` (service time) and are not dealt with, oldest first.
pub(in crate::payment) async fn unprocessed_before(conn: &Conn, limit: Timestamp, most: u64) -> Result<Vec<String>, DbErr> {
    gateway_events::Entity::find()
        .select_only()
        .column(gateway_events::Column::Id)
        .filter(gateway_events::COLUMN.processed_at.is_null())
        .filter(gateway_events::COLUMN.received_at.lt(UtcTime::from(limit)))
        .order_by_asc(gateway_events::Column::ReceivedAt)
        .limit(most)
        .into_tuple()
        .all(conn)
        .await
}

/// Which of these notifications are known.
pub(in crate::payment) async fn known_events(conn: &Conn, ids: Vec<String>) -> Result<Vec<String>, DbErr> {
    let of_these = Condition::all().add(gateway_events::Column::Id.is_in(ids));
    let rows = gateway_events::Entity::find().filter(of_these).all(conn).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Notes that a notification is dealt with, and what was odd about it; what an admin saw of it before is forgotten.
pub(in crate::payment) async fn mark_processed(txn: &Txn, id: &str, oddity: Option<&str>) -> Result<(), DbErr> {
    txn.says("notification dealt with");
    gateway_events::Entity::update_many()
        .col_expr(gateway_events::Column::ProcessedAt, Expr::value(UtcTime::from(txn.now())))
        .col_expr(gateway_events::Column::Error, Expr::value(oddity.map(str::to_owned)))
        .col_expr(gateway_events::Column::SeenAt, Expr::value(None::<UtcTime>))
        .filter(gateway_events::COLUMN.id.eq(id))
        .exec(&**txn)
        .await?;
    Ok(())
}

/// The moment, by the gateway's clock, up to which its events were read.
pub(in crate::payment) async fn gateway_cursor(conn: &Conn) -> Result<Option<Timestamp>, DbErr> {
    Ok(cursor::Entity::find_by_id(1).one(conn).await?.map(|row| row.seen_to.into()))
}

pub(in crate::payment) async fn move_cursor(txn: &Txn, seen_to: Timestamp) -> Result<(), DbErr> {
    txn.says("events seen");
    let row = cursor::ActiveModel { id: Set(1), seen_to: Set(seen_to.into()) };
    let again = OnConflict::column(cursor::Column::Id).update_column(cursor::Column::SeenTo).to_owned();
    cursor::Entity::insert(row).on_conflict(again).exec_without_returning(&**txn).await?;
    Ok(())
}
