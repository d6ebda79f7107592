//! The ledger: facts about money in double entry. Entries are only ever added, each once under its key, and each balances.
//!
//! It knows accounts and amounts, and nothing of why: which fact is which entry is said in one place, `payment::books`.

pub mod model;
mod store;
#[cfg(test)]
mod tests;

pub use model::{Account, Balance, Entry, Posting, Refs, Unbalanced};
pub use store::{Fault, balances, check, count, first_at, is_booked, moved_by, payments_on, post};
