//! Table `idempotency_keys`.

use sea_orm::entity::prelude::*;

use crate::db::columns::UtcTime;
use crate::kernel::ids::TokenId;

/// A request that a program may send again, and what it was answered.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_keys")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub token_id: TokenId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub idempotency_key: String,
    /// SHA-256 of the request's method, path and body.
    pub fingerprint: String,
    /// Machine time. While nothing is answered, its request is under way.
    pub claimed_at: UtcTime,
    pub status: Option<i32>,
    pub body: Option<String>,
    pub location: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
