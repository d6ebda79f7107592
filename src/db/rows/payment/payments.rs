//! Table `payments`.

use sea_orm::entity::prelude::*;

use crate::db::columns::{CivilDate, UtcTime};
use crate::kernel::ids::{OrderId, PaymentId, UserId};

/// How the money comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Method {
    Card,
    BankTransfer,
    Upi,
    Cash,
    Cheque,
}

/// Where an attempt stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum State {
    Preparing,
    Open,
    Processing,
    Captured,
    Failed,
    Expired,
    /// Money came that is not what was asked for.
    Mismatched,
}

/// One attempt to move money against an order.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payments")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PaymentId,
    pub order_id: OrderId,
    pub method: Method,
    pub state: State,
    /// In minor units of `currency`.
    pub amount_minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// Sent to the gateway, so that a repeated call moves money once.
    pub idempotency_key: Option<String>,
    pub gateway_session_id: Option<String>,
    pub gateway_url: Option<String>,
    pub gateway_intent_id: Option<String>,
    pub gateway_expires_at: Option<UtcTime>,
    /// What an offline payment is known by at the bank.
    pub reference: Option<String>,
    /// The day an offline payment arrived.
    pub received_on: Option<CivilDate>,
    /// Who recorded an offline payment.
    pub recorded_by: Option<UserId>,
    pub failure: Option<String>,
    pub created_at: UtcTime,
    pub updated_at: UtcTime,
    pub captured_at: Option<UtcTime>,
    /// As whom the gateway was told that the buyer is.
    pub gateway_customer_id: Option<String>,
    /// What came where it is not what was asked for, in minor units of `received_currency`.
    pub received_minor: Option<i64>,
    /// ISO 4217.
    pub received_currency: Option<String>,
    #[sea_orm(belongs_to, from = "order_id", to = "id")]
    pub order: BelongsTo<super::orders::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
