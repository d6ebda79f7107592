//! The queue, the gateway's notifications, and how far its list of events was read.

use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set};

use crate::db::columns::UtcTime;
use crate::db::corrupt;
use crate::db::rows::payment::{gateway_cursor as cursor, gateway_events, payment_exceptions};
use crate::db::{Conn, Txn};
use crate::gateway::Notification;
use crate::kernel::Timestamp;
use crate::kernel::ids::OrderId;
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

/// A notification as kept.
#[derive(Debug, Clone)]
pub(in crate::payment) struct StoredEvent {
    pub(in crate::payment) kind: String,
    pub(in crate::payment) live: bool,
    pub(in crate::payment) processed: bool,
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
    };
    let known = OnConflict::column(gateway_events::Column::Id).do_nothing().to_owned();
    Ok(gateway_events::Entity::insert(row).on_conflict(known).exec_without_returning(&**txn).await? == 1)
}

pub(in crate::payment) async fn event(conn: &Conn, id: &str) -> Result<Option<StoredEvent>, DbErr> {
    let row = gateway_events::Entity::find_by_id(id.to_owned()).one(conn).await?;
    Ok(row.map(|row| StoredEvent { kind: row.kind, live: row.live, processed: row.processed_at.is_some() }))
}

/// Notifications that came before `limit` (service time) and are not dealt with, oldest first: id, kind and body.
pub(in crate::payment) async fn unprocessed_before(
    conn: &Conn,
    limit: Timestamp,
    most: u64,
) -> Result<Vec<(String, String, Vec<u8>)>, DbErr> {
    let rows = gateway_events::Entity::find()
        .filter(gateway_events::COLUMN.processed_at.is_null())
        .filter(gateway_events::COLUMN.received_at.lt(UtcTime::from(limit)))
        .order_by_asc(gateway_events::Column::ReceivedAt)
        .limit(most)
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.kind, row.body)).collect())
}

/// Which of these notifications are known.
pub(in crate::payment) async fn known_events(conn: &Conn, ids: Vec<String>) -> Result<Vec<String>, DbErr> {
    let of_these = Condition::all().add(gateway_events::Column::Id.is_in(ids));
    let rows = gateway_events::Entity::find().filter(of_these).all(conn).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Notes that a notification is dealt with, and what was odd about it.
pub(in crate::payment) async fn mark_processed(txn: &Txn, id: &str, oddity: Option<&str>) -> Result<(), DbErr> {
    gateway_events::Entity::update_many()
        .col_expr(gateway_events::Column::ProcessedAt, Expr::value(UtcTime::from(txn.now())))
        .col_expr(gateway_events::Column::Error, Expr::value(oddity.map(str::to_owned)))
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
    let row = cursor::ActiveModel { id: Set(1), seen_to: Set(seen_to.into()) };
    let again = OnConflict::column(cursor::Column::Id).update_column(cursor::Column::SeenTo).to_owned();
    cursor::Entity::insert(row).on_conflict(again).exec_without_returning(&**txn).await?;
    Ok(())
}
