//! The one integration test binary.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, and says where")]
#![allow(clippy::print_stdout, reason = "a random walk prints its seed")]

mod api;
mod architecture;
mod certificates;
mod chaos;
mod columns;
mod floors;
mod journeys;
#[cfg(debug_assertions)]
mod lost;
mod ops;
mod pages;
mod permutations;
mod promises;
mod races;
mod roles;
mod schema_drift;
mod security;
mod support;
