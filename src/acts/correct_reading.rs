//! Corrects a reading of the library, wherever it is read.

use std::collections::BTreeSet;

use sea_orm::DbErr;

use super::move_release::record_openings;
use crate::catalogue::{self, CohortUse};
use crate::db::Txn;
use crate::kernel::Touch;
use crate::kernel::ids::{CohortId, ReadingId};
use crate::readings::model::FieldError;
use crate::readings::{self, NewReading, Reading};
use crate::schedule::Plans;

/// What becomes of a correction that leaves students of some cohort nothing to read where they must read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenNeeded {
    /// It is refused, and says which cohorts.
    Refuse,
    /// It is made all the same: somebody has seen which cohorts.
    Correct,
}

/// Why a reading is not corrected.
#[derive(Debug, thiserror::Error)]
pub enum CorrectRefusal {
    #[error("there is no such reading")]
    NoSuchReading,
    #[error("somebody changed it meanwhile")]
    Stale,
    /// These modules require it, and it would have nothing to read.
    #[error("cohorts need it")]
    Needed(Vec<CohortUse>),
    #[error(transparent)]
    Field(#[from] FieldError),
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// Gives the reading this record, if it still is at `version`. Everybody who reads it sees the new one: the plans of all cohorts
/// that have it go to their next revision.
///
/// A correction can take away the text and the link. Modules that were open stay open: that is recorded first. Modules that wait
/// for it do not open until there is something to read again.
///
/// # Errors
/// [`CorrectRefusal`].
pub async fn correct_reading(
    txn: &Txn,
    plans: &Plans,
    (id, version): (ReadingId, i32),
    new: NewReading,
    needed: WhenNeeded,
) -> Result<Reading, CorrectRefusal> {
    // Cohorts first, then the reading: the order in which a reading is attached to one.
    let held = hold_cohorts(txn, id).await?;
    let before = readings::reading_for_update(txn, id).await?.ok_or(CorrectRefusal::NoSuchReading)?;
    let uses = catalogue::cohort_uses(txn, id).await?;
    if before.version != version || uses.iter().any(|one| !held.contains(&(one.cohort.id, one.cohort.revision))) {
        return Err(CorrectRefusal::Stale);
    }
    let after = Reading { version, ..new.named(id, before.slug.clone())? };
    if after == before {
        return Ok(before);
    }
    let mut touches = Vec::new();
    if before.is_ready() != after.is_ready() {
        touches.extend(held.iter().map(|&(cohort, _)| Touch::Cohort(cohort)));
    }
    if before.is_ready() && !after.is_ready() {
        let required: Vec<_> = uses.into_iter().filter(|one| one.required).collect();
        if needed == WhenNeeded::Refuse && !required.is_empty() {
            return Err(CorrectRefusal::Needed(required));
        }
        for &plan in &held {
            record_openings(txn, plans, plan).await?;
        }
    }
    // A plan holds what lists show of its readings: the corrected one is another plan.
    for &(cohort, _) in &held {
        catalogue::raise_revision(txn, cohort).await?;
    }
    Ok(readings::rewrite(txn, &before, after, &touches).await?)
}

/// The cohorts that the reading stands in, their rows locked, in the order of their ids.
async fn hold_cohorts(txn: &Txn, id: ReadingId) -> Result<BTreeSet<(CohortId, i32)>, DbErr> {
    let cohorts: BTreeSet<_> = catalogue::cohort_uses(txn, id).await?.into_iter().map(|one| one.cohort.id).collect();
    let mut held = BTreeSet::new();
    for cohort in cohorts {
        held.extend(catalogue::cohort_for_update(txn, cohort).await?.map(|cohort| (cohort.id, cohort.revision)));
    }
    Ok(held)
}
