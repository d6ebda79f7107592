//! What students do with an open module: mark readings as read, reflect, progress towards completion.

mod facts;
pub mod model;
mod pages;
mod store;

use std::collections::BTreeMap;

use sea_orm::DbErr;

use crate::audit;
use crate::catalogue::model::{CohortModule, Read};
use crate::db::{Conn, Txn};
use crate::enrolment::Enrolment;
use crate::kernel::ids::{CohortId, EnrolmentId, ModuleId, ReadingId, UserId};
use crate::kernel::{Timestamp, Touch};
use crate::schedule::Plans;
use crate::schedule::model::Inputs;
use model::{Mark, MarkRefusal, Progress, progress};
use store::Whose;

pub use pages::{KeyedReading, ModulePage, OpenReading, ReadingPage, ReadingSheet, Sheet, module_page, reading_page};
pub use store::{required_read, required_read_by_week};

/// An enrolled student's place in a cohort, with all that access is decided by.
#[derive(Debug, Clone)]
pub struct Place {
    /// Its state is `Enrolled`: a held or ended seat has no place.
    pub enrolment: Enrolment,
    pub inputs: Inputs,
}

impl Place {
    /// The student's progress at `now`.
    pub fn progress(&self, now: Timestamp) -> Progress {
        progress(&self.inputs, now)
    }

    /// The module of this week, from 1.
    pub fn module_at(&self, position: u32) -> Option<&CohortModule> {
        self.inputs.plan.modules().iter().find(|module| module.position == position)
    }
}

/// The place of `user` by this enrolment; `None` unless it is theirs and enrolled. One statement, if the plan is known.
///
/// # Errors
/// The database's own.
pub async fn access(conn: &Conn, plans: &Plans, user: UserId, enrolment: EnrolmentId) -> Result<Option<Place>, DbErr> {
    let Some(known) = facts::known(conn, user, enrolment).await? else { return Ok(None) };
    let enrolment = known.enrolment.clone();
    let plan = plans.get(conn, enrolment.cohort, known.revision).await?;
    Ok(Some(Place { enrolment, inputs: known.inputs(&plan)? }))
}

/// Every place of `user`, oldest first. A statement, and one for each place.
///
/// # Errors
/// The database's own.
pub async fn places(conn: &Conn, plans: &Plans, user: UserId) -> Result<Vec<Place>, DbErr> {
    let mut places = Vec::new();
    for enrolment in store::enrolled(conn, user).await? {
        places.extend(access(conn, plans, user, enrolment).await?);
    }
    Ok(places)
}

/// The inputs of many students of one cohort, of whatever state, in one statement if the plan is known.
///
/// # Errors
/// The database's own.
pub async fn inputs_of(
    conn: &Conn,
    plans: &Plans,
    (cohort, revision): (CohortId, i32),
    students: &[EnrolmentId],
) -> Result<BTreeMap<EnrolmentId, Inputs>, DbErr> {
    let plan = plans.get(conn, cohort, revision).await?;
    facts::load(conn, &plan, students).await
}

/// What became of "I have read this".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marked {
    Now,
    /// It was read already; its moment and reflection stay.
    Before,
}

/// Why a reading is not marked.
#[derive(Debug, thiserror::Error)]
pub enum MarkReadRefusal {
    /// To be answered as not found.
    #[error("no such enrolment")]
    NotEnrolled,
    #[error(transparent)]
    Refused(#[from] MarkRefusal),
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// Marks a reading of an open module as read by `user`, now. `reflection` is the field as it was typed.
///
/// Two statements, and one if the reading is required. Two more if it gives a module its moment of opening: then the student's mail
/// is planned again.
///
/// # Errors
/// [`MarkReadRefusal`].
pub async fn mark_read(
    txn: &Txn,
    plans: &Plans,
    (user, enrolment): (UserId, EnrolmentId),
    (module, reading): (ModuleId, ReadingId),
    reflection: &str,
) -> Result<Marked, MarkReadRefusal> {
    let place = access(txn, plans, user, enrolment).await?.ok_or(MarkReadRefusal::NotEnrolled)?;
    let now = txn.now();
    let Mark::Write { reflection } = model::mark(&place.inputs, module, reading, reflection, now)? else {
        return Ok(Marked::Before);
    };
    let of = place.inputs.plan.module(module).ok_or(MarkRefusal::NotInCourse)?;
    if !store::save_read(txn, enrolment, (of, reading), reflection.as_ref()).await? {
        return Ok(Marked::Before);
    }
    if of.required().any(|key| key.reading == reading) {
        count_read(txn, plans, &place).await?;
    }
    let before = moments(&place.inputs, now);
    let mut after = place.inputs;
    after.facts.read.insert((module, reading), Read { at: now, reflected: reflection.is_some() });
    if moments(&after, now) != before {
        audit::touch(txn, Touch::Enrolment(enrolment)).await?;
    }
    Ok(Marked::Now)
}

/// Keeps the count of required readings that are read. If what is required changed since `place` was looked up, all are counted anew.
async fn count_read(txn: &Txn, plans: &Plans, place: &Place) -> Result<(), DbErr> {
    let Enrolment { id, user, .. } = place.enrolment;
    if store::count_one(txn, id, place.inputs.plan.revision()).await? {
        return Ok(());
    }
    let Some(now) = access(txn, plans, user, id).await? else { return Ok(()) };
    let plan = &now.inputs.plan;
    store::recount(txn, Whose::One(id), (plan.revision(), plan.modules())).await
}

/// Counts anew what each student of a cohort has read of what these modules, its plan at `revision`, require: to be asked for in the
/// transaction that changes what is required.
///
/// # Errors
/// The database's own.
pub async fn recount(txn: &Txn, cohort: CohortId, revision: i32, modules: &[CohortModule]) -> Result<(), DbErr> {
    store::recount(txn, Whose::All(cohort), (revision, modules)).await
}

fn moments(inputs: &Inputs, now: Timestamp) -> Vec<Option<Timestamp>> {
    inputs.decide(now).iter().map(|decided| decided.access.moment()).collect()
}
