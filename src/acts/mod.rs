//! Writes that span domains.

pub mod enrol;
mod extend;
mod move_release;
mod open_cohort;
mod resend;
#[cfg(test)]
mod tests;

pub use extend::{ExtendRefusal, Extended, Extension, MOST_DAYS, extend};
pub use move_release::{MoveRefusal, Moved, move_release};
pub use open_cohort::{NewCohort, OpenRefusal, Timetable, WeekSlots, open_cohort};
pub use resend::{ResendRefusal, resend_confirmation};
