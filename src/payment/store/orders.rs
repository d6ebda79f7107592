//! Orders and their lines.

use std::collections::BTreeMap;

use sea_orm::sea_query::{LockType, OnConflict};
use sea_orm::{ActiveModelTrait, ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set};
use serde::{Deserialize, Serialize};

use super::quote;
use crate::db::corrupt;
use crate::db::rows::payment::{order_lines, orders};
use crate::db::{Conn, Txn};
use crate::identity::Country;
use crate::kernel::ids::{EnrolmentId, OrderId, UserId};
use crate::kernel::{Currency, EmailAddress, Money, PersonName, Timestamp};
use crate::organisation::model::{Gstin, StateCode};
use crate::payment::model::{Buyer, Order, OrderLine, OrderNumber, OrderState};
use crate::search::{self, Scope};

/// The buyer as stored.
#[derive(Serialize, Deserialize)]
struct BuyerColumn {
    name: PersonName,
    email: EmailAddress,
    country: String,
    address: String,
    postal_code: Option<String>,
    #[serde(default)]
    state: Option<StateCode>,
    #[serde(default)]
    gstin: Option<Gstin>,
}

fn buyer_column(buyer: &Buyer) -> Result<serde_json::Value, DbErr> {
    let column = BuyerColumn {
        name: buyer.name.clone(),
        email: buyer.email.clone(),
        country: buyer.country.code().to_owned(),
        address: buyer.address.as_str().to_owned(),
        postal_code: buyer.postal_code.as_ref().map(|code| code.as_str().to_owned()),
        state: buyer.state,
        gstin: buyer.gstin.clone(),
    };
    serde_json::to_value(column).map_err(|error| DbErr::Json(error.to_string()))
}

fn to_buyer(column: serde_json::Value) -> Result<Buyer, DbErr> {
    let column: BuyerColumn = serde_json::from_value(column).map_err(|_| corrupt("buyer"))?;
    Ok(Buyer {
        name: column.name,
        email: column.email,
        country: column.country.parse::<Country>().map_err(|_| corrupt("country"))?,
        address: column.address.parse().map_err(|_| corrupt("address"))?,
        postal_code: column.postal_code.map(|code| code.parse()).transpose().map_err(|_| corrupt("postal code"))?,
        state: column.state,
        gstin: column.gstin,
    })
}

fn to_order(row: orders::Model, lines: Vec<order_lines::Model>) -> Result<Order, DbErr> {
    let currency: Currency = row.currency.parse().map_err(|_| corrupt("currency"))?;
    let at = || row.settled_at.map(Timestamp::from).ok_or_else(|| corrupt("end of an order"));
    let state = match row.state {
        orders::State::Open => OrderState::Open,
        orders::State::Paid => OrderState::Paid { at: at()? },
        orders::State::Lapsed => OrderState::Lapsed { at: at()? },
        orders::State::Cancelled => OrderState::Cancelled { at: at()? },
    };
    let line = |line: order_lines::Model| OrderLine {
        id: line.id,
        enrolment: line.enrolment_id,
        description: line.description,
        quantity: line.quantity,
        unit: Money::new(line.unit_minor, currency),
        total: Money::new(line.total_minor, currency),
    };
    Ok(Order {
        id: row.id,
        number: row.number.parse::<OrderNumber>().map_err(|_| corrupt("order number"))?,
        user: row.user_id,
        state,
        quote: quote::of_row(&row, currency)?,
        buyer: to_buyer(row.buyer)?,
        lines: lines.into_iter().map(line).collect(),
        created_at: row.created_at.into(),
    })
}

async fn with_lines(conn: &Conn, row: Option<orders::Model>) -> Result<Option<Order>, DbErr> {
    let Some(row) = row else { return Ok(None) };
    let lines = order_lines::Entity::find()
        .filter(order_lines::COLUMN.order_id.eq(row.id))
        .order_by_asc(order_lines::Column::Position)
        .all(conn)
        .await?;
    to_order(row, lines).map(Some)
}

/// An order with its lines.
///
/// # Errors
/// The database's own.
pub async fn order(conn: &Conn, id: OrderId) -> Result<Option<Order>, DbErr> {
    let row = orders::Entity::find_by_id(id).one(conn).await?;
    with_lines(conn, row).await
}

