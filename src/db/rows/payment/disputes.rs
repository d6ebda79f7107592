//! Table `disputes`.

use sea_orm::entity::prelude::*;

use crate::db::columns::UtcTime;
use crate::kernel::ids::{OrderId, PaymentId, UserId};

/// A buyer who asks their bank for the money back, as the gateway last told of it.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "disputes")]
pub struct Model {
    /// The gateway's id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Which is booked; none while no money of ours is known that it is about.
    pub payment_id: Option<PaymentId>,
    pub order_id: Option<OrderId>,
    /// The gateway's payment intent.
    pub intent: Option<String>,
    pub charge_id: String,
    /// What is disputed, in minor units of `currency`; none where prices cannot be in it.
    pub amount_minor: Option<i64>,
    /// ISO 4217: in which was paid.
    pub currency: Option<String>,
    pub status: String,
    pub reason: String,
    pub evidence_due_by: Option<UtcTime>,
    /// What it did to the balance, in the gateway's order.
    #[sea_orm(column_type = "JsonBinary")]
    pub movements: Json,
    /// In minor units of `currency`: what the bank took, and what it gave back.
    pub taken_minor: i64,
    pub returned_minor: i64,
    /// Service time, as all moments below.
    pub heard_at: UtcTime,
    pub asked_at: UtcTime,
    /// When an admin said what becomes of the seat after it was lost.
    pub decided_at: Option<UtcTime>,
    pub decided_by: Option<UserId>,
}

impl ActiveModelBehavior for ActiveModel {}
