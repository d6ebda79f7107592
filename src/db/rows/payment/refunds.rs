//! Table `refunds`.

use sea_orm::entity::prelude::*;

use super::payments::Method;
use crate::db::columns::UtcTime;
use crate::kernel::ids::{OrderId, PaymentId, RefundId, UserId};

/// How the money goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Way {
    Gateway,
    ByHand,
}

/// Who began it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Origin {
    Ours,
    Dashboard,
}

/// Where a refund stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum State {
    AwaitingApproval,
    Preparing,
    Pending,
    Succeeded,
    Failed,
    Cancelled,
}

/// One attempt to send money of a payment back.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refunds")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RefundId,
    pub order_id: OrderId,
    pub payment_id: PaymentId,
    /// In minor units of `currency`.
    pub amount_minor: i64,
    /// ISO 4217.
    pub currency: String,
    pub way: Way,
    pub origin: Origin,
    /// Why it goes back, as a stable word.
    pub cause: String,
    pub state: State,
    /// Why, in an admin's words. Personal.
    pub note: Option<String>,
    /// Sent to the gateway, so that a repeated call moves money once.
    #[sea_orm(unique)]
    pub idempotency_key: String,
    /// The gateway's own id (`re_…`).
    #[sea_orm(unique)]
    pub gateway_refund_id: Option<String>,
    /// How an admin sent it.
    pub method: Option<Method>,
    /// What the bank knows it by.
    pub reference: Option<String>,
    /// The admin who asked for it.
    pub requested_by: Option<UserId>,
    /// The second admin, who agreed.
    pub approved_by: Option<UserId>,
    pub failure: Option<String>,
    pub created_at: UtcTime,
    pub updated_at: UtcTime,
    pub settled_at: Option<UtcTime>,
}

impl ActiveModelBehavior for ActiveModel {}
