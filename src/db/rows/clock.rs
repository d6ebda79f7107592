//! Table `service_clock`.

use sea_orm::entity::prelude::*;

/// How far service time stands from machine time. One row at most, with id 1.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "service_clock")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    /// Microseconds, added to machine time.
    pub offset_micros: i64,
}

impl ActiveModelBehavior for ActiveModel {}
