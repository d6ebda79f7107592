//! What the mails about a week have in common: whether they are still true, and what they tell of the week.

use crate::catalogue;
use crate::db::Snapshot;
use crate::identity::{self, Person};
use crate::kernel::ShownTime;
use crate::learning::{self, Place};
use crate::mail::{ComposeFailure, Composed, Letter};
use crate::reminders;
use crate::reminders::model::{Intent, SendDecision};
use crate::schedule::Plans;
use crate::services::Services;

use super::payload;

/// A week of a student's course, at the moment of writing.
pub(super) struct Week {
    pub person: Person,
    pub place: Place,
    pub course: String,
    pub intent: Intent,
    pub snapshot: Snapshot,
}

/// The week, or what becomes of the letter instead.
pub(super) enum Found {
    Week(Box<Week>),
    Instead(Composed),
}

/// Asks whether the mail is still true, and loads what it tells.
pub(super) async fn week(services: &Services, letter: &Letter) -> Result<Found, ComposeFailure> {
    let intent: Intent = payload(letter)?;
    let snapshot = services.db.snapshot().await?;
    let plans = Plans::default();
    match reminders::eligible(&snapshot, &plans, &intent, services.clocks.service()).await? {
        SendDecision::Send => {}
        SendDecision::Postpone(at) => return Ok(Found::Instead(Composed::Postpone(at))),
        SendDecision::Cancel(reason) => return Ok(Found::Instead(Composed::Cancel(format!("{reason:?}")))),
    }
    let gone = || Found::Instead(Composed::Cancel("the student or the course is gone".to_owned()));
    let place = learning::access(&snapshot, &plans, intent.user, intent.key.enrolment()).await?;
    let person = identity::person(&snapshot, intent.user).await?;
    let (Some(place), Some(person)) = (place, person) else { return Ok(gone()) };
    let Some(course) = catalogue::course(&snapshot, place.inputs.plan.cohort().course).await? else { return Ok(gone()) };
    Ok(Found::Week(Box::new(Week { person, place, course: course.title, intent, snapshot })))
}

impl Week {
    /// The moment of the intent, as the student's clocks show it.
    pub(super) fn opens(&self) -> ShownTime {
        ShownTime::new(self.intent.opens_at, &self.person.zone)
    }

    /// The week's number, and of how many.
    pub(super) fn numbers(&self) -> (u32, usize) {
        (self.intent.key.position(), self.place.inputs.plan.modules().len())
    }
}
