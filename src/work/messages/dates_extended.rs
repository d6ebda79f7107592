//! One student's dates of a week have changed.

use serde::Deserialize;

use super::{Frame, message, payload, render};
use crate::kernel::ids::EnrolmentId;
use crate::kernel::{PersonName, ShownTime};
use crate::learning;
use crate::mail::{ComposeFailure, Composed, Composer, Content, Letter};
use crate::schedule::Plans;
use crate::schedule::model::{Access, dates};
use crate::services::Services;
use crate::{enrolment, identity};

/// `emails/dates_extended`.
#[derive(Debug)]
pub struct DatesExtended {
    plans: Plans,
}

impl DatesExtended {
    /// Writes from `plans`.
    pub fn new(plans: Plans) -> Self {
        Self { plans }
    }
}

/// What an extension posts.
#[derive(Debug, Deserialize)]
struct Payload {
    enrolment: EnrolmentId,
    /// The week, from 1.
    position: u32,
}

message!("dates_extended/subject.txt", "dates_extended/text.txt", "dates_extended/html.html", {
    frame: Frame,
    name: String,
    cohort: String,
    week: u32,
    weeks: usize,
    title: String,
    opens: Option<ShownTime>,
    due: Option<ShownTime>,
});

impl Composer for DatesExtended {
    const KIND: &'static str = "dates_extended";

    async fn compose(&self, services: &Services, letter: &Letter) -> Result<Composed, ComposeFailure> {
        let Payload { enrolment: id, position: week } = payload(letter)?;
        let snapshot = services.db.snapshot().await?;
        let gone = || Ok(Composed::Cancel("the enrolment has ended since".to_owned()));
        let Some(enrolment) = enrolment::enrolment(&snapshot, id).await? else { return gone() };
        let Some(person) = identity::person(&snapshot, enrolment.user).await? else { return gone() };
        let Some(place) = learning::access(&snapshot, &self.plans, person.id, id).await? else { return gone() };
        let plan = &place.inputs.plan;
        let all = dates(plan, &place.inputs.overrides, id);
        let found = plan.modules().iter().zip(all).find(|(module, _)| module.position == week);
        let Some((module, dates)) = found else { return gone() };
        let open = place.inputs.access(module.id, services.clocks.service()).as_ref().is_some_and(Access::is_open);
        let shown = |at| ShownTime::new(at, &person.zone);
        let values = Values {
            frame: Frame::load(services, &snapshot).await?,
            name: person.name.as_str().to_owned(),
            cohort: plan.cohort().name.clone(),
            week,
            weeks: plan.modules().len(),
            title: module.title.clone(),
            opens: (!open).then(|| shown(dates.opens_at)),
            due: dates.due_at.map(shown),
        };
        values.send(Some(person.name.clone()))
    }
}
