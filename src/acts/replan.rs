//! Changes a cohort's plan: a module's release, or its readings. Each change makes the plan's next revision.

use sea_orm::DbErr;

use super::move_release::{MoveRefusal, Moved, move_release, record_openings};
use crate::audit;
use crate::catalogue::model::{CatalogueEvent, Cohort, KeyChange, KeyRefusal};
use crate::db::Txn;
use crate::kernel::ids::{CohortId, ModuleId};
use crate::schedule::Plans;
use crate::schedule::model::CivilSlot;
use crate::{catalogue, learning, readings};

/// One change of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanChange {
    Release { module: ModuleId, to: CivilSlot },
    Keys { module: ModuleId, change: KeyChange },
}

/// Why a plan stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum ReplanRefusal {
    #[error("there is no such cohort")]
    NoSuchCohort,
    #[error("the cohort has no such module")]
    NoSuchModule,
    #[error("there is no such reading")]
    NoSuchReading,
    /// Somebody has changed the cohort since: it is at `revision`.
    #[error("the cohort has changed meanwhile")]
    Stale { revision: i32 },
    #[error(transparent)]
    Keys(#[from] KeyRefusal),
    #[error(transparent)]
    Db(#[from] DbErr),
}

impl From<MoveRefusal> for ReplanRefusal {
    fn from(refusal: MoveRefusal) -> Self {
        match refusal {
            MoveRefusal::NoSuchCohort => Self::NoSuchCohort,
            MoveRefusal::NoSuchModule => Self::NoSuchModule,
            MoveRefusal::Db(error) => Self::Db(error),
        }
    }
}

/// Makes `change` on the plan that its author saw, the one at revision `seen`. For whom a module is open now, it stays open:
/// that is recorded first. What students have read stays on record, also of a reading that is detached.
///
/// # Errors
/// [`ReplanRefusal`]. Of several changes made on one revision, one is made and the others are [`ReplanRefusal::Stale`].
pub async fn replan(txn: &Txn, plans: &Plans, cohort: CohortId, seen: i32, change: PlanChange) -> Result<Moved, ReplanRefusal> {
    let cohort = catalogue::cohort_for_update(txn, cohort).await?.ok_or(ReplanRefusal::NoSuchCohort)?;
    if cohort.revision != seen {
        return Err(ReplanRefusal::Stale { revision: cohort.revision });
    }
    match change {
        PlanChange::Release { module, to } => Ok(move_release(txn, plans, cohort.id, module, to).await?),
        PlanChange::Keys { module, change } => rekey(txn, plans, &cohort, module, &change).await,
    }
}

async fn rekey(txn: &Txn, plans: &Plans, cohort: &Cohort, module: ModuleId, change: &KeyChange) -> Result<Moved, ReplanRefusal> {
    let plan = plans.get(txn, cohort.id, cohort.revision).await?;
    let before = &plan.module(module).ok_or(ReplanRefusal::NoSuchModule)?.readings;
    let after = change.applied(before)?;
    if after == *before {
        return Ok(Moved::Unchanged);
    }
    if let KeyChange::Attach { reading, .. } = change
        && readings::cards(txn, &[*reading]).await?.is_empty()
    {
        return Err(ReplanRefusal::NoSuchReading);
    }
    record_openings(txn, plans, (cohort.id, cohort.revision)).await?;
    catalogue::set_keys(txn, module, &after).await?;
    catalogue::raise_revision(txn, cohort.id).await?;
    let mut modules = plan.modules().to_vec();
    for rekeyed in modules.iter_mut().filter(|of| of.id == module) {
        rekeyed.readings.clone_from(&after);
    }
    learning::recount(txn, cohort.id, cohort.revision + 1, &modules).await?;
    audit::record(txn, &CatalogueEvent::KeysChanged { cohort, module, before, after: &after }).await?;
    Ok(Moved::To { revision: cohort.revision + 1 })
}