/// Orders with their lines, by id: two statements, however many there are.
///
/// # Errors
/// The database's own.
pub async fn orders(conn: &Conn, ids: &[OrderId]) -> Result<BTreeMap<OrderId, Order>, DbErr> {
    let rows = orders::Entity::find().filter(orders::Column::Id.is_in(ids.iter().copied())).all(conn).await?;
    let lines = order_lines::Entity::find()
        .filter(order_lines::Column::OrderId.is_in(ids.iter().copied()))
        .order_by_asc(order_lines::Column::Position)
        .all(conn)
        .await?;
    let mut of_order: BTreeMap<OrderId, Vec<order_lines::Model>> = BTreeMap::new();
    for line in lines {
        of_order.entry(line.order_id).or_default().push(line);
    }
    rows.into_iter().map(|row| Ok((row.id, to_order(row.clone(), of_order.remove(&row.id).unwrap_or_default())?))).collect()
}

/// An order, if it is this person's.
///
/// # Errors
/// The database's own.
pub async fn order_of_user(conn: &Conn, user: UserId, id: OrderId) -> Result<Option<Order>, DbErr> {
    let row = orders::Entity::find_by_id(id).filter(orders::COLUMN.user_id.eq(user)).one(conn).await?;
    with_lines(conn, row).await
}

/// The orders that pay for an enrolment, newest first.
///
/// # Errors
/// The database's own.
pub async fn orders_of_enrolment(conn: &Conn, enrolment: EnrolmentId) -> Result<Vec<Order>, DbErr> {
    let lines = order_lines::Entity::find().filter(order_lines::COLUMN.enrolment_id.eq(enrolment)).all(conn).await?;
    let ids: Vec<OrderId> = lines.into_iter().map(|line| line.order_id).collect();
    let of_these = Condition::all().add(orders::Column::Id.is_in(ids));
    let rows = orders::Entity::find().filter(of_these).order_by_desc(orders::Column::Id).all(conn).await?;
    let mut found = Vec::new();
    for row in rows {
        found.extend(with_lines(conn, Some(row)).await?);
    }
    Ok(found)
}

/// An order, locked: everything that may settle it takes its turn.
pub(in crate::payment) async fn order_for_update(txn: &Txn, id: OrderId) -> Result<Option<Order>, DbErr> {
    let row = orders::Entity::find_by_id(id).lock(LockType::NoKeyUpdate).one(&**txn).await?;
    with_lines(txn, row).await
}

/// Stores a new order and its lines; false, and nothing stored, if its number is taken.
pub(in crate::payment) async fn insert_order(txn: &Txn, order: &Order) -> Result<bool, DbErr> {
    let row = orders::ActiveModel {
        id: Set(order.id),
        number: Set(order.number.as_str().to_owned()),
        user_id: Set(order.user),
        state: Set(orders::State::Open),
        buyer: Set(buyer_column(&order.buyer)?),
        created_at: Set(order.created_at.into()),
        settled_at: Set(None),
        code_tries: Set(0),
        ..quote::columns(&order.quote)?
    };
    let taken = OnConflict::column(orders::Column::Number).do_nothing().to_owned();
    if orders::Entity::insert(row).on_conflict(taken).exec_without_returning(&**txn).await? == 0 {
        return Ok(false);
    }
    for (position, line) in (1..).zip(&order.lines) {
        let row = order_lines::ActiveModel {
            id: Set(line.id),
            order_id: Set(order.id),
            position: Set(position),
            enrolment_id: Set(line.enrolment),
            description: Set(line.description.clone()),
            quantity: Set(line.quantity),
            unit_minor: Set(line.unit.minor),
            total_minor: Set(line.total.minor),
        };
        order_lines::Entity::insert(row).exec_without_returning(&**txn).await?;
        if let Some(enrolment) = line.enrolment {
            search::add(txn, Scope::Enrolments, enrolment.0, &[order.number.as_str()]).await?;
        }
    }
    Ok(true)
}

/// Writes what can change of an order: its state.
pub(in crate::payment) async fn save_order(txn: &Txn, order: &Order) -> Result<(), DbErr> {
    let (state, settled_at) = match order.state {
        OrderState::Open => (orders::State::Open, None),
        OrderState::Paid { at } => (orders::State::Paid, Some(at.into())),
        OrderState::Lapsed { at } => (orders::State::Lapsed, Some(at.into())),
        OrderState::Cancelled { at } => (orders::State::Cancelled, Some(at.into())),
    };
    let row = orders::ActiveModel { id: Set(order.id), state: Set(state), settled_at: Set(settled_at), ..Default::default() };
    row.update(&**txn).await?;
    Ok(())
}
