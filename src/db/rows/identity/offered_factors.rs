//! Table `offered_factors`.

use sea_orm::entity::prelude::*;

use crate::db::columns::UtcTime;
use crate::kernel::ids::UserId;

/// A second factor that waits for its first code. It proves nothing.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "offered_factors")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    pub sealed: String,
    /// Machine time.
    pub expires_at: UtcTime,
}

impl ActiveModelBehavior for ActiveModel {}
