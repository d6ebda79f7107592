//! Table `sign_in_challenges`.

use sea_orm::entity::prelude::*;

use crate::db::columns::UtcTime;
use crate::kernel::ids::ChallengeId;

/// One proof of an email address by a code. The code itself is derived, never stored.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sign_in_challenges")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ChallengeId,
    pub email: String,
    /// SHA-256 of the asking browser's binding cookie.
    pub browser_hash: String,
    /// What follows a successful proof.
    #[sea_orm(column_type = "JsonBinary")]
    pub intent: Json,
    pub attempts: i32,
    pub created_at: UtcTime,
    pub expires_at: UtcTime,
    pub used_at: Option<UtcTime>,
}

impl ActiveModelBehavior for ActiveModel {}
