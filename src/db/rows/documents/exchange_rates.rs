//! Table `exchange_rates`.

use sea_orm::entity::prelude::*;

use crate::db::columns::{CivilDate, UtcTime};
use crate::kernel::ids::UserId;

/// What one unit of a currency is worth in rupees, from a day on, as an admin says. What a document says of it is frozen there.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "exchange_rates")]
pub struct Model {
    /// ISO 4217.
    #[sea_orm(primary_key, auto_increment = false)]
    pub currency: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub from_day: CivilDate,
    /// `98.1234`.
    pub rate: String,
    /// Where the admin has it from.
    pub source: String,
    pub entered_at: UtcTime,
    pub entered_by: Option<UserId>,
}

impl ActiveModelBehavior for ActiveModel {}
