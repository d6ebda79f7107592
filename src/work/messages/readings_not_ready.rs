//! A week will not open at its time, because readings that it requires cannot be read.

use super::{Frame, message, payload, render};
use crate::kernel::{PersonName, ShownTime};
use crate::mail::{ComposeFailure, Composed, Composer, Content, Letter};
use crate::schedule::jobs::{NotReadyLetter, READINGS_NOT_READY};
use crate::schedule::{Plans, short_of_readings};
use crate::services::Services;
use crate::{catalogue, identity, readings};

/// `emails/readings_not_ready`.
#[derive(Debug)]
pub struct ReadingsNotReady {
    plans: Plans,
}

impl ReadingsNotReady {
    /// Writes from `plans`, which many letters share.
    pub fn new(plans: Plans) -> Self {
        Self { plans }
    }
}

message!("readings_not_ready/subject.txt", "readings_not_ready/text.txt", "readings_not_ready/html.html", {
    frame: Frame,
    name: String,
    cohort: String,
    week: u32,
    title: String,
    opens: ShownTime,
    missing: Vec<String>,
    link: String,
});

impl Composer for ReadingsNotReady {
    const KIND: &'static str = READINGS_NOT_READY;

    async fn compose(&self, services: &Services, letter: &Letter) -> Result<Composed, ComposeFailure> {
        let NotReadyLetter { cohort, module, user } = payload(letter)?;
        let snapshot = services.db.snapshot().await?;
        let short = short_of_readings(&snapshot, &self.plans, services.clocks.service()).await?;
        let Some(short) = short.into_iter().find(|short| short.module == module) else {
            return Ok(Composed::Cancel("the week is no longer short of readings".to_owned()));
        };
        let teaches = catalogue::instructors(&snapshot, cohort).await?.contains(&user);
        let Some(person) = identity::person(&snapshot, user).await?.filter(|person| teaches && person.role.is_staff()) else {
            return Ok(Composed::Cancel("the reader no longer teaches the cohort".to_owned()));
        };
        let missing = readings::cards(&snapshot, &short.missing).await?.into_iter().map(|card| card.title).collect();
        let frame = Frame::load(services, &snapshot).await?;
        let values = Values {
            name: person.name.as_str().to_owned(),
            cohort: short.cohort.name,
            week: short.position,
            title: short.title,
            opens: ShownTime::new(short.release, &person.zone),
            missing,
            link: format!("{}/staff/cohorts/{}/board/weeks/{}", frame.origin, short.cohort.slug, short.position),
            frame,
        };
        values.send(Some(person.name.clone()))
    }
}
