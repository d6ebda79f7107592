//! The rates of exchange, and the invoices that wait for one.

use sea_orm::sea_query::OnConflict;
use sea_orm::{DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Set};

use super::model::{Awaited, DocumentEvent, EnteredRate, ExchangeRate};
use crate::audit;
use crate::db::columns::CivilDate;
use crate::db::rows::documents::{awaited_invoices, exchange_rates as row};
use crate::db::{Conn, Txn, corrupt};
use crate::kernel::Currency;
use crate::kernel::ids::OrderId;
use crate::kernel::time::Date;

fn to_rate(row: row::Model) -> Result<EnteredRate, DbErr> {
    let of = ExchangeRate {
        currency: row.currency.parse().map_err(|_| corrupt("currency"))?,
        from: row.from_day.into(),
        rate: row.rate.parse().map_err(|_| corrupt("rate of exchange"))?,
        source: row.source,
    };
    Ok(EnteredRate { of, at: row.entered_at.into(), by: row.entered_by })
}

/// Enters a rate, in the place of another for the same currency and day. What was issued keeps what it says.
///
/// # Errors
/// The database's own.
pub async fn enter_rate(txn: &Txn, rate: &ExchangeRate) -> Result<(), DbErr> {
    let key = (rate.currency.code().to_owned(), CivilDate::from(rate.from));
    let before = row::Entity::find_by_id(key).one(&**txn).await?.map(to_rate).transpose()?.map(|known| known.of);
    if before.as_ref() == Some(rate) {
        return Ok(());
    }
    let entered = row::ActiveModel {
        currency: Set(rate.currency.code().to_owned()),
        from_day: Set(rate.from.into()),
        rate: Set(rate.rate.to_string()),
        source: Set(rate.source.clone()),
        entered_at: Set(txn.now().into()),
        entered_by: Set(txn.actor().user()),
    };
    use row::Column as C;
    let again = OnConflict::columns([C::Currency, C::FromDay])
        .update_columns([C::Rate, C::Source, C::EnteredAt, C::EnteredBy])
        .to_owned();
    row::Entity::insert(entered).on_conflict(again).exec_without_returning(&**txn).await?;
    audit::record(txn, &DocumentEvent::RateEntered { before: before.as_ref(), after: rate }).await
}

/// The rates that were entered, those of the latest days first, at most `limit`.
///
/// # Errors
/// The database's own.
pub async fn rates(conn: &Conn, limit: u64) -> Result<Vec<EnteredRate>, DbErr> {
    let newest = row::Entity::find().order_by_desc(row::Column::FromDay).order_by_asc(row::Column::Currency);
    newest.limit(limit).all(conn).await?.into_iter().map(to_rate).collect()
}

/// The rate of a currency for a supply of this day: the latest that begins no later, if it still holds.
///
/// # Errors
/// The database's own.
pub async fn rate_on(conn: &Conn, currency: Currency, day: Date) -> Result<Option<ExchangeRate>, DbErr> {
    let latest = row::Entity::find()
        .filter(row::COLUMN.currency.eq(currency.code()))
        .filter(row::COLUMN.from_day.lte(CivilDate::from(day)))
        .order_by_desc(row::Column::FromDay);
    let latest = latest.one(conn).await?.map(to_rate).transpose()?.map(|known| known.of);
    Ok(latest.filter(|rate| rate.holds_on(day)))
}

/// Notes that the invoice of a paid export waits for the rate of its day.
///
/// # Errors
/// The database's own.
pub async fn await_rate(txn: &Txn, order: OrderId, currency: Currency, supplied_on: Date) -> Result<(), DbErr> {
    let waits = awaited_invoices::ActiveModel {
        order_id: Set(order),
        currency: Set(currency.code().to_owned()),
        supplied_on: Set(supplied_on.into()),
        since: Set(txn.now().into()),
    };
    let known = OnConflict::column(awaited_invoices::Column::OrderId).do_nothing().to_owned();
    awaited_invoices::Entity::insert(waits).on_conflict(known).exec_without_returning(&**txn).await.map(drop)
}

/// Notes that the order's invoice is issued.
///
/// # Errors
/// The database's own.
pub async fn await_no_rate(txn: &Txn, order: OrderId) -> Result<(), DbErr> {
    awaited_invoices::Entity::delete_by_id(order).exec(&**txn).await.map(drop)
}

fn to_awaited(row: awaited_invoices::Model) -> Result<Awaited, DbErr> {
    Ok(Awaited {
        order: row.order_id,
        currency: row.currency.parse().map_err(|_| corrupt("currency"))?,
        supplied_on: row.supplied_on.into(),
        since: row.since.into(),
    })
}

/// The invoices that wait for a rate, the oldest first, at most `limit`.
///
/// # Errors
/// The database's own.
pub async fn awaited(conn: &Conn, limit: u64) -> Result<Vec<Awaited>, DbErr> {
    let rows = awaited_invoices::Entity::find().order_by_asc(awaited_invoices::Column::Since).limit(limit).all(conn).await?;
    rows.into_iter().map(to_awaited).collect()
}

/// All those that wait for a rate of this currency.
///
/// # Errors
/// The database's own.
pub async fn awaited_in(conn: &Conn, currency: Currency) -> Result<Vec<Awaited>, DbErr> {
    let rows = awaited_invoices::Entity::find().filter(awaited_invoices::COLUMN.currency.eq(currency.code())).all(conn).await?;
    rows.into_iter().map(to_awaited).collect()
}

/// Whether the order's invoice waits for a rate.
///
/// # Errors
/// The database's own.
pub async fn awaited_of(conn: &Conn, order: OrderId) -> Result<Option<Awaited>, DbErr> {
    awaited_invoices::Entity::find_by_id(order).one(conn).await?.map(to_awaited).transpose()
}

/// How many wait for one.
///
/// # Errors
/// The database's own.
pub async fn count_awaited(conn: &Conn) -> Result<u64, DbErr> {
    awaited_invoices::Entity::find().count(conn).await
}
