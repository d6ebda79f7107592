//! Moves a module's release for a whole cohort.

use sea_orm::DbErr;

use crate::audit;
use crate::db::Txn;
use crate::enrolment::EnrolmentState;
use crate::kernel::ids::{CohortId, EnrolmentId, ModuleId};
use crate::schedule::model::{CivilSlot, ItemKind, ScheduleEvent, ScheduleItem};
use crate::schedule::{self, Plans};
use crate::{catalogue, enrolment, learning};

/// How many students' openings are worked out at a time.
const BATCH: usize = 200;

/// What a move came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    /// The cohort's plan is at this revision now.
    To { revision: i32 },
    /// The release was at that time already.
    Unchanged,
}

/// Why a release does not move.
#[derive(Debug, thiserror::Error)]
pub enum MoveRefusal {
    #[error("there is no such cohort")]
    NoSuchCohort,
    #[error("the cohort has no such module")]
    NoSuchModule,
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// Moves the release of `module` to `to`, earlier or later, and its due moment by as much: there is as long for it as before. For whom a module is open now, it stays open: that is recorded first.
///
/// # Errors
/// [`MoveRefusal`].
pub async fn move_release(
    txn: &Txn,
    plans: &Plans,
    cohort: CohortId,
    module: ModuleId,
    to: CivilSlot,
) -> Result<Moved, MoveRefusal> {
    let cohort = catalogue::cohort_for_update(txn, cohort).await?.ok_or(MoveRefusal::NoSuchCohort)?;
    let plan = plans.get(txn, cohort.id, cohort.revision).await?;
    let planned = plan.planned().find(|planned| planned.module.id == module).ok_or(MoveRefusal::NoSuchModule)?;
    let (from, due) = (planned.release, planned.due);
    if from == to {
        return Ok(Moved::Unchanged);
    }
    record_openings(txn, plans, (cohort.id, cohort.revision)).await?;
    schedule::set_slot(txn, ScheduleItem { module, kind: ItemKind::Release, slot: to }).await?;
    let due = due.map(|due| (due, due.moved(from, to)));
    if let Some((_, slot)) = due {
        schedule::set_slot(txn, ScheduleItem { module, kind: ItemKind::Due, slot }).await?;
    }
    catalogue::raise_revision(txn, cohort.id).await?;
    let revision = cohort.revision + 1;
    audit::record(txn, &ScheduleEvent::ReleaseMoved { cohort: cohort.id, module, from, to, due, revision }).await?;
    Ok(Moved::To { revision })
}

/// Records what is open now for every student of the cohort: a module that a change would close stays open.
pub(super) async fn record_openings(txn: &Txn, plans: &Plans, plan: (CohortId, i32)) -> Result<(), DbErr> {
    let enrolled = enrolment::of_cohort(txn, plan.0).await?;
    let students: Vec<EnrolmentId> = enrolled
        .iter()
        .filter(|enrolment| matches!(enrolment.state, EnrolmentState::Enrolled { .. }))
        .map(|enrolment| enrolment.id)
        .collect();
    for students in students.chunks(BATCH) {
        let inputs = learning::inputs_of(txn, plans, plan, students).await?;
        let opened: Vec<_> = inputs
            .iter()
            .flat_map(|(&student, inputs)| inputs.openings_to_record(txn.now()).into_iter().map(move |opened| (student, opened)))
            .collect();
        schedule::record_openings(txn, &opened).await?;
    }
    Ok(())
}
