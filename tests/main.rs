//! The one integration test binary.

mod architecture;
mod columns;
mod floors;
mod roles;
mod schema_drift;
mod security;
mod support;
