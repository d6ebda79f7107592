//! Writes that span domains.

mod cancel;
mod cohort_terms;
mod correct_reading;
pub mod enrol;
mod enrol_free;
mod extend;
mod move_release;
mod open_cohort;
mod refund_rule;
mod replan;
mod resend;
#[cfg(test)]
mod tests;

pub use cancel::{Back, CancelQuote, CancelRefusal, Cancellation, Cancelled, cancel, cancel_quote};
pub use cohort_terms::{Publication, Terms, TermsRefusal, change_terms, set_publication};
pub use correct_reading::{CorrectRefusal, WhenNeeded, correct_reading};
pub use enrol_free::{FreeRefusal, FreeSeat, confirm_again, enrol_free};
pub use extend::{ExtendRefusal, Extended, Extension, MOST_DAYS, extend};
pub use move_release::{MoveRefusal, Moved, move_release};
pub use open_cohort::{NewCohort, OpenRefusal, Timetable, WeekSlots, open_cohort, open_published};
pub use refund_rule::set_refund_rule;
pub use replan::{PlanChange, ReplanRefusal, replan};
pub use resend::{ResendRefusal, resend_confirmation};
