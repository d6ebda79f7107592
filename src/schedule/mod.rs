//! When modules open: a cohort's schedule, the overrides of it, the record of openings, and the one decision made of them.

pub mod model;
