//! Writes that span domains.

mod cohort_terms;
pub mod enrol;
mod enrol_free;
mod move_release;
mod open_cohort;
mod replan;
#[cfg(test)]
mod tests;

pub use cohort_terms::{Publication, Terms, TermsRefusal, change_terms, price_is_fixed, set_publication};
pub use enrol_free::{FreeRefusal, FreeSeat, confirm_again, enrol_free};
pub use move_release::{MoveRefusal, Moved, move_release};
pub use open_cohort::{NewCohort, OpenRefusal, Timetable, WeekSlots, open_cohort, open_published};
pub use replan::{PlanChange, ReplanRefusal, replan};
