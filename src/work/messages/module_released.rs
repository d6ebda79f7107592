//! A week is open.

use super::week::{Found, Week, week};
use super::{Frame, message, render};
use crate::kernel::{PersonName, ShownTime, Timestamp};
use crate::mail::{ComposeFailure, Composed, Composer, Content, Letter};
use crate::schedule::Plans;
use crate::services::Services;

/// `emails/module_released`.
#[derive(Debug)]
pub struct ModuleReleased {
    plans: Plans,
}

impl ModuleReleased {
    /// Writes from `plans`, which many letters share: a release has one for each student.
    pub fn new(plans: Plans) -> Self {
        Self { plans }
    }
}

/// A reading's line.
struct Line {
    title: String,
    minutes: u32,
}

message!("module_released/subject.txt", "module_released/text.txt", "module_released/html.html", {
    frame: Frame,
    name: String,
    course: String,
    cohort: String,
    week: u32,
    weeks: usize,
    title: String,
    dek: String,
    link: String,
    opened: ShownTime,
    next_opens: Option<ShownTime>,
    to_read: String,
    readings: Vec<Line>,
});

impl Composer for ModuleReleased {
    const KIND: &'static str = "module_released";

    async fn compose(&self, services: &Services, letter: &Letter) -> Result<Composed, ComposeFailure> {
        let found = match week(services, &self.plans, letter).await? {
            Found::Week(found) => found,
            Found::Instead(composed) => return Ok(composed),
        };
        let (position, weeks) = found.numbers();
        let Some(module) = found.place.module_at(position) else {
            return Ok(Composed::Cancel("the cohort has no such week any more".to_owned()));
        };
        let readings = lines(&found);
        let frame = Frame::new(services);
        let values = Values {
            name: found.person.name.as_str().to_owned(),
            course: found.course.clone(),
            cohort: found.place.inputs.plan.cohort().name.clone(),
            week: position,
            weeks,
            title: module.title.clone(),
            dek: module.dek.clone(),
            link: format!("{}/learn/{}/weeks/{position}", frame.origin, found.place.enrolment.id),
            opened: found.opens(),
            next_opens: next_opens(&found, services.clocks.service()),
            to_read: amount(&readings),
            readings,
            frame,
        };
        values.send(Some(found.person.name.clone()))
    }
}

/// The week's readings in their order.
fn lines(found: &Week) -> Vec<Line> {
    let keys = found.place.module_at(found.intent.key.position()).map(|module| module.readings.as_slice()).unwrap_or_default();
    let cards = keys.iter().filter_map(|key| found.place.inputs.plan.card(key.reading));
    cards.map(|card| Line { title: card.title.clone(), minutes: card.minutes }).collect()
}

/// `4 readings, about 90 minutes`.
fn amount(readings: &[Line]) -> String {
    let minutes: u32 = readings.iter().map(|line| line.minutes).sum();
    let count = readings.len();
    format!("{count} {}, about {minutes} minutes", if count == 1 { "reading" } else { "readings" })
}

/// When the week after opens, where only time is awaited.
fn next_opens(found: &Week, now: Timestamp) -> Option<ShownTime> {
    let next = found.place.module_at(found.intent.key.position() + 1)?;
    let moment = found.place.inputs.access(next.id, now)?.moment()?;
    Some(ShownTime::new(moment, &found.person.zone))
}
