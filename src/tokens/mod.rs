//! Programs' ways in: API tokens, and what a program was answered to a request that it may send again.
//!
//! A token is made by an admin, for some [`Scope`]s and some days, and acts in that admin's name: it can do nothing that they cannot,
//! and nothing at all once they are disabled or no admin any more. Its secret is shown once; the database has its hash. Making and
//! revoking one stands in the audit log, and what it does stands there under the admin and the token.

pub mod idempotency;
pub mod jobs;
pub mod model;
mod store;

use sea_orm::DbErr;

use crate::audit;
use crate::db::{Conn, Txn};
use crate::identity::{self, Person, Role};
use crate::kernel::Timestamp;
use crate::kernel::ids::TokenId;

use model::TokenEvent;
pub use model::{Life, Scope, Scopes, Secret, Token, TokenName, TokenState};
pub use store::{token, tokens};

/// A token to be made.
#[derive(Debug, Clone)]
pub struct NewToken {
    pub name: TokenName,
    pub scopes: Scopes,
    pub life: Life,
}

/// Why no token is made.
#[derive(Debug, thiserror::Error)]
pub enum CreateRefusal {
    #[error("only an admin has tokens")]
    NotAnAdmin,
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// Makes a token that acts in `admin`'s name. The secret is nowhere else: whoever loses it makes another token.
///
/// # Errors
/// [`CreateRefusal`].
pub async fn create(txn: &Txn, admin: &Person, new: NewToken) -> Result<(Token, Secret), CreateRefusal> {
    if admin.role != Role::Admin {
        return Err(CreateRefusal::NotAnAdmin);
    }
    let (secret, now) = (Secret::new(txn.random()), txn.machine_now());
    let token = Token {
        id: txn.new_id(),
        name: new.name,
        hint: secret.hint().to_owned(),
        scopes: new.scopes,
        created_by: admin.id,
        created_at: now,
        expires_at: new.life.ends(now),
        last_used_at: None,
        revoked_at: None,
    };
    store::insert(txn, &token, &secret).await?;
    audit::record(txn, &TokenEvent::Created(&token)).await?;
    Ok((token, secret))
}

/// Why a token is not revoked.
#[derive(Debug, thiserror::Error)]
pub enum RevokeRefusal {
    #[error("there is no such token")]
    NoSuchToken,
    #[error("the token is revoked already")]
    Revoked,
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// Takes a token back, for ever.
///
/// # Errors
/// [`RevokeRefusal`].
pub async fn revoke(txn: &Txn, id: TokenId) -> Result<Token, RevokeRefusal> {
    let mut token = store::token(txn, id).await?.ok_or(RevokeRefusal::NoSuchToken)?;
    if !store::revoke(txn, id).await? {
        return Err(RevokeRefusal::Revoked);
    }
    token.revoked_at = Some(txn.machine_now());
    audit::record(txn, &TokenEvent::Revoked(&token)).await?;
    Ok(token)
}

/// Takes back every token that works; how many.
///
/// # Errors
/// The database's own.
pub async fn revoke_all(txn: &Txn) -> Result<u64, DbErr> {
    let mut revoked = 0;
    for token in store::tokens(txn).await? {
        if matches!(token.state(txn.machine_now()), TokenState::Works { .. }) && store::revoke(txn, token.id).await? {
            audit::record(txn, &TokenEvent::Revoked(&token)).await?;
            revoked += 1;
        }
    }
    Ok(revoked)
}

/// A program that showed a token, and in whose name it acts.
#[derive(Debug, Clone)]
pub struct Bearer {
    pub token: Token,
    pub person: Person,
}

/// Why a secret opens nothing.
#[derive(Debug, thiserror::Error)]
pub enum BearerRefusal {
    #[error("we do not know this token")]
    Unknown,
    #[error("this token has expired")]
    Expired,
    #[error("this token was revoked")]
    Revoked,
    #[error("the admin who made this token is no active admin any more")]
    Powerless,
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// Who shows this secret at machine time `now`. Two statements.
///
/// # Errors
/// [`BearerRefusal`].
pub async fn authenticate(conn: &Conn, secret: &Secret, now: Timestamp) -> Result<Bearer, BearerRefusal> {
    let token = store::by_secret(conn, secret).await?.ok_or(BearerRefusal::Unknown)?;
    match token.state(now) {
        TokenState::Works { .. } => {}
        TokenState::Expired { .. } => return Err(BearerRefusal::Expired),
        TokenState::Revoked { .. } => return Err(BearerRefusal::Revoked),
    }
    let person = identity::person(conn, token.created_by).await?.filter(|person| person.role == Role::Admin);
    Ok(Bearer { token, person: person.ok_or(BearerRefusal::Powerless)? })
}

/// Notes that a token was used. Not audited: what it did is.
///
/// # Errors
/// The database's own.
pub async fn mark_used(txn: &Txn, id: TokenId) -> Result<(), DbErr> {
    store::mark_used(txn, id).await
}
