//! Gives one student more time for a week; nobody else's dates change.

use sea_orm::DbErr;
use serde_json::json;

use crate::audit;
use crate::db::Txn;
use crate::kernel::ids::{EnrolmentId, OverrideId};
use crate::kernel::time::SignedDuration;
use crate::mail::{self, Post};
use crate::schedule::model::{Access, Dates, Inputs, Override, ScheduleEvent, dates};
use crate::schedule::{self, Plans};
use crate::{enrolment, identity, learning};

/// The most days that one extension gives: the length of the course.
pub const MOST_DAYS: u32 = 42;

/// What is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    pub enrolment: EnrolmentId,
    /// The week, from 1.
    pub position: u32,
    /// 1 to [`MOST_DAYS`].
    pub days: u32,
    pub reason: String,
}

/// What an extension comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extended {
    pub before: Dates,
    pub after: Dates,
    /// The week is open for them now, and stays so: only the moment by which it is to be done moves.
    pub stays_open: bool,
}

/// Why nothing is extended.
#[derive(Debug, thiserror::Error)]
pub enum ExtendRefusal {
    #[error("the student is not enrolled")]
    NotEnrolled,
    #[error("the cohort has no such week")]
    NoSuchWeek,
    #[error("the week is open and has no date by which it is to be done")]
    NothingToMove,
    #[error("more days than one extension may give")]
    TooLong,
    #[error(transparent)]
    Db(#[from] DbErr),
}

impl Extension {
    /// The dates that it gives to who has these inputs.
    ///
    /// # Errors
    /// [`ExtendRefusal`], but for `NotEnrolled` and the database's.
    pub fn of(&self, inputs: &Inputs, now: crate::kernel::Timestamp) -> Result<Extended, ExtendRefusal> {
        if self.days == 0 || self.days > MOST_DAYS {
            return Err(ExtendRefusal::TooLong);
        }
        let (place, module) = inputs
            .plan
            .modules()
            .iter()
            .enumerate()
            .find(|(_, module)| module.position == self.position)
            .ok_or(ExtendRefusal::NoSuchWeek)?;
        let stays_open = inputs.access(module.id, now).as_ref().is_some_and(Access::is_open);
        let before = *dates(&inputs.plan, &inputs.overrides, self.enrolment).get(place).ok_or(ExtendRefusal::NoSuchWeek)?;
        if stays_open && before.due_at.is_none() {
            return Err(ExtendRefusal::NothingToMove);
        }
        let mut overrides = inputs.overrides.clone();
        overrides.push(self.change(inputs, OverrideId(uuid::Uuid::max()), before, now)?);
        let after = *dates(&inputs.plan, &overrides, self.enrolment).get(place).ok_or(ExtendRefusal::NoSuchWeek)?;
        Ok(Extended { before, after, stays_open })
    }

    fn change(
        &self,
        inputs: &Inputs,
        id: OverrideId,
        before: Dates,
        now: crate::kernel::Timestamp,
    ) -> Result<Override, ExtendRefusal> {
        let module = inputs.plan.modules().iter().find(|module| module.position == self.position);
        Ok(Override {
            id,
            cohort: inputs.plan.cohort().id,
            enrolment: Some(self.enrolment),
            module: module.ok_or(ExtendRefusal::NoSuchWeek)?.id,
            opens_at: before.opens_civil.saturating_add(SignedDuration::from_hours(24 * i64::from(self.days))),
            reason: self.reason.clone(),
            created_by: None,
            created_at: now,
        })
    }
}

/// Gives a student so many days more for a week: its release is that much later for them, unless it is open already, and so is
/// the moment by which it is to be done. What was open stays open: that is recorded first. The student is told by mail.
///
/// # Errors
/// [`ExtendRefusal`].
pub async fn extend(txn: &Txn, plans: &Plans, extension: &Extension) -> Result<Extended, ExtendRefusal> {
    let id = extension.enrolment;
    let student = enrolment::enrolment_for_update(txn, id).await?.ok_or(ExtendRefusal::NotEnrolled)?;
    let place = learning::access(txn, plans, student.user, id).await?.ok_or(ExtendRefusal::NotEnrolled)?;
    let extended = extension.of(&place.inputs, txn.now())?;
    let opened: Vec<_> = place.inputs.openings_to_record(txn.now()).into_iter().map(|opened| (id, opened)).collect();
    schedule::record_openings(txn, &opened).await?;
    let mut change = extension.change(&place.inputs, txn.new_id(), extended.before, txn.now())?;
    change.created_by = txn.actor().user();
    schedule::insert_override(txn, &change).await?;
    let (key, before) = (change.id, extended.before.opens_civil);
    audit::record(txn, &ScheduleEvent::Extended { change, before }).await?;
    let person = identity::person(txn, student.user).await?.ok_or(ExtendRefusal::NotEnrolled)?;
    let payload = json!({ "enrolment": id, "position": extension.position });
    let letter = Post::transactional("dates_extended", key, (person.id, person.email), payload, txn.now());
    mail::post(txn, letter).await?;
    Ok(extended)
}
