//! Table `ledger_entries`.

use sea_orm::entity::prelude::*;

use crate::db::columns::UtcTime;
use crate::kernel::ids::{EntryId, OrderId, PaymentId, RefundId};

/// One fact about money, booked once.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger_entries")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EntryId,
    /// Names the fact, so that it is booked once.
    #[sea_orm(unique)]
    pub key: String,
    pub kind: String,
    /// Service time.
    pub at: UtcTime,
    pub order_id: Option<OrderId>,
    pub payment_id: Option<PaymentId>,
    pub refund_id: Option<RefundId>,
}

impl ActiveModelBehavior for ActiveModel {}
