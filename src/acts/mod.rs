//! Writes that span domains.

pub mod enrol;
mod enrol_free;
mod move_release;
mod open_cohort;
#[cfg(test)]
mod tests;

pub use enrol_free::{FreeRefusal, FreeSeat, confirm_again, enrol_free};
pub use move_release::{MoveRefusal, Moved, move_release};
pub use open_cohort::{NewCohort, OpenRefusal, Timetable, WeekSlots, open_cohort};
