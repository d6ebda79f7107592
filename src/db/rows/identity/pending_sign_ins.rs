//! Table `pending_sign_ins`.

use sea_orm::entity::prelude::*;

use crate::db::columns::UtcTime;
use crate::kernel::ids::{SignInId, UserId};

/// A sign-in whose address is proved and whose second factor is not. It grants nothing.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "pending_sign_ins")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SignInId,
    pub user_id: UserId,
    /// SHA-256 of the browser's binding cookie.
    pub browser_hash: String,
    /// What follows.
    #[sea_orm(column_type = "JsonBinary")]
    pub intent: Json,
    /// Machine time.
    pub expires_at: UtcTime,
    pub used_at: Option<UtcTime>,
}

impl ActiveModelBehavior for ActiveModel {}
