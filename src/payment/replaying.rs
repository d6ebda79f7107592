//! A kept notification dealt with once more on an admin's word, or put aside for good.

use sea_orm::DbErr;

use super::model::PaymentEvent;
use super::settling::SettleError;
use super::{hearing, store};
use crate::audit;
use crate::db::Txn;
use crate::kernel::Actor;
use crate::services::Services;

/// What came of a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replayed {
    /// What it is about stands as the gateway has it.
    Settled,
    /// It changed nothing: it was odd, as said.
    Odd(&'static str),
}

/// Why nothing was replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayRefusal {
    #[error("there is no such notification")]
    NoSuchEvent,
    /// It is as stuck as before, and may be replayed again.
    #[error("{0}")]
    Failed(String),
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// Deals with a kept notification now, whether or not that was done before: what it is about is fetched and settled, which is the
/// same however often it is done. The audit log keeps who asked, and what came of it.
///
/// # Errors
/// [`ReplayRefusal`].
pub async fn replay_event(services: &Services, actor: Actor, id: &str) -> Result<Replayed, ReplayRefusal> {
    let event = store::event(&*services.db.snapshot().await?, id).await?.ok_or(ReplayRefusal::NoSuchEvent)?;
    let (oddity, failure) = match hearing::process(services, &event).await {
        Ok(oddity) => (oddity, None),
        Err(SettleError::Db(error)) => return Err(error.into()),
        Err(error) => (None, Some(error.to_string())),
    };
    let note = async |txn: &Txn| {
        if failure.is_none() {
            store::mark_processed(txn, id, oddity).await?;
            store::forget_settled_jobs(txn).await?;
        }
        audit::record(txn, &PaymentEvent::NotificationReplayed { id, oddity, failure: failure.as_deref() }).await
    };
    services.db.write(actor, note).await?;
    match failure {
        Some(failure) => Err(ReplayRefusal::Failed(failure)),
        None => Ok(oddity.map_or(Replayed::Settled, Replayed::Odd)),
    }
}

/// Leaves a stuck event undone for good, for a reason that the audit log keeps; false if none of this id waits.
///
/// # Errors
/// The database's own.
pub async fn put_event_aside(txn: &Txn, id: &str, reason: &str) -> Result<bool, DbErr> {
    let aside = store::mark_aside(txn, id).await?;
    if aside {
        store::forget_settled_jobs(txn).await?;
        audit::record(txn, &PaymentEvent::NotificationPutAside { id, reason }).await?;
    }
    Ok(aside)
}
