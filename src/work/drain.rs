//! Doing all that is due now, before anything else happens: for tests, and for the clock between its moments.

use std::time::Duration;

use sea_orm::DbErr;

use super::Registries;
use crate::db::rows::{jobs as job_row, mail as letter_row};
use crate::jobs::{self, lease};
use crate::mail;
use crate::services::Services;

/// More than any moment has: a job that asks for itself again at once must not hang a test.
const MOST: usize = 100_000;
/// How often to look whether other workers have finished, and how long in all.
const LOOK: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(30);

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Settled {
    pub jobs: usize,
    pub letters: usize,
}

/// Why not everything could be done.
#[derive(Debug, thiserror::Error)]
pub enum Unsettled {
    #[error("over {MOST} jobs and letters were done, and there is more: something asks for itself again")]
    Endless,
    #[error("another worker has held a job or a letter for {} seconds", PATIENCE.as_secs())]
    Busy,
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// [`settle`] with the program's own registries.
///
/// # Errors
/// [`Unsettled`].
pub async fn settle_all(services: &Services) -> Result<Settled, Unsettled> {
    settle(services, &Registries::all()).await
}

/// Runs jobs and sends letters until none is due by now, and waits for those that other workers have in hand. What failed and
/// waits to be tried again is not waited for.
///
/// # Errors
/// [`Unsettled`].
pub async fn settle(services: &Services, registries: &Registries) -> Result<Settled, Unsettled> {
    let mut settled = Settled::default();
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let left = MOST.saturating_sub(settled.jobs + settled.letters);
        let ran = jobs::run_due(services, &registries.jobs, left).await?;
        let sent = mail::send_due(services, &registries.composers, left).await?;
        settled.jobs += ran;
        settled.letters += sent;
        if settled.jobs + settled.letters >= MOST {
            return Err(Unsettled::Endless);
        }
        if ran + sent > 0 {
            continue;
        }
        if !is_anything_left(services).await? {
            return Ok(settled);
        }
        if tokio::time::Instant::now() > deadline {
            return Err(Unsettled::Busy);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// One snapshot for both: a job that another worker ends meanwhile may have left a letter that is due.
async fn is_anything_left(services: &Services) -> Result<bool, DbErr> {
    let (now, machine_now) = (services.clocks.service(), services.clocks.machine());
    let conn = services.db.snapshot().await?;
    let jobs = lease::unfinished::<job_row::Entity>(&conn, now, machine_now).await?;
    Ok(jobs + lease::unfinished::<letter_row::Entity>(&conn, now, machine_now).await? > 0)
}

/// A job or letter that ought to be done and is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// "job" or "letter".
    pub what: &'static str,
    pub kind: String,
    /// In words: pending (due now, or failed and waiting to be tried again), leased, dead, in doubt.
    pub state: &'static str,
    pub last_error: Option<String>,
}

/// What is due by now and not done, and what is dead or in doubt. A test ends with nothing of it.
///
/// # Errors
/// The database's own.
pub async fn outstanding(services: &Services) -> Result<Vec<Left>, DbErr> {
    let now = services.clocks.service();
    let conn = services.db.snapshot().await?;
    let jobs = jobs::store::left(&conn, now).await?.into_iter().map(|(kind, state, last_error)| {
        let state = match state {
            job_row::State::Pending => "pending",
            job_row::State::Leased => "leased",
            job_row::State::Dead => "dead",
        };
        Left { what: "job", kind, state, last_error }
    });
    let letters = mail::left(&conn, now).await?.into_iter().map(|(kind, state, last_error)| {
        let state = match state {
            letter_row::State::Pending => "pending",
            letter_row::State::Leased => "leased",
            letter_row::State::Dead => "dead",
            _ => "in doubt",
        };
        Left { what: "letter", kind, state, last_error }
    });
    Ok(jobs.chain(letters).collect())
}
