//! Rows of the domain `schedule`.

pub mod openings;
pub mod overrides;
pub mod schedule_items;
