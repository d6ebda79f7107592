//! A person's own browsers, and the end of their sessions.

use sea_orm::DbErr;

use super::model::IdentityEvent;
use super::store;
use crate::audit;
use crate::db::Txn;
use crate::kernel::ids::{SessionId, UserId};

/// Ends one of a person's sessions; false if it is not theirs or has ended.
///
/// # Errors
/// The database's own.
pub async fn end_own(txn: &Txn, person: UserId, session: SessionId) -> Result<bool, DbErr> {
    let ended = store::people::end_of(txn, person, session).await?;
    if ended {
        audit::record(txn, &IdentityEvent::SignedOut { person, session }).await?;
    }
    Ok(ended)
}

/// Ends a person's sessions but this one; how many.
///
/// # Errors
/// The database's own.
pub async fn end_others(txn: &Txn, person: UserId, but: SessionId) -> Result<u64, DbErr> {
    ended(txn, person, Some(but)).await
}

/// Ends all of a person's sessions, and the sign-ins that wait for a second factor; how many sessions.
///
/// # Errors
/// The database's own.
pub async fn end_all(txn: &Txn, person: UserId) -> Result<u64, DbErr> {
    ended(txn, person, None).await
}

async fn ended(txn: &Txn, person: UserId, but: Option<SessionId>) -> Result<u64, DbErr> {
    store::factors::drop_pending(txn, person).await?;
    let ended = store::people::end_all_of(txn, person, but).await?;
    if ended > 0 {
        audit::record(txn, &IdentityEvent::SessionsEnded { person, ended }).await?;
    }
    Ok(ended)
}
