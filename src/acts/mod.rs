//! Writes that span domains.

mod correct_reading;
pub mod enrol;
mod move_release;
mod open_cohort;
#[cfg(test)]
mod tests;

pub use correct_reading::{CorrectRefusal, WhenNeeded, correct_reading};
pub use move_release::{MoveRefusal, Moved, move_release};
pub use open_cohort::{NewCohort, OpenRefusal, Timetable, WeekSlots, open_cohort};
