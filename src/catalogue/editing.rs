//! Edits of a course, the template. No cohort that was opened from it is touched: each has its own copy.
//!
//! An edit names the version that it was made on: the course's for its facts and the modules' order, the module's for its texts
//! and readings. Another version means that somebody else was there meanwhile, and the edit is refused.

use sea_orm::DbErr;

use super::model::texts::MODULES;
use super::model::{
    CatalogueEvent, Course, CourseFacts, CourseModule, KeyChange, KeyRefusal, ModuleTexts, NotBackwards, Rule, Shift, renumbered,
    shifted,
};
use super::{CourseRefusal, NewCourse, NewModule, create_course, store};
use crate::audit;
use crate::db::Txn;
use crate::kernel::ids::{CourseId, ModuleId};
use crate::organisation;
use crate::readings::model::slug_base;

/// How many modules a new course has, until some are added or removed.
const WEEKS: u32 = 6;

/// Why a course is not edited.
#[derive(Debug, thiserror::Error)]
pub enum EditRefusal {
    #[error("there is no such course")]
    NoSuchCourse,
    #[error("there is no such module")]
    NoSuchModule,
    #[error("somebody changed it meanwhile")]
    Stale,
    #[error("a course has at most {MODULES} weeks")]
    TooManyModules,
    #[error("a course keeps at least one week")]
    LastModule,
    #[error(transparent)]
    NotBackwards(#[from] NotBackwards),
    #[error(transparent)]
    Key(#[from] KeyRefusal),
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// Makes the course that is taught here, with six empty weeks. Its address is made of the words of `title`.
///
/// # Errors
/// [`CourseRefusal::AlreadyThere`] once there is a course.
pub async fn create_first_course(txn: &Txn, title: String) -> Result<Course, CourseRefusal> {
    // Two at once would each find none.
    organisation::one_at_a_time(txn).await?;
    if !store::courses(txn).await?.is_empty() {
        return Err(CourseRefusal::AlreadyThere);
    }
    let slug = slug_base(&title).parse().map_err(|_| CourseRefusal::SlugTaken)?;
    let new = NewCourse {
        slug,
        title,
        dek: String::new(),
        description: Vec::new(),
        outcomes: Vec::new(),
        questions: Vec::new(),
        hours_min: 3,
        hours_max: 4,
        language: "en".to_owned(),
        modules: (1..=WEEKS).map(empty_week).collect(),
    };
    create_course(txn, new).await
}

fn empty_week(position: u32) -> NewModule {
    NewModule {
        title: format!("Week {position}"),
        dek: String::new(),
        outcomes: Vec::new(),
        questions: Vec::new(),
        reflection_prompt: None,
        release_rule: Rule::Always,
        readings: Vec::new(),
    }
}

/// Gives the course these facts.
///
/// # Errors
/// [`EditRefusal`].
pub async fn edit_course(txn: &Txn, id: CourseId, version: i32, facts: CourseFacts) -> Result<Course, EditRefusal> {
    let before = store::course_for_update(txn, id).await?.ok_or(EditRefusal::NoSuchCourse)?;
    current(before.version, version)?;
    let after = before.clone().with(facts);
    if after == before {
        return Ok(before);
    }
    store::update_course(txn, &after).await?;
    audit::record(txn, &CatalogueEvent::CourseEdited { before: &before, after: &after }).await?;
    Ok(Course { version: version + 1, ..after })
}

/// Adds an empty module at the end.
///
/// # Errors
/// [`EditRefusal`].
pub async fn add_module(txn: &Txn, course: CourseId, version: i32) -> Result<ModuleId, EditRefusal> {
    let course = store::course_for_update(txn, course).await?.ok_or(EditRefusal::NoSuchCourse)?;
    current(course.version, version)?;
    let count = store::course_modules(txn, course.id).await?.len();
    if count >= MODULES {
        return Err(EditRefusal::TooManyModules);
    }
    let position = u32::try_from(count).unwrap_or(u32::MAX).saturating_add(1);
    let module = super::module(txn, course.id, position, empty_week(position)).map_err(|_| EditRefusal::TooManyModules)?;
    store::insert_module(txn, &module).await?;
    store::raise_course_version(txn, course.id).await?;
    audit::record(txn, &CatalogueEvent::ModuleAdded(&module)).await?;
    Ok(module.id)
}

/// Gives a module these texts.
///
/// # Errors
/// [`EditRefusal`].
pub async fn edit_module(txn: &Txn, id: ModuleId, version: i32, texts: ModuleTexts) -> Result<(), EditRefusal> {
    let Locked { mut modules, at, .. } = locked(txn, id).await?;
    let before = modules.swap_remove(at);
    current(before.version, version)?;
    let after = before.clone().with(texts)?;
    if after != before {
        store::update_module(txn, &after).await?;
        audit::record(txn, &CatalogueEvent::ModuleEdited { before: &before, after: &after }).await?;
    }
    Ok(())
}

/// Moves a module one place. At the edge it stays.
///
/// # Errors
/// [`EditRefusal`]; `version` is the course's.
pub async fn move_module(txn: &Txn, id: ModuleId, version: i32, to: Shift) -> Result<(), EditRefusal> {
    let Locked { course, modules, at } = locked(txn, id).await?;
    current(course.version, version)?;
    let after = renumbered(shifted(modules.clone(), at, to))?;
    if after == modules {
        return Ok(());
    }
    place(txn, &modules, &after).await?;
    store::raise_course_version(txn, course.id).await?;
    audit::record(txn, &CatalogueEvent::ModulesReordered { course: course.id, before: &modules, after: &after }).await?;
    Ok(())
}

/// Removes a module with its reading keys; the readings stay in the library. What waited for it waits no more.
///
/// # Errors
/// [`EditRefusal`]; `version` is the module's, so that nothing is removed that was not seen.
pub async fn remove_module(txn: &Txn, id: ModuleId, version: i32) -> Result<(), EditRefusal> {
    let Locked { course, modules, at } = locked(txn, id).await?;
    current(modules[at].version, version)?;
    if modules.len() == 1 {
        return Err(EditRefusal::LastModule);
    }
    let mut left = modules.clone();
    let gone = left.remove(at);
    let after = renumbered(left)?;
    store::delete_module(txn, gone.id).await?;
    place(txn, &modules, &after).await?;
    store::raise_course_version(txn, course.id).await?;
    audit::record(txn, &CatalogueEvent::ModuleRemoved(&gone)).await?;
    Ok(())
}

/// Changes a module's readings.
///
/// # Errors
/// [`EditRefusal`]; `version` is the module's.
pub async fn change_keys(txn: &Txn, id: ModuleId, version: i32, change: KeyChange) -> Result<(), EditRefusal> {
    let Locked { mut modules, at, .. } = locked(txn, id).await?;
    let before = modules.swap_remove(at);
    current(before.version, version)?;
    let after = change.applied(&before.readings)?;
    if after != before.readings {
        store::replace_keys(txn, before.id, &after).await?;
        audit::record(txn, &CatalogueEvent::ReadingsKeyed { before: &before, after: &after }).await?;
    }
    Ok(())
}

/// A course held by this transaction, with its modules in order, one of which is meant.
struct Locked {
    course: Course,
    modules: Vec<CourseModule>,
    at: usize,
}

async fn locked(txn: &Txn, id: ModuleId) -> Result<Locked, EditRefusal> {
    let course = store::course_of(txn, id).await?.ok_or(EditRefusal::NoSuchModule)?;
    let course = store::course_for_update(txn, course).await?.ok_or(EditRefusal::NoSuchCourse)?;
    let modules = store::course_modules(txn, course.id).await?;
    let at = modules.iter().position(|module| module.id == id).ok_or(EditRefusal::NoSuchModule)?;
    Ok(Locked { course, modules, at })
}

fn current(now: i32, named: i32) -> Result<(), EditRefusal> {
    if now == named { Ok(()) } else { Err(EditRefusal::Stale) }
}

/// Writes the modules whose place or rule has changed.
async fn place(txn: &Txn, before: &[CourseModule], after: &[CourseModule]) -> Result<(), DbErr> {
    let changed: Vec<_> = after.iter().filter(|module| !before.contains(module)).collect();
    // Places are unique in the database after each statement: first all that move stand aside.
    for module in &changed {
        store::set_aside(txn, module).await?;
    }
    for module in changed {
        store::update_module(txn, module).await?;
    }
    Ok(())
}
