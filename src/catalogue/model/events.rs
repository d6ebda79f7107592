//! What the audit log hears of courses and cohorts.

use serde_json::{Value, json};

use super::{Cohort, Course};
use crate::kernel::{Event, Subject};

#[derive(Debug, Clone, Copy)]
pub enum CatalogueEvent<'a> {
    CourseCreated {
        course: &'a Course,
        modules: usize,
    },
    /// A run of a course, with copies of so many modules.
    CohortOpened {
        cohort: &'a Cohort,
        modules: usize,
    },
}

impl Event for CatalogueEvent<'_> {
    fn kind(&self) -> &'static str {
        match self {
            Self::CourseCreated { .. } => "course.created",
            Self::CohortOpened { .. } => "cohort.opened",
        }
    }

    fn subject(&self) -> Subject {
        match self {
            Self::CourseCreated { course, .. } => Subject::Course(course.id),
            Self::CohortOpened { cohort, .. } => Subject::Cohort(cohort.id),
        }
    }

    fn after(&self) -> Value {
        match self {
            Self::CourseCreated { course, modules } => {
                json!({ "slug": course.slug, "title": course.title, "modules": modules })
            }
            Self::CohortOpened { cohort, modules } => json!({
                "course": cohort.course,
                "slug": cohort.slug,
                "zone": cohort.zone,
                "starts_on": cohort.starts_on,
                "capacity": cohort.capacity,
                "price": cohort.price,
                "opens": cohort.window.opens(),
                "closes": cohort.window.closes(),
                "modules": modules,
            }),
        }
    }
}
