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
    let before = store::locked(txn).await?;
    let section = Section::from(&change);
    let bytes = if let Change::Logo(logo) = &change { Some(logo.clone()) } else { None };
    let mut after = before.clone().with(change, txn.now());
    if after == before {
        return Ok(());
    }
    after.revision += 1;
    if let Some(logo) = bytes {
        store::keep_logo(txn, logo).await?;
    }
    store::save(txn, &after).await?;
    audit::record(txn, &Changed { section, before: &before, after: &after }).await
}
