//! Courses, cohorts and modules as values. A course is a template without dates; a cohort is one run of it and owns copies.

mod cohort;
mod course;
mod events;
mod keys;
mod order;
mod prices;
pub mod rule;
pub mod texts;

pub use cohort::{Cohort, CohortModule, EnrolmentWindow, WindowError, WindowState};
pub use course::{Answered, Course, CourseFacts, CourseModule, ModuleTexts, ReadingKey};
pub use events::CatalogueEvent;
pub use keys::{KeyChange, KeyRefusal, Need, Why};
pub use order::{NotBackwards, Shift, renumbered, shifted};
pub use prices::{Price, PriceError, Prices, TaxBasis};
pub use rule::{Facts, Read, Rule, Unmet, Verdict};
