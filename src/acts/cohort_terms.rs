//! What of a cohort changes after its opening, beside its plan: whether the public knows it, its seats, prices, window and
//! teachers. Each change raises the revision, for a plan holds its cohort as it is.

use std::collections::BTreeSet;

use sea_orm::DbErr;

use super::open_cohort::no_teacher;
use crate::audit;
use crate::catalogue::model::{CatalogueEvent, Cohort, EnrolmentWindow, Prices};
use crate::db::Txn;
use crate::kernel::ids::{CohortId, UserId};
use crate::{catalogue, enrolment};

/// Whether the public knows a cohort.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Publication {
    Public,
    StaffOnly,
}

/// The terms that a cohort is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    pub capacity: u32,
    pub prices: Prices,
    pub window: EnrolmentWindow,
    /// Who teaches it: instructors or admins.
    pub instructors: Vec<UserId>,
}

/// Why a cohort stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum TermsRefusal {
    #[error("there is no such cohort")]
    NoSuchCohort,
    /// Somebody has changed the cohort since.
    #[error("the cohort has changed meanwhile")]
    Stale { revision: i32 },
    /// It cannot be hidden from those who have a seat.
    #[error("{taken} seats are taken")]
    SeatsTaken { taken: u32 },
    /// Enrolment has closed: the public could only look.
    #[error("its enrolment has closed")]
    WindowOver,
    #[error("{taken} seats are taken already")]
    CapacityBelowTaken { taken: u32 },
    #[error("not an instructor: {0}")]
    NotAnInstructor(UserId),
    /// Whoever holds or bought a seat was promised their money back until so many days after the start.
    #[error("refunds are promised until {days} days after the start")]
    RefundPromised { days: u16 },
    #[error(transparent)]
    Db(#[from] DbErr),
}

pub(super) async fn seen_cohort(txn: &Txn, cohort: CohortId, seen: i32) -> Result<Cohort, TermsRefusal> {
    let cohort = catalogue::cohort_for_update(txn, cohort).await?.ok_or(TermsRefusal::NoSuchCohort)?;
    if cohort.revision == seen { Ok(cohort) } else { Err(TermsRefusal::Stale { revision: cohort.revision }) }
}

/// Shows the cohort, as it was seen at revision `seen`, to the public, or takes it back while nobody has a seat.
///
/// # Errors
/// [`TermsRefusal`].
pub async fn set_publication(txn: &Txn, cohort: CohortId, seen: i32, to: Publication) -> Result<Cohort, TermsRefusal> {
    let before = seen_cohort(txn, cohort, seen).await?;
    let published_at = match (to, before.published_at) {
        (Publication::Public, Some(_)) | (Publication::StaffOnly, None) => return Ok(before),
        (Publication::Public, None) if before.window.closes() <= txn.now() => return Err(TermsRefusal::WindowOver),
        (Publication::Public, None) => Some(txn.now()),
        (Publication::StaffOnly, Some(_)) => match enrolment::seats_taken(txn, cohort).await? {
            0 => None,
            taken => return Err(TermsRefusal::SeatsTaken { taken }),
        },
    };
    let after = Cohort { published_at, revision: before.revision + 1, ..before.clone() };
    catalogue::save_cohort(txn, &after).await?;
    audit::record(txn, &CatalogueEvent::PublicationChanged { before: &before, after: &after }).await?;
    Ok(after)
}

/// Gives the cohort, as it was seen at revision `seen`, these terms. New prices are for new orders: each order keeps its quote.
///
/// # Errors
/// [`TermsRefusal`].
pub async fn change_terms(txn: &Txn, cohort: CohortId, seen: i32, terms: Terms) -> Result<Cohort, TermsRefusal> {
    let before = seen_cohort(txn, cohort, seen).await?;
    let taken = enrolment::seats_taken(txn, cohort).await?;
    if terms.capacity < taken {
        return Err(TermsRefusal::CapacityBelowTaken { taken });
    }
    let had: BTreeSet<_> = catalogue::instructors(txn, cohort).await?.into_iter().collect();
    let wanted: BTreeSet<_> = terms.instructors.iter().copied().collect();
    let new: BTreeSet<_> = wanted.difference(&had).copied().collect();
    if let Some(user) = no_teacher(txn, &new).await? {
        return Err(TermsRefusal::NotAnInstructor(user));
    }
    let Terms { capacity, prices, window, .. } = terms;
    let same = Cohort { capacity, prices, window, ..before.clone() };
    if same == before && had == wanted {
        return Ok(before);
    }
    let after = Cohort { revision: before.revision + 1, ..same };
    let (had, wanted): (Vec<_>, Vec<_>) = (had.into_iter().collect(), wanted.into_iter().collect());
    catalogue::save_cohort(txn, &after).await?;
    catalogue::set_instructors(txn, cohort, &wanted).await?;
    audit::record(txn, &CatalogueEvent::TermsChanged { before: (&before, &had), after: (&after, &wanted) }).await?;
    // More seats are offered at once to those who wait, and an end that has passed lets them go.
    enrolment::pass_on(txn, cohort).await?;
    Ok(after)
}
