//! Required readings of a week are unread, and the next week comes in two days.

use super::nudge::{Line, amount, lines, stop_link, with_one_click};
use super::week::{Found, Week, week};
use super::{Frame, message, render};
use crate::kernel::{PersonName, ShownTime, Timestamp};
use crate::mail::{ComposeFailure, Composed, Composer, Content, Letter};
use crate::reminders::model::unread;
use crate::schedule::Plans;
use crate::schedule::model::{Access, LockReason};
use crate::services::Services;

/// `emails/readings_unread`.
#[derive(Debug)]
pub struct ReadingsUnread {
    plans: Plans,
}

impl ReadingsUnread {
    /// Writes from `plans`, which many letters share.
    pub fn new(plans: Plans) -> Self {
        Self { plans }
    }
}

message!("readings_unread/subject.txt", "readings_unread/text.txt", "readings_unread/html.html", {
    frame: Frame,
    name: String,
    cohort: String,
    week: u32,
    weeks: usize,
    title: String,
    to_read: String,
    readings: Vec<Line>,
    next: ShownTime,
    next_does: &'static str,
    link: String,
    stop: String,
});

impl Composer for ReadingsUnread {
    const KIND: &'static str = "readings_unread";

    async fn compose(&self, services: &Services, letter: &Letter) -> Result<Composed, ComposeFailure> {
        let found = match week(services, &self.plans, letter).await? {
            Found::Week(found) => found,
            Found::Instead(composed) => return Ok(composed),
        };
        let now = services.clocks.service();
        let (week, weeks) = found.numbers();
        let (Some(module), Some((next, next_does))) = (found.place.module_at(week), next(&found, now)) else {
            return Ok(Composed::Cancel("the cohort has no such week any more".to_owned()));
        };
        let (frame, stop) = (Frame::load(services, &found.snapshot).await?, stop_link(services, found.person.id)?);
        let readings = lines(&found, &unread(&found.place.inputs, module.id, now));
        let values = Values {
            name: found.person.name.as_str().to_owned(),
            cohort: found.place.inputs.plan.cohort().name.clone(),
            week,
            weeks,
            title: module.title.clone(),
            to_read: amount(&readings),
            readings,
            next,
            next_does,
            link: format!("{}/learn/{}/weeks/{week}", frame.origin, found.place.enrolment.id),
            stop: stop.to_string(),
            frame,
        };
        Ok(with_one_click(values.send(Some(found.person.name.clone()))?, stop))
    }
}

/// When the turn of the week after comes, and what it does then, as far as can be promised.
fn next(found: &Week, now: Timestamp) -> Option<(ShownTime, &'static str)> {
    let next = found.place.module_at(found.intent.key.position() + 1)?;
    let (moment, does) = match found.place.inputs.access(next.id, now)? {
        Access::Open { since } => (since, "opens"),
        Access::Locked { opens_at: Some(moment), .. } => (moment, "opens"),
        Access::Locked { why, scheduled_for, .. } if why.iter().any(|why| matches!(why, LockReason::Awaits(_))) => {
            (scheduled_for, "opens, once the readings before it are read,")
        }
        Access::Locked { scheduled_for, .. } => (scheduled_for, "is planned to open"),
    };
    Some((ShownTime::new(moment, &found.person.zone), does))
}
