//! Table `document_series`.

use sea_orm::entity::prelude::*;

/// How far a series has come in a year. The database refuses to delete it.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "document_series")]
pub struct Model {
    /// What a number begins with: `TI`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub series: String,
    /// `2627`, or `2027` where years are the calendar's.
    #[sea_orm(primary_key, auto_increment = false)]
    pub year: String,
    /// The last number that was given out.
    pub last: i64,
}

impl ActiveModelBehavior for ActiveModel {}
