//! Reads that join domains: what a page or a mail shows, put together. They change nothing and decide nothing.

pub mod library;
pub mod offer;
pub mod order;
pub mod staff;
