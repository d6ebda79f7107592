//! The one integration test binary.

mod columns;
mod schema_drift;
mod support;
