//! What is taught and when it is offered: courses, the cohorts that copied them, modules and their reading keys.

mod cohorts;
mod editing;
pub mod model;
mod store;
mod uses;

use std::collections::BTreeSet;

use sea_orm::DbErr;

use crate::audit;
use crate::db::Txn;
use crate::kernel::Slug;
use crate::kernel::ids::{CourseId, ReadingId};
use model::{Answered, CatalogueEvent, Course, CourseModule, ReadingKey, Rule};

pub use cohorts::{
    all_cohorts, cohort, cohort_by_slug, cohort_modules, cohorts, cohorts_of_instructor, instructors, published, weeks_of,
};
pub(crate) use cohorts::{cohort_for_update, insert_cohort, raise_revision, save_cohort, set_instructors, set_keys};
pub use editing::{
    EditRefusal, add_module, change_keys, create_first_course, edit_course, edit_module, move_module, remove_module,
};
pub(crate) use store::course_for_update;
pub use store::{course, course_by_slug, course_modules, courses};
pub use uses::{CohortUse, CourseUse, cohort_uses, course_uses};

/// A course to be made.
#[derive(Debug, Clone)]
pub struct NewCourse {
    pub slug: Slug,
    pub title: String,
    pub dek: String,
    pub description: Vec<String>,
    pub outcomes: Vec<String>,
    pub questions: Vec<Answered>,
    pub hours_min: u32,
    pub hours_max: u32,
    pub language: String,
    /// In order: the first is week one.
    pub modules: Vec<NewModule>,
}

/// A reading's place in a module to be made.
#[derive(Debug, Clone)]
pub struct NewKey {
    pub reading: ReadingId,
    pub required: bool,
    pub why: String,
}

/// A week of a course to be made.
#[derive(Debug, Clone)]
pub struct NewModule {
    pub title: String,
    pub dek: String,
    pub outcomes: Vec<String>,
    pub questions: Vec<String>,
    pub reflection_prompt: Option<String>,
    pub release_rule: Rule,
    /// In reading order.
    pub readings: Vec<NewKey>,
}

/// Why a course is not made.
#[derive(Debug, thiserror::Error)]
pub enum CourseRefusal {
    /// One course is taught here.
    #[error("there is a course already")]
    AlreadyThere,
    #[error("another course has this address")]
    SlugTaken,
    #[error("a course needs a module")]
    NoModules,
    #[error("module {position} waits for module {named}, which is not before it")]
    RuleNotBackwards { position: u32, named: u32 },
    #[error("module {position} has a reading twice")]
    ReadingTwice { position: u32 },
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// Makes a course with its modules, their reading keys and rules.
///
/// # Errors
/// [`CourseRefusal`].
pub async fn create_course(txn: &Txn, new: NewCourse) -> Result<Course, CourseRefusal> {
    if store::course_by_slug(txn, &new.slug).await?.is_some() {
        return Err(CourseRefusal::SlugTaken);
    }
    if new.modules.is_empty() {
        return Err(CourseRefusal::NoModules);
    }
    let course = Course {
        id: txn.new_id(),
        slug: new.slug,
        title: new.title,
        dek: new.dek,
        description: new.description,
        outcomes: new.outcomes,
        questions: new.questions,
        hours_min: new.hours_min,
        hours_max: new.hours_max,
        language: new.language,
        version: 1,
    };
    let numbered = (1..).zip(new.modules);
    let modules: Vec<_> = numbered.map(|(position, new)| module(txn, course.id, position, new)).collect::<Result<_, _>>()?;
    store::insert_course(txn, &course, &modules).await?;
    audit::record(txn, &CatalogueEvent::CourseCreated { course: &course, modules: modules.len() }).await?;
    Ok(course)
}

fn module(txn: &Txn, course: CourseId, position: u32, new: NewModule) -> Result<CourseModule, CourseRefusal> {
    if let Some(named) = new.release_rule.modules().into_iter().find(|&named| named == 0 || named >= position) {
        return Err(CourseRefusal::RuleNotBackwards { position, named });
    }
    let distinct: BTreeSet<_> = new.readings.iter().map(|key| key.reading).collect();
    if distinct.len() < new.readings.len() {
        return Err(CourseRefusal::ReadingTwice { position });
    }
    let key =
        |(position, key): (u32, NewKey)| ReadingKey { reading: key.reading, position, required: key.required, why: key.why };
    Ok(CourseModule {
        id: txn.new_id(),
        course,
        position,
        title: new.title,
        dek: new.dek,
        outcomes: new.outcomes,
        questions: new.questions,
        reflection_prompt: new.reflection_prompt,
        release_rule: new.release_rule,
        readings: (1..).zip(new.readings).map(key).collect(),
        version: 1,
    })
}
