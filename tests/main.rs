//! The one integration test binary.

mod architecture;
mod columns;
mod floors;
mod schema_drift;
mod support;
