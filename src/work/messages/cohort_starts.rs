//! The first week opens within a day.

use super::nudge::{stop_link, with_one_click};
use super::week::{Found, Week, week};
use super::{Frame, message, render};
use crate::kernel::{PersonName, ShownTime, Timestamp};
use crate::mail::{ComposeFailure, Composed, Composer, Content, Letter};
use crate::schedule::Plans;
use crate::services::Services;

/// `emails/cohort_starts`.
#[derive(Debug)]
pub struct CohortStarts {
    plans: Plans,
}

impl CohortStarts {
    /// Writes from `plans`, which many letters share.
    pub fn new(plans: Plans) -> Self {
        Self { plans }
    }
}

message!("cohort_starts/subject.txt", "cohort_starts/text.txt", "cohort_starts/html.html", {
    frame: Frame,
    name: String,
    course: String,
    cohort: String,
    title: String,
    day: &'static str,
    opens: ShownTime,
    minutes: u32,
    link: String,
    stop: String,
});

impl Composer for CohortStarts {
    const KIND: &'static str = "cohort_starts";

    async fn compose(&self, services: &Services, letter: &Letter) -> Result<Composed, ComposeFailure> {
        let found = match week(services, &self.plans, letter).await? {
            Found::Week(found) => found,
            Found::Instead(composed) => return Ok(composed),
        };
        let (frame, stop) = (Frame::load(services, &found.snapshot).await?, stop_link(services, found.person.id)?);
        let plan = &found.place.inputs.plan;
        let Some(module) = found.place.module_at(found.intent.key.position()) else {
            return Ok(Composed::Cancel("the cohort has no such week any more".to_owned()));
        };
        let values = Values {
            name: found.person.name.as_str().to_owned(),
            course: found.course.clone(),
            cohort: plan.cohort().name.clone(),
            title: module.title.clone(),
            day: day(&found, services.clocks.service()),
            opens: found.opens(),
            minutes: module.required().filter_map(|key| plan.card(key.reading)).map(|card| card.minutes).sum(),
            link: format!("{}/learn/{}", frame.origin, found.place.enrolment.id),
            stop: stop.to_string(),
            frame,
        };
        Ok(with_one_click(values.send(Some(found.person.name.clone()))?, stop))
    }
}

/// The day of the opening, as the student says it at `now`.
fn day(found: &Week, now: Timestamp) -> &'static str {
    let zone = &found.person.zone;
    if zone.civil(now).date() == zone.civil(found.opens_at()).date() { "today" } else { "tomorrow" }
}
