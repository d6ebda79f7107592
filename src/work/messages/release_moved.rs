//! A week that was announced opens later after all.

use super::week::{Found, week};
use super::{Frame, message, render};
use crate::kernel::{PersonName, ShownTime};
use crate::mail::{ComposeFailure, Composed, Composer, Content, Letter};
use crate::schedule::Plans;
use crate::services::Services;

/// `emails/release_moved`.
#[derive(Debug)]
pub struct ReleaseMoved {
    plans: Plans,
}

impl ReleaseMoved {
    /// Writes from `plans`, which many letters share: a release has one for each student.
    pub fn new(plans: Plans) -> Self {
        Self { plans }
    }
}

message!("release_moved/subject.txt", "release_moved/text.txt", "release_moved/html.html", {
    frame: Frame,
    name: String,
    cohort: String,
    week: u32,
    weeks: usize,
    title: String,
    opens: ShownTime,
});

impl Composer for ReleaseMoved {
    const KIND: &'static str = "release_moved";

    async fn compose(&self, services: &Services, letter: &Letter) -> Result<Composed, ComposeFailure> {
        let found = match week(services, &self.plans, letter).await? {
            Found::Week(found) => found,
            Found::Instead(composed) => return Ok(composed),
        };
        let (week, weeks) = found.numbers();
        let title = found.place.module_at(week).map(|module| module.title.clone()).unwrap_or_default();
        let values = Values {
            frame: Frame::load(services, &found.snapshot).await?,
            name: found.person.name.as_str().to_owned(),
            cohort: found.place.inputs.plan.cohort().name.clone(),
            week,
            weeks,
            title,
            opens: found.opens(),
        };
        values.send(Some(found.person.name.clone()))
    }
}
