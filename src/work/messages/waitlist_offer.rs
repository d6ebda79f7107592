//! A seat is kept for somebody who waited.

use super::{Frame, message, render, waitlist};
use crate::enrolment::WaitState;
use crate::kernel::shown::long_date;
use crate::kernel::{PersonName, ShownTime};
use crate::mail::{ComposeFailure, Composed, Composer, Content, Letter};
use crate::services::Services;

/// `emails/waitlist_offer`.
#[derive(Debug)]
pub struct WaitlistOffer;

message!("waitlist_offer/subject.txt", "waitlist_offer/text.txt", "waitlist_offer/html.html", {
    frame: Frame,
    name: String,
    course: String,
    cohort: String,
    starts: String,
    until: ShownTime,
    link: String,
});

impl Composer for WaitlistOffer {
    const KIND: &'static str = "waitlist_offer";

    async fn compose(&self, services: &Services, letter: &Letter) -> Result<Composed, ComposeFailure> {
        let gone = || Ok(Composed::Cancel("the offer is over".to_owned()));
        let Some(found) = waitlist::find(services, letter).await? else { return gone() };
        let until = match found.wait.state {
            WaitState::Offered { until, .. } if until > services.clocks.service() => until,
            _ => return gone(),
        };
        let values = Values {
            name: found.person.name.as_str().to_owned(),
            course: found.cohort.course_title,
            cohort: found.cohort.name,
            starts: long_date(found.cohort.starts_on),
            until: ShownTime::new(until, &found.person.zone),
            link: format!("{}/waitlist/{}", found.frame.origin, found.wait.id),
            frame: found.frame,
        };
        values.send(Some(found.person.name))
    }
}
