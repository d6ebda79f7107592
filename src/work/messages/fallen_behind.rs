//! Required readings of earlier weeks are unread.

use super::nudge::{Line, amount, lines, stop_link, with_one_click};
use super::week::{Found, week};
use super::{Frame, message, render};
use crate::enrolment::EnrolmentState;
use crate::kernel::PersonName;
use crate::mail::{ComposeFailure, Composed, Composer, Content, Letter};
use crate::reminders::model::missed;
use crate::schedule::Plans;
use crate::services::Services;

/// `emails/fallen_behind`.
#[derive(Debug)]
pub struct FallenBehind {
    plans: Plans,
}

impl FallenBehind {
    /// Writes from `plans`, which many letters share.
    pub fn new(plans: Plans) -> Self {
        Self { plans }
    }
}

message!("fallen_behind/subject.txt", "fallen_behind/text.txt", "fallen_behind/html.html", {
    frame: Frame,
    name: String,
    cohort: String,
    first: u32,
    to_read: String,
    readings: Vec<Line>,
    link: String,
    stop: String,
});

impl Composer for FallenBehind {
    const KIND: &'static str = "fallen_behind";

    async fn compose(&self, services: &Services, letter: &Letter) -> Result<Composed, ComposeFailure> {
        let found = match week(services, &self.plans, letter).await? {
            Found::Week(found) => found,
            Found::Instead(composed) => return Ok(composed),
        };
        let place = &found.place;
        let EnrolmentState::Enrolled { at } = place.enrolment.state else {
            return Ok(Composed::Cancel("the enrolment has ended since".to_owned()));
        };
        let readings = lines(&found, &missed(&place.inputs, at, found.intent.key.position(), services.clocks.service()));
        let Some(first) = readings.first().map(|line| line.week) else {
            return Ok(Composed::Cancel("nothing is unread".to_owned()));
        };
        let (frame, stop) = (Frame::load(services, &found.snapshot).await?, stop_link(services, found.person.id)?);
        let values = Values {
            name: found.person.name.as_str().to_owned(),
            cohort: place.inputs.plan.cohort().name.clone(),
            first,
            to_read: amount(&readings),
            readings,
            link: format!("{}/learn/{}/weeks/{first}", frame.origin, place.enrolment.id),
            stop: stop.to_string(),
            frame,
        };
        Ok(with_one_click(values.send(Some(found.person.name.clone()))?, stop))
    }
}
