//! Reads that join domains, for one kind of page each. They change nothing and decide nothing.

pub mod offer;

use sea_orm::DbErr;

/// A stored value that makes no sense is a fault of ours, never the reader's.
fn corrupt(what: &'static str) -> DbErr {
    DbErr::Custom(format!("a stored {what} does not parse"))
}
