//! When modules open: a cohort's schedule, the overrides of it, the record of openings, and the one decision made of them.

pub mod jobs;
pub mod model;
mod plans;
mod readiness;
mod store;

pub use plans::Plans;
pub use readiness::{Short, short_of_readings};
pub(crate) use store::{insert_items, insert_override, record_openings, set_slot};
pub use store::{items, overrides};
