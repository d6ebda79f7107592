//! What the schedule does later: it tells a cohort's instructors, while there is time, of a week that will not open.

use sea_orm::DbErr;
use serde::{Deserialize, Serialize};

use super::{Plans, Short, short_of_readings};
use crate::db::{Conn, Txn};
use crate::jobs::{Job, JobFailure, Periodic};
use crate::kernel::ids::{CohortId, ModuleId, UserId};
use crate::kernel::time::{SignedDuration, shifted};
use crate::kernel::{Actor, Component, EmailAddress, Timestamp};
use crate::mail::{self, Class, Post};
use crate::services::Services;
use crate::{catalogue, identity};

/// So long before its release the instructors are told.
pub const NOTICE: SignedDuration = SignedDuration::from_hours(3 * 24);
/// The message: its folder in `emails/`.
pub const READINGS_NOT_READY: &str = "readings_not_ready";

/// What the letter carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotReadyLetter {
    pub cohort: CohortId,
    pub module: ModuleId,
    pub user: UserId,
}

/// Looks for weeks that are released within [`NOTICE`] and will not open. Each instructor gets one mail for each such week, ever.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct WarnOfReadings;

impl Job for WarnOfReadings {
    const KIND: &'static str = "schedule.warn_of_readings";

    async fn run(self, services: &Services) -> Result<(), JobFailure> {
        let letters = due(&*services.db.snapshot().await?, services.clocks.service()).await?;
        if letters.is_empty() {
            return Ok(());
        }
        Ok(services.db.write(Actor::System(Component::Worker), async |txn| post_all(txn, letters).await).await?)
    }
}

impl Periodic for WarnOfReadings {
    const EVERY: SignedDuration = SignedDuration::from_hours(1);
}

/// Does the job's work at once, for when nobody else writes.
///
/// # Errors
/// The database's own.
pub async fn warn_of_readings(txn: &Txn) -> Result<(), DbErr> {
    post_all(txn, due(txn, txn.now()).await?).await
}

async fn due(conn: &Conn, now: Timestamp) -> Result<Vec<Addressed>, DbErr> {
    let mut letters = Vec::new();
    for short in short_of_readings(conn, &Plans::default(), now).await? {
        if is_due(&short, now) {
            letters.extend(letters_of(conn, &short).await?);
        }
    }
    Ok(letters)
}

async fn post_all(txn: &Txn, letters: Vec<Addressed>) -> Result<(), DbErr> {
    for (letter, address, not_after) in letters {
        mail::post(txn, post(letter, address, not_after, txn.now())?).await?;
    }
    Ok(())
}

fn is_due(short: &Short, now: Timestamp) -> bool {
    now < short.release && short.release <= shifted(now, NOTICE)
}

type Addressed = (NotReadyLetter, EmailAddress, Timestamp);

async fn letters_of(conn: &Conn, short: &Short) -> Result<Vec<Addressed>, DbErr> {
    let mut letters = Vec::new();
    for user in catalogue::instructors(conn, short.cohort.id).await? {
        // Who left the staff is still on the cohort's list.
        if let Some(person) = identity::person(conn, user).await?.filter(|person| person.role.is_staff()) {
            let letter = NotReadyLetter { cohort: short.cohort.id, module: short.module, user };
            letters.push((letter, person.email, short.release));
        }
    }
    Ok(letters)
}

fn post(letter: NotReadyLetter, recipient: EmailAddress, not_after: Timestamp, due_at: Timestamp) -> Result<Post, DbErr> {
    Ok(Post {
        dedupe_key: format!("{READINGS_NOT_READY}:{}:{}", letter.module, letter.user),
        kind: READINGS_NOT_READY,
        class: Class::Reminder,
        user: Some(letter.user),
        recipient,
        payload: serde_json::to_value(letter).map_err(|error| DbErr::Json(error.to_string()))?,
        due_at,
        not_after: Some(not_after),
        priority: 5,
    })
}
