//! What the audit log hears of courses and cohorts.

use serde_json::{Value, json};

use super::{Cohort, Course, CourseModule, ReadingKey};
use crate::kernel::ids::{CourseId, ModuleId, UserId};
use crate::kernel::{Event, Subject, Touch};

#[derive(Debug, Clone, Copy)]
pub enum CatalogueEvent<'a> {
    CourseCreated {
        course: &'a Course,
        modules: usize,
    },
    /// The course's own texts.
    CourseEdited {
        before: &'a Course,
        after: &'a Course,
    },
    ModuleAdded(&'a CourseModule),
    /// A module's own texts, and what it waits for.
    ModuleEdited {
        before: &'a CourseModule,
        after: &'a CourseModule,
    },
    /// With all its reading keys.
    ModuleRemoved(&'a CourseModule),
    ModulesReordered {
        course: CourseId,
        before: &'a [CourseModule],
        after: &'a [CourseModule],
    },
    /// A reading attached to a course's module, detached, amended or moved.
    ReadingsKeyed {
        before: &'a CourseModule,
        after: &'a [ReadingKey],
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
            Self::CourseEdited { .. } => "course.edited",
            Self::ModuleAdded(_) => "course.module_added",
            Self::ModuleEdited { .. } => "course.module_edited",
            Self::ModuleRemoved(_) => "course.module_removed",
            Self::ModulesReordered { .. } => "course.modules_reordered",
            Self::ReadingsKeyed { .. } => "course.readings_keyed",
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
            Self::CourseEdited { before, .. } => Subject::Course(before.id),
            Self::ModuleAdded(module) | Self::ModuleRemoved(module) => Subject::Course(module.course),
            Self::ModuleEdited { before, .. } | Self::ReadingsKeyed { before, .. } => Subject::Course(before.course),
            Self::ModulesReordered { course, .. } => Subject::Course(*course),
            Self::CohortOpened { cohort, .. }
            | Self::KeysChanged { cohort, .. }
            | Self::PublicationChanged { before: cohort, .. }
            | Self::TermsChanged { before: (cohort, _), .. } => Subject::Cohort(cohort.id),
        }
    }

    fn before(&self) -> Value {
        match self {
            Self::CourseEdited { before, .. } => facts(before),
            Self::ModuleEdited { before, .. } => texts(before),
            Self::ModuleRemoved(module) => whole(module),
            Self::ModulesReordered { before, .. } => order(before),
            Self::ReadingsKeyed { before, .. } => keyed(before, &before.readings),
            Self::PublicationChanged { before, .. } => publication(before),
            Self::TermsChanged { before, .. } => terms(*before),
            Self::KeysChanged { cohort, module, before, .. } => rekeyed(*module, before, cohort.revision),
            Self::CourseCreated { .. } | Self::ModuleAdded(_) | Self::CohortOpened { .. } => Value::Null,
        }
    }

    fn after(&self) -> Value {
        match self {
            Self::CourseCreated { course, modules } => {
                json!({ "slug": course.slug, "title": course.title, "modules": modules })
            }
            Self::CourseEdited { after, .. } => facts(after),
            Self::ModuleAdded(module) => whole(module),
            Self::ModuleEdited { after, .. } => texts(after),
            Self::ModuleRemoved(_) => Value::Null,
            Self::ModulesReordered { after, .. } => order(after),
            Self::ReadingsKeyed { before, after } => keyed(before, after),
            Self::CohortOpened { cohort, modules } => json!({
                "course": cohort.course,
                "slug": cohort.slug,
                "zone": cohort.zone,
                "starts_on": cohort.starts_on,
                "capacity": cohort.capacity,
                "prices": cohort.prices,
                "opens": cohort.window.opens(),
                "closes": cohort.window.closes(),
                "refund_days": cohort.refund_rule.days(),
                "modules": modules,
            }),
            Self::PublicationChanged { after, .. } => publication(after),
            Self::TermsChanged { after, .. } => terms(*after),
            Self::KeysChanged { cohort, module, after, .. } => rekeyed(*module, after, cohort.revision + 1),
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
        "prices": cohort.prices,
        "opens": cohort.window.opens(),
        "closes": cohort.window.closes(),
        "refund_days": cohort.refund_rule.days(),
        "instructors": instructors,
        "revision": cohort.revision,
    })
}

fn rekeyed(module: ModuleId, list: &[ReadingKey], revision: i32) -> Value {
    json!({ "module": module, "readings": keys(list), "revision": revision })
}

fn facts(course: &Course) -> Value {
    json!({
        "title": course.title,
        "dek": course.dek,
        "description": course.description,
        "outcomes": course.outcomes,
        "questions": course.questions,
        "hours": [course.hours_min, course.hours_max],
        "language": course.language,
    })
}

fn texts(module: &CourseModule) -> Value {
    json!({
        "module": module.id,
        "week": module.position,
        "title": module.title,
        "dek": module.dek,
        "outcomes": module.outcomes,
        "questions": module.questions,
        "reflection_prompt": module.reflection_prompt,
        "release_rule": module.release_rule,
    })
}

fn whole(module: &CourseModule) -> Value {
    let mut told = texts(module);
    told["readings"] = keys(&module.readings);
    told
}

fn order(modules: &[CourseModule]) -> Value {
    modules.iter().map(|module| json!({ "module": module.id, "release_rule": module.release_rule })).collect()
}

fn keyed(module: &CourseModule, list: &[ReadingKey]) -> Value {
    json!({ "module": module.id, "week": module.position, "readings": keys(list) })
}

/// A module's readings, in order, as the audit log keeps them.
fn keys(list: &[ReadingKey]) -> Value {
    list.iter().map(|key| json!({ "reading": key.reading, "required": key.required, "why": key.why })).collect()
}
