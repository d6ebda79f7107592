//! As whom the gateway knows buyers.

use sea_orm::{ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, Set};

use crate::db::rows::payment::gateway_customers as row;
use crate::db::{Conn, Txn};
use crate::kernel::Timestamp;
use crate::kernel::ids::{OrderId, UserId};
use crate::payment::model::Order;

/// A customer that was asked for.
#[derive(Debug, Clone)]
pub(in crate::payment) struct AskedCustomer {
    /// The order whose buyer it is.
    pub(in crate::payment) order: OrderId,
    pub(in crate::payment) key: String,
    /// None while the gateway has not answered.
    pub(in crate::payment) customer: Option<String>,
    pub(in crate::payment) is_refused: bool,
    /// When it was first asked for under this key (service time).
    pub(in crate::payment) since: Timestamp,
}

/// The customers that were asked for for a person's orders in this mode, oldest first.
pub(in crate::payment) async fn customers_of(conn: &Conn, user: UserId, live: bool) -> Result<Vec<AskedCustomer>, DbErr> {
    let rows = row::Entity::find().filter(row::COLUMN.user_id.eq(user)).filter(row::COLUMN.live.eq(live));
    let asked = |row: row::Model| AskedCustomer {
        order: row.order_id,
        key: row.idempotency_key,
        customer: row.customer_id,
        is_refused: row.refused.is_some(),
        since: row.created_at.into(),
    };
    let rows = rows.order_by_asc(row::Column::CreatedAt).order_by_asc(row::Column::OrderId);
    Ok(rows.all(conn).await?.into_iter().map(asked).collect())
}

/// Stores that a customer is asked for, before the gateway hears of it.
pub(in crate::payment) async fn insert_customer(txn: &Txn, order: &Order, live: bool, key: &str) -> Result<(), DbErr> {
    txn.says("customer wanted");
    let row = row::ActiveModel {
        order_id: Set(order.id),
        live: Set(live),
        user_id: Set(order.user),
        idempotency_key: Set(key.to_owned()),
        customer_id: Set(None),
        refused: Set(None),
        created_at: Set(txn.now().into()),
    };
    row::Entity::insert(row).exec_without_returning(&**txn).await.map(drop)
}

/// Stores that a customer is asked for under another key.
pub(in crate::payment) async fn renew_customer(txn: &Txn, order: OrderId, live: bool, key: &str) -> Result<(), DbErr> {
    let row = row::ActiveModel {
        order_id: Set(order),
        live: Set(live),
        idempotency_key: Set(key.to_owned()),
        created_at: Set(txn.now().into()),
        ..Default::default()
    };
    row.update(&**txn).await.map(drop)
}

/// Writes the gateway's answer: the customer's id, or why there is none.
pub(in crate::payment) async fn save_customer(
    txn: &Txn,
    order: OrderId,
    live: bool,
    answer: Result<String, String>,
) -> Result<(), DbErr> {
    txn.says("customer known");
    let (customer, refused) = match answer {
        Ok(customer) => (Some(customer), None),
        Err(refused) => (None, Some(refused)),
    };
    let row = row::ActiveModel {
        order_id: Set(order),
        live: Set(live),
        customer_id: Set(customer),
        refused: Set(refused),
        ..Default::default()
    };
    row.update(&**txn).await.map(drop)
}
