//! Moving service time forward, in development and tests: due moment by due moment, so that six weeks pass as six weeks.

use sea_orm::DbErr;
use tokio::sync::Mutex;

use super::drain::{Settled, Unsettled, settle};
pub use super::registry::Registries;
use crate::config::Profile;
use crate::jobs::clock::{self, MoveRefusal};
use crate::jobs::{self, Upcoming};
use crate::kernel::Timestamp;
use crate::mail;
use crate::services::Services;

/// How far to move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// To the next moment at which a job or a letter is due; nowhere if there is none.
    NextDue,
    At(Timestamp),
}

/// What a movement did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Service time before.
    pub from: Timestamp,
    /// The due moments stopped at, in order.
    pub moments: Vec<Timestamp>,
    pub done: Settled,
}

/// Why service time was not moved, or not all the way.
#[derive(Debug, thiserror::Error)]
pub enum AdvanceError {
    #[error("service time is not moved where real students are")]
    Production,
    #[error(transparent)]
    Refused(#[from] MoveRefusal),
    #[error(transparent)]
    Unsettled(#[from] Unsettled),
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// One movement at a time: two would do each other's moments out of order.
static MOVING: Mutex<()> = Mutex::const_new(());

/// Moves service time to `to`, stopping at each moment at which a job or a letter is due, and doing all of it before going on.
/// What was due already is done first, and what becomes due on the way is stopped at too. Periodic jobs are no moments to stop
/// at; those that are due run at each stop.
///
/// # Errors
/// [`AdvanceError`]; the moments before it have happened.
pub async fn advance(services: &Services, registries: &Registries, to: Target) -> Result<Moved, AdvanceError> {
    if services.settings.profile == Profile::Production {
        return Err(AdvanceError::Production);
    }
    let _moving = MOVING.lock().await;
    let from = services.clocks.service();
    if let Target::At(at) = to
        && at < from
    {
        return Err(MoveRefusal::Backwards { now: from }.into());
    }
    let mut moved = Moved { from, moments: Vec::new(), done: settle(services, registries).await? };
    while let Some(next) = next_due(services, registries).await? {
        if matches!(to, Target::At(at) if at < next) {
            break;
        }
        stop_at(services, registries, next, &mut moved).await?;
        moved.moments.push(next);
        if to == Target::NextDue {
            return Ok(moved);
        }
    }
    if let Target::At(at) = to {
        stop_at(services, registries, at, &mut moved).await?;
    }
    Ok(moved)
}

async fn stop_at(services: &Services, registries: &Registries, at: Timestamp, moved: &mut Moved) -> Result<(), AdvanceError> {
    match clock::set(&services.db, at).await {
        // On a clock that runs, the moment may have come by itself.
        Ok(()) | Err(MoveRefusal::Backwards { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let done = settle(services, registries).await?;
    moved.done.jobs += done.jobs;
    moved.done.letters += done.letters;
    Ok(())
}

async fn next_due(services: &Services, registries: &Registries) -> Result<Option<Timestamp>, DbErr> {
    Ok(upcoming(services, registries, 1).await?.first().map(|next| next.at))
}

/// The next moments of service time at which something is due, with what and how often: at most `limit` rows.
///
/// # Errors
/// The database's own.
pub async fn upcoming(services: &Services, registries: &Registries, limit: u64) -> Result<Vec<Upcoming>, DbErr> {
    let now = services.clocks.service();
    let periodic: Vec<&str> = registries.jobs.periodic_kinds().collect();
    let conn = services.db.snapshot().await?;
    let mut upcoming = jobs::store::upcoming(&conn, now, &periodic, limit).await?;
    upcoming.extend(mail::upcoming(&conn, now, limit).await?);
    upcoming.sort_by(|a, b| (a.at, &a.kind).cmp(&(b.at, &b.kind)));
    upcoming.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(upcoming)
}
