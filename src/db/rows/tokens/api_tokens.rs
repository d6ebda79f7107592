//! Table `api_tokens`.

use sea_orm::entity::prelude::*;

use crate::db::columns::UtcTime;
use crate::kernel::ids::{TokenId, UserId};

/// A program's way in. All times are machine time.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_tokens")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TokenId,
    pub name: String,
    /// SHA-256 of the secret.
    #[sea_orm(unique)]
    pub token_hash: String,
    /// How the secret begins, to tell one from another.
    pub hint: String,
    /// Words of [`Scope`](crate::tokens::Scope), as a JSON array.
    #[sea_orm(column_type = "JsonBinary")]
    pub scopes: Json,
    pub created_by: UserId,
    pub created_at: UtcTime,
    pub expires_at: UtcTime,
    pub last_used_at: Option<UtcTime>,
    pub revoked_at: Option<UtcTime>,
}

impl ActiveModelBehavior for ActiveModel {}
