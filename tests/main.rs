//! The one integration test binary.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, and says where")]

mod architecture;
mod columns;
mod floors;
mod journeys;
mod promises;
mod races;
mod roles;
mod schema_drift;
mod security;
mod support;
