//! What the audit log hears of courses and cohorts.

use serde_json::{Value, json};

use super::{Cohort, Course, ReadingKey};
use crate::kernel::ids::{ModuleId, UserId};
use crate::kernel::{Event, Subject, Touch};

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
    /// The public knows the cohort, or knows it no longer.
    PublicationChanged {
        before: &'a Cohort,
        after: &'a Cohort,
    },
    /// Seats, price, window or instructors.
    TermsChanged {
        before: (&'a Cohort, &'a [UserId]),
        after: (&'a Cohort, &'a [UserId]),
    },
    /// The readings of one of the cohort's own modules; `cohort` as it was before.
    KeysChanged {
        cohort: &'a Cohort,
        module: ModuleId,
        before: &'a [ReadingKey],
        after: &'a [ReadingKey],
    },
}

impl Event for CatalogueEvent<'_> {
    fn kind(&self) -> &'static str {
        match self {
            Self::CourseCreated { .. } => "course.created",
            Self::CohortOpened { .. } => "cohort.opened",
            Self::PublicationChanged { after, .. } if after.published_at.is_some() => "cohort.published",
            Self::PublicationChanged { .. } => "cohort.unpublished",
            Self::TermsChanged { .. } => "cohort.changed",
            Self::KeysChanged { .. } => "cohort.readings_changed",
        }
    }

    fn subject(&self) -> Subject {
        match self {
            Self::CourseCreated { course, .. } => Subject::Course(course.id),
            Self::CohortOpened { cohort, .. }
            | Self::KeysChanged { cohort, .. }
            | Self::PublicationChanged { before: cohort, .. }
            | Self::TermsChanged { before: (cohort, _), .. } => Subject::Cohort(cohort.id),
        }
    }

    fn before(&self) -> Value {
        match self {
            Self::CourseCreated { .. } | Self::CohortOpened { .. } => Value::Null,
            Self::PublicationChanged { before, .. } => publication(before),
            Self::TermsChanged { before, .. } => terms(*before),
            Self::KeysChanged { cohort, module, before, .. } => keys(*module, before, cohort.revision),
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
            Self::PublicationChanged { after, .. } => publication(after),
            Self::TermsChanged { after, .. } => terms(*after),
            Self::KeysChanged { cohort, module, after, .. } => keys(*module, after, cohort.revision + 1),
        }
    }

    fn touches(&self) -> Vec<Touch> {
        match self {
            Self::KeysChanged { cohort, .. } => vec![Touch::Cohort(cohort.id)],
            _ => Vec::new(),
        }
    }
}

fn publication(cohort: &Cohort) -> Value {
    json!({ "published_at": cohort.published_at, "revision": cohort.revision })
}

fn terms((cohort, instructors): (&Cohort, &[UserId])) -> Value {
    json!({
        "capacity": cohort.capacity,
        "price": cohort.price,
        "opens": cohort.window.opens(),
        "closes": cohort.window.closes(),
        "instructors": instructors,
        "revision": cohort.revision,
    })
}

fn keys(module: ModuleId, keys: &[ReadingKey], revision: i32) -> Value {
    let told = |key: &ReadingKey| json!({ "reading": key.reading, "required": key.required, "why": key.why });
    json!({ "module": module, "readings": keys.iter().map(told).collect::<Vec<_>>(), "revision": revision })
}
