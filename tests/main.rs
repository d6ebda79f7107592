//! The one integration test binary.

mod architecture;
mod columns;
mod floors;
mod journeys;
mod races;
mod schema_drift;
mod support;
