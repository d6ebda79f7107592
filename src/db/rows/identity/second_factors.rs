//! Table `second_factors`.

use sea_orm::entity::prelude::*;

use crate::db::columns::UtcTime;
use crate::kernel::ids::UserId;

/// A second factor in use.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "second_factors")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    /// The secret, sealed for this person.
    pub sealed: String,
    /// The newest step whose code was used: an older one, or the same, is a replay.
    pub last_step: i64,
    pub failures: i32,
    /// Machine time of the first of them.
    pub failing_since: Option<UtcTime>,
    pub created_at: UtcTime,
}

impl ActiveModelBehavior for ActiveModel {}
