//! Orders that are to be paid by bank transfer or UPI.

use std::collections::BTreeMap;

use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select, Set};

use crate::db::rows::payment::orders;
use crate::db::rows::payment::transfers::{self, Way as Column};
use crate::db::{Conn, Txn, corrupt};
use crate::kernel::ids::OrderId;
use crate::payment::model::{Reference, Told, Transfer, TransferWay};

fn to_told(reference: Option<String>, at: Option<crate::db::columns::UtcTime>) -> Result<Option<Told>, DbErr> {
    let (Some(reference), Some(at)) = (reference, at) else { return Ok(None) };
    Ok(Some(Told { reference: reference.parse().map_err(|_| corrupt("reference"))?, at: at.into() }))
}

fn to_transfer(row: transfers::Model) -> Result<Transfer, DbErr> {
    Ok(Transfer {
        order: row.order_id,
        way: match row.way {
            Column::BankTransfer => TransferWay::BankTransfer,
            Column::Upi => TransferWay::Upi,
        },
        chosen_at: row.chosen_at.into(),
        chosen_until: row.chosen_until.into(),
        held_until: row.held_until.into(),
        told: to_told(row.reference, row.told_at)?,
        declined: to_told(row.declined_reference, row.declined_at)?,
    })
}

const fn column(way: TransferWay) -> Column {
    match way {
        TransferWay::BankTransfer => Column::BankTransfer,
        TransferWay::Upi => Column::Upi,
    }
}

/// The way that was chosen for an order instead of the card.
///
/// # Errors
/// The database's own.
pub async fn transfer(conn: &Conn, order: OrderId) -> Result<Option<Transfer>, DbErr> {
    transfers::Entity::find_by_id(order).one(conn).await?.map(to_transfer).transpose()
}

/// Those of these orders for which one was chosen.
///
/// # Errors
/// The database's own.
pub async fn transfers(conn: &Conn, orders: &[OrderId]) -> Result<BTreeMap<OrderId, Transfer>, DbErr> {
    let found = transfers::Entity::find().filter(transfers::Column::OrderId.is_in(orders.iter().copied())).all(conn).await?;
    found.into_iter().map(|row| Ok((row.order_id, to_transfer(row)?))).collect()
}

/// Those that are told to be paid, of orders that are not settled. One that lapsed meanwhile may have been paid all the same.
fn told() -> Select<transfers::Entity> {
    let unsettled = [orders::State::Open, orders::State::Lapsed];
    transfers::Entity::find()
        .inner_join(orders::Entity)
        .filter(transfers::Column::ToldAt.is_not_null())
        .filter(orders::Column::State.is_in(unsettled))
}

/// The transfers that an admin must look for, the longest told first, at most `most`.
///
/// # Errors
/// The database's own.
pub async fn told_transfers(conn: &Conn, most: u64) -> Result<Vec<Transfer>, DbErr> {
    let rows = told().order_by_asc(transfers::Column::ToldAt).limit(most).all(conn).await?;
    rows.into_iter().map(to_transfer).collect()
}

/// How many there are of [`told_transfers`].
///
/// # Errors
/// The database's own.
pub async fn count_told_transfers(conn: &Conn) -> Result<u64, DbErr> {
    told().count(conn).await
}

/// Whether the same is told for another order that is not settled.
pub(in crate::payment) async fn is_told_elsewhere(
    txn: &Txn,
    order: OrderId,
    way: TransferWay,
    reference: &Reference,
) -> Result<bool, DbErr> {
    let same = Condition::all()
        .add(transfers::Column::Way.eq(column(way)))
        .add(transfers::Column::Reference.eq(reference.as_str()))
        .add(transfers::Column::OrderId.ne(order));
    let open = orders::Column::State.eq(orders::State::Open);
    Ok(told().filter(same).filter(open).count(&**txn).await? > 0)
}

/// Stores a transfer in place of what was known of the order's.
pub(in crate::payment) async fn save_transfer(txn: &Txn, transfer: &Transfer) -> Result<(), DbErr> {
    let (told, declined) = (transfer.told.as_ref(), transfer.declined.as_ref());
    let reference = |told: Option<&Told>| told.map(|told| told.reference.as_str().to_owned());
    let row = transfers::ActiveModel {
        order_id: Set(transfer.order),
        way: Set(column(transfer.way)),
        chosen_at: Set(transfer.chosen_at.into()),
        chosen_until: Set(transfer.chosen_until.into()),
        held_until: Set(transfer.held_until.into()),
        reference: Set(reference(told)),
        told_at: Set(told.map(|told| told.at.into())),
        declined_reference: Set(reference(declined)),
        declined_at: Set(declined.map(|told| told.at.into())),
    };
    let replaced = [
        transfers::Column::Way,
        transfers::Column::HeldUntil,
        transfers::Column::Reference,
        transfers::Column::ToldAt,
        transfers::Column::DeclinedReference,
        transfers::Column::DeclinedAt,
    ];
    let known = OnConflict::column(transfers::Column::OrderId).update_columns(replaced).to_owned();
    transfers::Entity::insert(row).on_conflict(known).exec_without_returning(&**txn).await.map(drop)
}
