//! Table `gateway_charges`.

use sea_orm::entity::prelude::*;

use crate::db::columns::UtcTime;
use crate::kernel::ids::PaymentId;

/// What a card payment did to the balance at the gateway: expected from the capture on, known once the gateway has told.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "gateway_charges")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub payment_id: PaymentId,
    #[sea_orm(unique)]
    pub charge_id: Option<String>,
    /// The balance transaction.
    pub transaction_id: Option<String>,
    /// ISO 4217: in which the balance is kept.
    pub currency: Option<String>,
    /// In minor units of `currency`, before the fee.
    pub amount_minor: Option<i64>,
    pub fee_minor: Option<i64>,
    /// The gateway's number, where it changed the money.
    pub exchange_rate: Option<String>,
    pub available_on: Option<UtcTime>,
    /// Service time, as the two below.
    pub expected_at: UtcTime,
    /// When the gateway was last asked, or the payment was captured.
    pub asked_at: UtcTime,
    pub known_at: Option<UtcTime>,
}

impl ActiveModelBehavior for ActiveModel {}
