//! A wait is over without a seat: the waitlist has closed, or an admin took its person off.

use super::{Frame, message, render, waitlist};
use crate::enrolment::WaitState;
use crate::kernel::PersonName;
use crate::mail::{ComposeFailure, Composed, Composer, Content, Letter};
use crate::services::Services;

/// `emails/waitlist_closed`.
#[derive(Debug)]
pub struct WaitlistClosed;

message!("waitlist_closed/subject.txt", "waitlist_closed/text.txt", "waitlist_closed/html.html", {
    frame: Frame,
    name: String,
    course: String,
    cohort: String,
    removed: bool,
    link: String,
});

impl Composer for WaitlistClosed {
    const KIND: &'static str = "waitlist_closed";

    async fn compose(&self, services: &Services, letter: &Letter) -> Result<Composed, ComposeFailure> {
        let gone = || Ok(Composed::Cancel("there is nobody to tell".to_owned()));
        let Some(found) = waitlist::find(services, letter).await? else { return gone() };
        let removed = match found.wait.state {
            WaitState::Closed { .. } => false,
            WaitState::Left { .. } => true,
            _ => return gone(),
        };
        let values = Values {
            name: found.person.name.as_str().to_owned(),
            course: found.cohort.course_title,
            cohort: found.cohort.name,
            removed,
            link: format!("{}/cohorts", found.frame.origin),
            frame: found.frame,
        };
        values.send(Some(found.person.name))
    }
}
