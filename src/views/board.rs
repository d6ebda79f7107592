//! A cohort's schedule board: its plan, what of it is ready, and what a change would mean for its students.

use std::collections::BTreeMap;
use std::sync::Arc;

use sea_orm::DbErr;
use uuid::Uuid;

use crate::catalogue::model::{Cohort, CohortModule, Read, ReadingKey, Verdict};
use crate::db::Conn;
use crate::enrolment::{self, EnrolmentState};
use crate::identity::{self, Person, Role};
use crate::kernel::ids::{EnrolmentId, ModuleId, ReadingId};
use crate::kernel::{PersonName, Slug, Timestamp};
use crate::readings::{self, Card};
use crate::reminders::{self, Foreseen};
use crate::schedule::model::{CivilSlot, CohortPlan, Finding, Inputs, ModuleAccess, PlannedModule, problems};
use crate::schedule::{self, Plans, Short};
use crate::{catalogue, learning};

/// The board of one cohort.
#[derive(Debug, Clone)]
pub struct Board {
    /// As it is now; its plan may be shared and must not be asked for prices or seats.
    pub cohort: Cohort,
    pub course: String,
    pub plan: Arc<CohortPlan>,
    /// Of every keyed reading.
    pub cards: BTreeMap<ReadingId, Card>,
    /// Who teaches it, by name.
    pub instructors: Vec<Person>,
    /// Seats held or enrolled.
    pub taken: u32,
    /// A student who has just come, with everything read that later weeks may wait for.
    keen: Inputs,
}

/// The cohort at this address, if this person may see it: any for an admin, for others those that they teach.
///
/// # Errors
/// The database's own.
pub async fn of_staff(conn: &Conn, person: &Person, slug: &Slug) -> Result<Option<Cohort>, DbErr> {
    let Some(cohort) = catalogue::cohort_by_slug(conn, slug).await? else { return Ok(None) };
    let sees = person.role == Role::Admin || catalogue::instructors(conn, cohort.id).await?.contains(&person.id);
    Ok(sees.then_some(cohort))
}

/// The board of the cohort at this address, if this person may see it.
///
/// # Errors
/// The database's own.
pub async fn board(conn: &Conn, plans: &Plans, person: &Person, slug: &Slug) -> Result<Option<Board>, DbErr> {
    let Some(cohort) = of_staff(conn, person, slug).await? else { return Ok(None) };
    let plan = plans.get(conn, cohort.id, cohort.revision).await?;
    let keyed: Vec<ReadingId> = plan.modules().iter().flat_map(|module| &module.readings).map(|key| key.reading).collect();
    let cards = readings::cards(conn, &keyed).await?.into_iter().map(|card| (card.id, card)).collect();
    let keen = keen(conn, plans, &plan).await?;
    let ids = catalogue::instructors(conn, cohort.id).await?;
    let staff = identity::teachers(conn).await?;
    let instructors = staff.into_iter().filter(|person| ids.contains(&person.id)).collect();
    let taken = enrolment::seats_taken(conn, cohort.id).await?;
    let course = cohort.course_title.clone();
    Ok(Some(Board { cohort, course, plan, cards, instructors, taken, keen }))
}

/// Nobody's enrolment: the inputs are those of a student of whom nothing is known, but that they keep up.
async fn keen(conn: &Conn, plans: &Plans, plan: &CohortPlan) -> Result<Inputs, DbErr> {
    let nobody = EnrolmentId(Uuid::nil());
    let mut inputs = learning::inputs_of(conn, plans, plan.id(), &[nobody]).await?;
    let mut keen = inputs.remove(&nobody).ok_or_else(|| DbErr::RecordNotFound("the inputs of a preview".to_owned()))?;
    let read = Read { at: Timestamp::UNIX_EPOCH, reflected: true };
    for module in plan.modules() {
        keen.facts.read.extend(module.required().map(|key| ((module.id, key.reading), read)));
    }
    Ok(keen)
}

impl Board {
    /// What is wrong with the plan at `now`.
    pub fn findings(&self, now: Timestamp) -> Vec<Finding> {
        problems(&self.plan, &self.keen.facts.ready, now)
    }

    /// What would be wrong with the plan, were this module released at `to`.
    pub fn findings_if(&self, module: ModuleId, to: CivilSlot, now: Timestamp) -> Vec<Finding> {
        let moved = self.plan.with_release(module, to);
        problems(&moved, &self.keen.facts.ready, now).into_iter().filter(|finding| finding.module == module).collect()
    }

