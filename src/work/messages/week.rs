//! What the mails about a week have in common: whether they are still true, and what they tell of the week.

use crate::db::Snapshot;
use crate::identity::{self, Person};
use crate::kernel::{ShownTime, Timestamp};
use crate::learning::{self, Place};
use crate::mail::{ComposeFailure, Composed, Letter};
use crate::reminders;
use crate::reminders::model::{Intent, SendDecision};
use crate::schedule::Plans;
use crate::schedule::model::Inputs;
use crate::services::Services;

use super::payload;

/// A week of a student's course, at the moment of writing.
pub(super) struct Week {
    pub person: Person,
    pub place: Place,
    pub course: String,
    pub intent: Intent,
    /// When it opens or opened, as decided at the moment of writing: the intent's may be out of date.
    opens_at: Timestamp,
    pub snapshot: Snapshot,
}

/// The week, or what becomes of the letter instead.
pub(super) enum Found {
    Week(Box<Week>),
    Instead(Composed),
}

/// Asks whether the mail is still true, and loads what it tells.
pub(super) async fn week(services: &Services, plans: &Plans, letter: &Letter) -> Result<Found, ComposeFailure> {
    let intent: Intent = payload(letter)?;
    let snapshot = services.db.snapshot().await?;
    let now = services.clocks.service();
    match reminders::eligible(&snapshot, plans, &intent, now).await? {
        SendDecision::Send => {}
        SendDecision::Postpone(at) => return Ok(Found::Instead(Composed::Postpone(at))),
        SendDecision::Cancel(reason) => return Ok(Found::Instead(Composed::Cancel(format!("{reason:?}")))),
        SendDecision::Suppress(_) => return Ok(Found::Instead(Composed::Suppress(reminders::TURNED_OFF.to_owned()))),
    }
    let gone = || Found::Instead(Composed::Cancel("the student or the course is gone".to_owned()));
    let place = learning::access(&snapshot, plans, intent.user, intent.key.enrolment()).await?;
    let person = identity::person(&snapshot, intent.user).await?;
    let (Some(place), Some(person)) = (place, person) else { return Ok(gone()) };
    let course = place.inputs.plan.cohort().course_title.clone();
    // A week that waits for work has no moment; the mail that it has been waiting tells none.
    let opens_at = moment(&place.inputs, intent.key.position(), now).unwrap_or(intent.opens_at);
    Ok(Found::Week(Box::new(Week { person, place, course, intent, opens_at, snapshot })))
}

/// The moment that the week at `position` opened or will open, as decided at `now`.
fn moment(inputs: &Inputs, position: u32, now: Timestamp) -> Option<Timestamp> {
    inputs.decide(now).into_iter().find(|decided| decided.position == position)?.access.moment()
}

impl Week {
    /// When it opens or opened, as the student's clocks show it.
    pub(super) fn opens(&self) -> ShownTime {
        ShownTime::new(self.opens_at, &self.person.zone)
    }

    /// As [`Self::opens`], the instant.
    pub(super) fn opens_at(&self) -> Timestamp {
        self.opens_at
    }

    /// The week's number, and of how many.
    pub(super) fn numbers(&self) -> (u32, usize) {
        (self.intent.key.position(), self.place.inputs.plan.modules().len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reminders::model::testing::recipient;
    use crate::reminders::model::{plan, still_true};
    use crate::schedule::model::testing::{Sample, at, override_of};

    #[test]
    fn a_letter_in_flight_tells_the_moment_that_holds_and_not_the_planned_one() {
        let mut inputs = Sample::default().inputs();
        let recipient = recipient(at("2027-01-01T00:00:00Z"));
        let intent = plan(&inputs, &recipient, at("2027-01-02T00:00:00Z"))[0];
        inputs.overrides.push(override_of(1, None, "2027-01-03T09:00", "2027-01-02T00:00:00Z"));
        let (now, moved) = (intent.due_at, at("2027-01-03T03:30:00Z"));
        assert_eq!(still_true(&intent, &inputs, &recipient, now), SendDecision::Send);
        assert_ne!(intent.opens_at, moved);
        assert_eq!(moment(&inputs, 1, now), Some(moved));
    }
}
