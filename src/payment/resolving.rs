//! What an admin does with the queue: says how something was dealt with outside. No money moves by it, and nobody is enrolled.

use sea_orm::DbErr;

use super::model::PaymentEvent;
use super::store;
use crate::audit;
use crate::db::Txn;
use crate::kernel::ids::ExceptionId;

/// Why an entry of the queue is not marked.
#[derive(Debug, thiserror::Error)]
pub enum ResolveRefusal {
    #[error("there is no such entry")]
    NoSuchEntry,
    /// Somebody was quicker; what they said stays.
    #[error("it is dealt with already")]
    AlreadyResolved,
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// Takes an entry out of the queue: it was settled outside, as `resolution` says.
///
/// # Errors
/// [`ResolveRefusal`].
pub async fn resolve(txn: &Txn, id: ExceptionId, resolution: &str) -> Result<(), ResolveRefusal> {
    let (exception, resolved) = store::exception_for_update(txn, id).await?.ok_or(ResolveRefusal::NoSuchEntry)?;
    if resolved {
        return Err(ResolveRefusal::AlreadyResolved);
    }
    store::save_resolution(txn, id, resolution).await?;
    Ok(audit::record(txn, &PaymentEvent::Resolved { exception: &exception, resolution }).await?)
}

/// Notes that an odd notification was looked at; false if none of this id waits for that.
///
/// # Errors
/// The database's own.
pub async fn see_notification(txn: &Txn, id: &str) -> Result<bool, DbErr> {
    let seen = store::mark_seen(txn, id).await?;
    if seen {
        audit::record(txn, &PaymentEvent::NotificationSeen(id)).await?;
    }
    Ok(seen)
}
