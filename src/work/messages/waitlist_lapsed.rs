//! An offer was not taken in time.

use super::{Frame, message, render, waitlist};
use crate::enrolment::WaitState;
use crate::kernel::PersonName;
use crate::mail::{ComposeFailure, Composed, Composer, Content, Letter};
use crate::services::Services;

/// `emails/waitlist_lapsed`.
#[derive(Debug)]
pub struct WaitlistLapsed;

message!("waitlist_lapsed/subject.txt", "waitlist_lapsed/text.txt", "waitlist_lapsed/html.html", {
    frame: Frame,
    name: String,
    course: String,
    cohort: String,
    link: String,
});

impl Composer for WaitlistLapsed {
    const KIND: &'static str = "waitlist_lapsed";

    async fn compose(&self, services: &Services, letter: &Letter) -> Result<Composed, ComposeFailure> {
        let gone = || Ok(Composed::Cancel("there is nobody to tell".to_owned()));
        let Some(found) = waitlist::find(services, letter).await? else { return gone() };
        let WaitState::Lapsed { .. } = found.wait.state else { return gone() };
        let values = Values {
            name: found.person.name.as_str().to_owned(),
            course: found.cohort.course_title,
            cohort: found.cohort.name,
            link: format!("{}/waitlist/{}", found.frame.origin, found.wait.id),
            frame: found.frame,
        };
        values.send(Some(found.person.name))
    }
}
