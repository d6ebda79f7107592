//! Opens a run of a course.

use std::collections::BTreeSet;

use sea_orm::DbErr;

use crate::audit;
use crate::catalogue::model::{CatalogueEvent, Cohort, CohortModule, Course, EnrolmentWindow, Prices};
use crate::db::Txn;
use crate::identity::Role;
use crate::kernel::ids::{CourseId, UserId};
use crate::kernel::time::{Date, Time};
use crate::kernel::{Slug, Zone};
use crate::organisation::{self, RefundRule};
use crate::schedule::model::{CivilSlot, CohortPlan, ItemKind, PlanError, ScheduleItem};
use crate::{catalogue, identity, schedule};

/// A run of a course to be opened.
#[derive(Debug, Clone)]
pub struct NewCohort {
    pub slug: Slug,
    pub name: String,
    /// Where its civil times are meant.
    pub zone: Zone,
    /// The day that its schedule counts from.
    pub starts_on: Date,
    pub capacity: u32,
    pub prices: Prices,
    pub window: EnrolmentWindow,
    /// Who teaches it: instructors or admins.
    pub instructors: Vec<UserId>,
    pub timetable: Timetable,
}

/// When the modules of a cohort open and are due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Timetable {
    /// One module a week from the first day on, released at this time of day and due at 23:59 on its seventh day.
    Weekly(Time),
    /// The same, with the first release so many days after the start.
    WeeklyFrom { days: i32, time: Time },
    /// One entry for each module, in order.
    Slots(Vec<WeekSlots>),
}

/// The times of one module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WeekSlots {
    pub release: CivilSlot,
    pub due: Option<CivilSlot>,
}

impl Default for Timetable {
    /// Weekly at nine in the morning.
    fn default() -> Self {
        Self::Weekly(Time::constant(9, 0, 0, 0))
    }
}

impl Timetable {
    fn slots(&self, modules: usize) -> Vec<WeekSlots> {
        let week = |time: Time| {
            move |day_offset: i32| WeekSlots {
                release: CivilSlot { day_offset, time },
                due: Some(CivilSlot { day_offset: day_offset + 6, time: Time::constant(23, 59, 0, 0) }),
            }
        };
        match self {
            Self::Weekly(time) => (0..).step_by(7).take(modules).map(week(*time)).collect(),
            Self::WeeklyFrom { days, time } => (*days..).step_by(7).take(modules).map(week(*time)).collect(),
            Self::Slots(slots) => slots.clone(),
        }
    }
}

/// Why no cohort is opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenRefusal {
    #[error("there is no such course")]
    NoSuchCourse,
    #[error("another cohort has this address")]
    SlugTaken,
    #[error("the course has {modules} modules, the timetable times for {slots}")]
    TimetableMismatch { modules: usize, slots: usize },
    /// Nobody, or somebody who does not teach.
    #[error("not an instructor: {0}")]
    NotAnInstructor(UserId),
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// Opens a cohort of `course`: copies its title, modules, reading keys and rules, and the organisation's refund rule, so that later edits of the course never touch the
/// cohort, and writes its schedule. Only staff see it until it is published.
///
/// # Errors
/// [`OpenRefusal`].
pub async fn open_cohort(txn: &Txn, course: CourseId, new: NewCohort) -> Result<Cohort, OpenRefusal> {
    // Locked: the copy is of one moment, whoever edits the course meanwhile.
    let course = catalogue::course_for_update(txn, course).await?.ok_or(OpenRefusal::NoSuchCourse)?;
    if catalogue::cohort_by_slug(txn, &new.slug).await?.is_some() {
        return Err(OpenRefusal::SlugTaken);
    }
    let instructors: BTreeSet<_> = new.instructors.iter().copied().collect();
    if let Some(user) = no_teacher(txn, &instructors).await? {
        return Err(OpenRefusal::NotAnInstructor(user));
    }
    let cohort = cohort(txn, &course, &new, organisation::current(txn).await?.refund_rule);
    let modules: Vec<_> = catalogue::course_modules(txn, course.id)
        .await?
        .iter()
        .map(|module| module.copied_for(cohort.id, txn.new_id()))
        .collect();
    let items = items(&modules, &new.timetable)?;
    CohortPlan::new(cohort.clone(), modules.clone(), &items)?;
    let instructors: Vec<_> = instructors.into_iter().collect();
    catalogue::insert_cohort(txn, &cohort, &modules, &instructors).await?;
    schedule::insert_items(txn, cohort.id, &items).await?;
    audit::record(txn, &CatalogueEvent::CohortOpened { cohort: &cohort, modules: modules.len() }).await?;
    Ok(cohort)
}

/// Opens a cohort that the public knows from this moment on, unlooked at: for the demonstration, and for tests.
///
/// # Errors
/// [`OpenRefusal`].
pub async fn open_published(txn: &Txn, course: CourseId, new: NewCohort) -> Result<Cohort, OpenRefusal> {
    let before = open_cohort(txn, course, new).await?;
    let after = Cohort { published_at: Some(txn.now()), ..before.clone() };
    catalogue::save_cohort(txn, &after).await?;
    audit::record(txn, &CatalogueEvent::PublicationChanged { before: &before, after: &after }).await?;
    Ok(after)
}

/// The first of these people who may not teach: a student, or nobody active.
pub(super) async fn no_teacher(txn: &Txn, people: &BTreeSet<UserId>) -> Result<Option<UserId>, DbErr> {
    for &user in people {
        if identity::person(txn, user).await?.is_none_or(|person| person.role == Role::Student) {
            return Ok(Some(user));
        }
    }
    Ok(None)
}

fn cohort(txn: &Txn, course: &Course, new: &NewCohort, refund_rule: RefundRule) -> Cohort {
    Cohort {
        id: txn.new_id(),
        course: course.id,
        course_title: course.title.clone(),
        slug: new.slug.clone(),
        name: new.name.clone(),
        zone: new.zone.clone(),
        starts_on: new.starts_on,
        capacity: new.capacity,
        prices: new.prices.clone(),
        window: new.window,
        refund_rule,
        revision: 1,
        published_at: None,
    }
}

fn items(modules: &[CohortModule], timetable: &Timetable) -> Result<Vec<ScheduleItem>, OpenRefusal> {
    let slots = timetable.slots(modules.len());
    if modules.is_empty() || slots.len() != modules.len() {
        return Err(OpenRefusal::TimetableMismatch { modules: modules.len(), slots: slots.len() });
    }
    let both = |(module, slots): (&CohortModule, WeekSlots)| {
        let release = ScheduleItem { module: module.id, kind: ItemKind::Release, slot: slots.release };
        let due = slots.due.map(|slot| ScheduleItem { module: module.id, kind: ItemKind::Due, slot });
        std::iter::once(release).chain(due)
    };
    Ok(modules.iter().zip(slots).flat_map(both).collect())
}
