//! One run of a course.

use super::{Prices, ReadingKey, Rule};
use crate::kernel::ids::{CohortId, CourseId, ModuleId};
use crate::kernel::time::Date;
use crate::kernel::{Slug, Timestamp, Zone};
use crate::organisation::RefundRule;

/// One run of a course: its start, its zone and what a seat costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cohort {
    pub id: CohortId,
    pub course: CourseId,
    /// The course's title as it was when the cohort opened.
    pub course_title: String,
    pub slug: Slug,
    pub name: String,
    /// Where its civil times are meant.
    pub zone: Zone,
    /// The day that the schedule counts from, in `zone`.
    pub starts_on: Date,
    /// How many seats there are.
    pub capacity: u32,
    /// Of one seat.
    pub prices: Prices,
    pub window: EnrolmentWindow,
    /// Until when its students have their money back: the organisation's when the cohort opened, and never less since it was sold.
    pub refund_rule: RefundRule,
    /// Counts the changes of its plan and of all else that is said here. With the id it names one immutable plan.
    pub revision: i32,
    /// Since when the public knows it and can enrol; before, only staff do.
    pub published_at: Option<Timestamp>,
}

/// When a cohort takes enrolments: from `opens` up to, not including, `closes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnrolmentWindow {
    opens: Timestamp,
    closes: Timestamp,
}

/// The window would close before it opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("enrolment must close after it opens")]
pub struct WindowError;

/// What an enrolment window says at some moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WindowState {
    NotYet { opens: Timestamp },
    Open { closes: Timestamp },
    Closed { since: Timestamp },
}

impl EnrolmentWindow {
    /// # Errors
    /// [`WindowError`] unless `closes` is after `opens`.
    pub fn new(opens: Timestamp, closes: Timestamp) -> Result<Self, WindowError> {
        if opens < closes { Ok(Self { opens, closes }) } else { Err(WindowError) }
    }

    pub fn opens(&self) -> Timestamp {
        self.opens
    }

    pub fn closes(&self) -> Timestamp {
        self.closes
    }

    pub fn state(&self, now: Timestamp) -> WindowState {
        if now < self.opens {
            WindowState::NotYet { opens: self.opens }
        } else if now < self.closes {
            WindowState::Open { closes: self.closes }
        } else {
            WindowState::Closed { since: self.closes }
        }
    }

    pub fn is_open(&self, now: Timestamp) -> bool {
        matches!(self.state(now), WindowState::Open { .. })
    }
}

/// One week of a cohort: the cohort's own copy, which later edits of the course never touch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CohortModule {
    pub id: ModuleId,
    pub cohort: CohortId,
    /// The week, from 1.
    pub position: u32,
    pub title: String,
    pub dek: String,
    pub outcomes: Vec<String>,
    /// Study questions.
    pub questions: Vec<String>,
    /// Where present, a reading of this module counts as read only with a reflection on this prompt.
    pub reflection_prompt: Option<String>,
    /// What must be done before the module opens, beside its date.
    pub release_rule: Rule,
    /// In reading order.
    pub readings: Vec<ReadingKey>,
}

impl CohortModule {
    /// The readings without which the module is incomplete, in order.
    pub fn required(&self) -> impl Iterator<Item = &ReadingKey> {
        self.readings.iter().filter(|key| key.required)
    }

    /// Whether marking a reading of this module needs a reflection.
    pub fn asks_reflection(&self) -> bool {
        self.reflection_prompt.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_window_is_open_from_its_first_moment_to_just_before_its_last() {
        let (opens, closes) = (at("2027-01-01T00:00:00Z"), at("2027-02-01T00:00:00Z"));
        let window = EnrolmentWindow::new(opens, closes).unwrap();
        assert_eq!(window.state(at("2026-12-31T23:59:59Z")), WindowState::NotYet { opens });
        assert!(window.is_open(opens) && window.is_open(at("2027-01-31T23:59:59Z")));
        assert_eq!(window.state(closes), WindowState::Closed { since: closes });
    }

    #[test]
    fn a_window_that_closes_before_it_opens_is_refused() {
        let moment = at("2027-01-01T00:00:00Z");
        assert_eq!(EnrolmentWindow::new(moment, moment), Err(WindowError));
    }
}