    /// What a student who keeps up sees of each week at `at`.
    pub fn preview(&self, at: Timestamp) -> Vec<ModuleAccess> {
        self.keen.decide(at)
    }

    /// The week at this position, from 1.
    pub fn week(&self, position: u32) -> Option<PlannedModule<'_>> {
        self.plan.planned().find(|planned| planned.module.position == position)
    }

    /// A reading of a week, by its address in the library.
    pub fn keyed<'a>(&'a self, module: &'a CohortModule, slug: &str) -> Option<(&'a ReadingKey, &'a Card)> {
        let of = |key: &'a ReadingKey| Some((key, self.cards.get(&key.reading)?));
        module.readings.iter().filter_map(of).find(|(_, card)| card.slug.as_str() == slug)
    }

    /// How many of a module's required readings can be read, and how many are required.
    pub fn readiness(&self, module: &CohortModule) -> (usize, usize) {
        let ready = |key: &&ReadingKey| self.cards.get(&key.reading).is_some_and(Card::is_ready);
        (module.required().filter(ready).count(), module.required().count())
    }
}

/// The enrolled students of a cohort, with what their access is decided by.
#[derive(Debug, Clone)]
pub struct Students(Vec<(PersonName, Inputs)>);

/// The enrolled students of the board's cohort.
///
/// # Errors
/// The database's own.
pub async fn students(conn: &Conn, plans: &Plans, board: &Board) -> Result<Students, DbErr> {
    let mut enrolled = enrolment::of_cohort(conn, board.cohort.id).await?;
    enrolled.retain(|enrolment| matches!(enrolment.state, EnrolmentState::Enrolled { .. }));
    let ids: Vec<EnrolmentId> = enrolled.iter().map(|enrolment| enrolment.id).collect();
    let mut inputs = learning::inputs_of(conn, plans, board.plan.id(), &ids).await?;
    let with = |one: enrolment::Enrolment| Some((one.certificate_name, inputs.remove(&one.id)?));
    Ok(Students(enrolled.into_iter().filter_map(with).collect()))
}

impl Students {
    /// Whom the move of this module's release to `to`, made now, would mail.
    ///
    /// # Errors
    /// The database's own.
    pub async fn mailed(
        &self,
        conn: &Conn,
        board: &Board,
        week: &PlannedModule<'_>,
        to: CivilSlot,
        now: Timestamp,
    ) -> Result<Foreseen, DbErr> {
        let moved = Arc::new(board.plan.with_release(week.module.id, to));
        let then = |(_, inputs): &(PersonName, Inputs)| {
            let mut then = inputs.clone();
            // What is open is recorded before a change.
            then.openings.extend(inputs.openings_to_record(now));
            Inputs { plan: moved.clone(), ..then }
        };
        let then: Vec<_> = self.0.iter().map(then).collect();
        reminders::foresee(conn, &then, week.module.position, now).await
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// To how many the module is open at `now`.
    pub fn with_open(&self, module: ModuleId, now: Timestamp) -> usize {
        let open = |inputs: &Inputs| inputs.access(module, now).is_some_and(|access| access.is_open());
        self.0.iter().filter(|(_, inputs)| open(inputs)).count()
    }

    /// How many have completed the course at `now`.
    pub fn completed(&self, now: Timestamp) -> usize {
        let completed = |inputs: &Inputs| matches!(inputs.plan.completion(&inputs.facts, now), Verdict::Met { .. });
        self.0.iter().filter(|(_, inputs)| completed(inputs)).count()
    }

    /// Who has read this reading of the module, in the order of their coming.
    pub fn readers(&self, module: ModuleId, reading: ReadingId) -> Vec<&PersonName> {
        let read = |inputs: &Inputs| inputs.facts.read.contains_key(&(module, reading));
        self.0.iter().filter(|(_, inputs)| read(inputs)).map(|(name, _)| name).collect()
    }
}

/// The weeks that will not open for want of a reading, of the cohorts that this person sees.
///
/// # Errors
/// The database's own.
pub async fn short_weeks(conn: &Conn, plans: &Plans, person: &Person, now: Timestamp) -> Result<Vec<Short>, DbErr> {
    let mut weeks = schedule::short_of_readings(conn, plans, now).await?;
    if person.role != Role::Admin {
        let own = catalogue::cohorts_of_instructor(conn, person.id).await?;
        weeks.retain(|week| own.iter().any(|cohort| cohort.id == week.cohort.id));
    }
    Ok(weeks)
}
