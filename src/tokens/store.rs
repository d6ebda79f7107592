//! Queries of tokens.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, Set};

use super::model::{Scopes, Secret, Token};
use crate::db::columns::UtcTime;
use crate::db::rows::tokens::api_tokens as row;
use crate::db::{Conn, Txn, corrupt};
use crate::kernel::ids::TokenId;

fn to_token(row: row::Model) -> Result<Token, DbErr> {
    let scopes: Vec<_> = serde_json::from_value(row.scopes).map_err(|_| corrupt("token's scope"))?;
    Ok(Token {
        id: row.id,
        name: row.name.parse().map_err(|_| corrupt("token's name"))?,
        hint: row.hint,
        scopes: Scopes::new(scopes).ok_or_else(|| corrupt("token's scopes"))?,
        created_by: row.created_by,
        created_at: row.created_at.into(),
        expires_at: row.expires_at.into(),
        last_used_at: row.last_used_at.map(Into::into),
        revoked_at: row.revoked_at.map(Into::into),
    })
}

/// Every token there was, newest first: admins make few.
///
/// # Errors
/// The database's own.
pub async fn tokens(conn: &Conn) -> Result<Vec<Token>, DbErr> {
    row::Entity::find().order_by_desc(row::Column::Id).all(conn).await?.into_iter().map(to_token).collect()
}

/// One token, of whatever state.
///
/// # Errors
/// The database's own.
pub async fn token(conn: &Conn, id: TokenId) -> Result<Option<Token>, DbErr> {
    row::Entity::find_by_id(id).one(conn).await?.map(to_token).transpose()
}

pub(super) async fn by_secret(conn: &Conn, secret: &Secret) -> Result<Option<Token>, DbErr> {
    let found = row::Entity::find().filter(row::COLUMN.token_hash.eq(secret.hash()));
    found.one(conn).await?.map(to_token).transpose()
}

pub(super) async fn insert(txn: &Txn, token: &Token, secret: &Secret) -> Result<(), DbErr> {
    let row = row::ActiveModel {
        id: Set(token.id),
        name: Set(token.name.as_str().to_owned()),
        token_hash: Set(secret.hash()),
        hint: Set(token.hint.clone()),
        scopes: Set(serde_json::to_value(&token.scopes).map_err(|error| DbErr::Json(error.to_string()))?),
        created_by: Set(token.created_by),
        created_at: Set(token.created_at.into()),
        expires_at: Set(token.expires_at.into()),
        last_used_at: Set(None),
        revoked_at: Set(None),
    };
    row::Entity::insert(row).exec_without_returning(&**txn).await?;
    Ok(())
}

/// False if it was revoked before.
pub(super) async fn revoke(txn: &Txn, id: TokenId) -> Result<bool, DbErr> {
    let now = UtcTime::from(txn.machine_now());
    let update = row::Entity::update_many().col_expr(row::Column::RevokedAt, Expr::value(now));
    let update = update.filter(row::COLUMN.id.eq(id)).filter(row::COLUMN.revoked_at.is_null());
    Ok(update.exec(&**txn).await?.rows_affected == 1)
}

pub(super) async fn mark_used(txn: &Txn, id: TokenId) -> Result<(), DbErr> {
    let now = UtcTime::from(txn.machine_now());
    let update = row::Entity::update_many().col_expr(row::Column::LastUsedAt, Expr::value(now));
    update.filter(row::COLUMN.id.eq(id)).exec(&**txn).await?;
    Ok(())
}
