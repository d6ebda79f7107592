//! Somebody is on a waitlist.

use super::{Frame, message, render, waitlist};
use crate::enrolment;
use crate::kernel::PersonName;
use crate::kernel::shown::long_date;
use crate::mail::{ComposeFailure, Composed, Composer, Content, Letter};
use crate::organisation;
use crate::services::Services;

/// `emails/waitlist_joined`.
#[derive(Debug)]
pub struct WaitlistJoined;

message!("waitlist_joined/subject.txt", "waitlist_joined/text.txt", "waitlist_joined/html.html", {
    frame: Frame,
    name: String,
    course: String,
    cohort: String,
    starts: String,
    position: u32,
    offer_lasts: String,
    link: String,
});

impl Composer for WaitlistJoined {
    const KIND: &'static str = "waitlist_joined";

    async fn compose(&self, services: &Services, letter: &Letter) -> Result<Composed, ComposeFailure> {
        let gone = || Ok(Composed::Cancel("they do not wait any more".to_owned()));
        let Some(found) = waitlist::find(services, letter).await? else { return gone() };
        let Some(position) = enrolment::position(&found.snapshot, &found.wait).await? else { return gone() };
        let values = Values {
            name: found.person.name.as_str().to_owned(),
            course: found.cohort.course_title,
            cohort: found.cohort.name,
            starts: long_date(found.cohort.starts_on),
            position,
            offer_lasts: organisation::current(&found.snapshot).await?.offer_length.words(),
            link: format!("{}/waitlist/{}", found.frame.origin, found.wait.id),
            frame: found.frame,
        };
        values.send(Some(found.person.name))
    }
}
