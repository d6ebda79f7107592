//! Table `awaited_invoices`.

use sea_orm::entity::prelude::*;

use crate::db::columns::{CivilDate, UtcTime};
use crate::kernel::ids::OrderId;

/// A paid export whose invoice waits for the rate of its day. The row goes once it is issued.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "awaited_invoices")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub order_id: OrderId,
    /// ISO 4217.
    pub currency: String,
    /// The time of supply, as a day in India.
    pub supplied_on: CivilDate,
    pub since: UtcTime,
}

impl ActiveModelBehavior for ActiveModel {}
