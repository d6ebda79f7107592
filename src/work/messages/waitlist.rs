//! What the mails of a waitlist have in common: whose wait it is, and for which cohort.

use serde::Deserialize;

use super::{Frame, payload};
use crate::catalogue::model::Cohort;
use crate::db::Snapshot;
use crate::enrolment::Wait;
use crate::identity::Person;
use crate::kernel::ids::WaitId;
use crate::mail::{ComposeFailure, Letter};
use crate::services::Services;
use crate::{catalogue, enrolment, identity};

/// What a change of a waitlist posts.
#[derive(Debug, Deserialize)]
struct Payload {
    wait: WaitId,
}

/// A wait as it stands when its mail is written.
pub(super) struct Found {
    pub snapshot: Snapshot,
    pub wait: Wait,
    pub person: Person,
    pub cohort: Cohort,
    pub frame: Frame,
}

/// The wait that a letter is about; none if there is nobody to write to.
pub(super) async fn find(services: &Services, letter: &Letter) -> Result<Option<Found>, ComposeFailure> {
    let Payload { wait } = payload(letter)?;
    let snapshot = services.db.snapshot().await?;
    let Some(wait) = enrolment::wait(&snapshot, wait).await? else { return Ok(None) };
    let Some(person) = identity::person(&snapshot, wait.user).await? else { return Ok(None) };
    let Some(cohort) = catalogue::cohort(&snapshot, wait.cohort).await? else { return Ok(None) };
    let frame = Frame::load(services, &snapshot).await?;
    Ok(Some(Found { snapshot, wait, person, cohort, frame }))
}
