//! Table `gateway_customers`.

use sea_orm::entity::prelude::*;

use crate::db::columns::UtcTime;
use crate::kernel::ids::{OrderId, UserId};

/// As whom the gateway knows the buyer of an order; orders with the same buyer share one.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "gateway_customers")]
pub struct Model {
    /// The order that it was made for.
    #[sea_orm(primary_key, auto_increment = false)]
    pub order_id: OrderId,
    /// Whether it is of the gateway's live mode: test customers are others.
    #[sea_orm(primary_key, auto_increment = false)]
    pub live: bool,
    pub user_id: UserId,
    /// Sent to the gateway, so that a repeated call makes one customer.
    #[sea_orm(unique)]
    pub idempotency_key: String,
    /// None while the gateway has not answered.
    pub customer_id: Option<String>,
    /// Why the gateway makes none of this buyer.
    pub refused: Option<String>,
    /// Service time.
    pub created_at: UtcTime,
}

impl ActiveModelBehavior for ActiveModel {}
