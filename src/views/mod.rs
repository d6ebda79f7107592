//! Reads that join domains: what a page or a mail shows, put together.

pub mod offer;
pub mod order;
pub mod staff;
