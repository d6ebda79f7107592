//! Table `gateway_cursor`.

use sea_orm::entity::prelude::*;

use crate::db::columns::UtcTime;

/// How far the gateway's list of events was read: one row, whose id is 1.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "gateway_cursor")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    /// The newest event's moment, by the gateway's clock.
    pub seen_to: UtcTime,
}

impl ActiveModelBehavior for ActiveModel {}
