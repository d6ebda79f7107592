//! Courses, cohorts and modules as values. A course is a template without dates; a cohort is one run of it and owns copies.

mod cohort;
mod course;
mod events;
pub mod keys;
pub mod rule;

pub use cohort::{Cohort, CohortModule, EnrolmentWindow, WindowError, WindowState};
pub use course::{Answered, Course, CourseModule, ReadingKey};
pub use events::CatalogueEvent;
pub use keys::{KeyChange, KeyRefusal, Need, Towards, Why};
pub use rule::{Facts, Read, Rule, Unmet, Verdict};
