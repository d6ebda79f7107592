//! Reads that join domains: what a page or a mail shows, put together. They change nothing and decide nothing.

pub mod board;
pub mod enrolments;
pub mod history;
pub mod library;
mod listed;
pub mod month;
pub mod offer;
pub mod order;
pub mod orders;
pub mod payouts;
pub mod people;
pub mod price;
pub mod roster;
pub mod staff;
pub mod sums;
pub mod taxes;
pub mod today;
pub mod told;
pub mod vitals;
pub mod waitlist;
