//! Table `payment_exceptions`.

use sea_orm::entity::prelude::*;

use crate::db::columns::UtcTime;
use crate::kernel::ids::{ExceptionId, OrderId, PaymentId, UserId};

/// Money that fits no rule, waiting for an admin.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payment_exceptions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ExceptionId,
    #[sea_orm(unique)]
    pub dedupe_key: String,
    pub order_id: Option<OrderId>,
    pub payment_id: Option<PaymentId>,
    pub gateway_reference: Option<String>,
    pub reason: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub detail: Json,
    pub created_at: UtcTime,
    pub resolved_at: Option<UtcTime>,
    pub resolved_by: Option<UserId>,
    pub resolution: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
