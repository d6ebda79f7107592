//! Whose site it is: name, address, officer, tax registration, bank, signers, policies, logo. One row, read whole.

pub mod model;
mod store;

#[cfg(test)]
mod tests;

use sea_orm::DbErr;

use crate::audit;
use crate::db::Txn;
use model::{Change, Changed, Section};

pub use model::{Organisation, RefundRule};
pub use store::{current, logo, revision};

/// Replaces one section. What is already so is no change, and leaves no event.
///
/// # Errors
/// The database's own.
pub async fn change(txn: &Txn, change: Change) -> Result<(), DbErr> {
    change_if(txn, change, |_| true).await.map(drop)
}

/// Lets one transaction at a time pass here until it ends: for what there is to be one of, and no row yet to be locked.
///
/// # Errors
/// The database's own.
pub(crate) async fn one_at_a_time(txn: &Txn) -> Result<(), DbErr> {
    store::locked(txn).await.map(drop)
}

/// Whether a change was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Made,
    /// What it would have replaced is not what its author saw.
    Stale,
}

/// As [`change`], if `seen` recognises the organisation: two people who edit one section do not undo each other's work unawares.
///
/// # Errors
/// The database's own.
pub async fn change_if(txn: &Txn, change: Change, seen: impl FnOnce(&Organisation) -> bool) -> Result<Outcome, DbErr> {
    let before = store::locked(txn).await?;
    if !seen(&before) {
        return Ok(Outcome::Stale);
    }
    let section = Section::from(&change);
    let bytes = if let Change::Logo(logo) = &change { Some(logo.clone()) } else { None };
    let mut after = before.clone().with(change, txn.now());
    if after == before {
        return Ok(Outcome::Made);
    }
    after.revision += 1;
    if let Some(logo) = bytes {
        store::keep_logo(txn, logo).await?;
    }
    store::save(txn, &after).await?;
    audit::record(txn, &Changed { section, before: &before, after: &after }).await?;
    Ok(Outcome::Made)
}
