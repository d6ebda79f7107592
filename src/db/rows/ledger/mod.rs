//! Rows of the domain `ledger`. Append-only: triggers refuse every change and deletion.

pub mod ledger_entries;
pub mod ledger_postings;
