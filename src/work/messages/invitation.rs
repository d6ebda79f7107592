//! Somebody is asked to join the staff.

use super::{Frame, message, payload, render};
use crate::identity::{self, InvitationLetter, Role};
use crate::kernel::PersonName;
use crate::mail::{ComposeFailure, Composed, Composer, Content, Letter};
use crate::services::Services;

/// `emails/invitation`.
#[derive(Debug)]
pub struct Invitation;

message!("invitation/subject.txt", "invitation/text.txt", "invitation/html.html", {
    frame: Frame,
    name: String,
    email: String,
    by: Option<String>,
    role: &'static str,
    may: &'static str,
});

impl Composer for Invitation {
    const KIND: &'static str = "invitation";

    async fn compose(&self, services: &Services, letter: &Letter) -> Result<Composed, ComposeFailure> {
        let InvitationLetter { person, by } = payload(letter)?;
        let snapshot = services.db.snapshot().await?;
        let Some(person) = identity::person(&snapshot, person).await? else {
            return Ok(Composed::Cancel("the account is disabled".to_owned()));
        };
        let (role, may) = match person.role {
            Role::Student => return Ok(Composed::Cancel("the person is no longer of the staff".to_owned())),
            Role::Instructor => ("an instructor", "You plan and follow the cohorts that you teach."),
            Role::Admin => ("an admin", "You open cohorts, look after enrolments and payments, and invite others."),
        };
        let by = match by {
            Some(by) => identity::account(&snapshot, by).await?.map(|account| account.person.name.as_str().to_owned()),
            None => None,
        };
        let values = Values {
            frame: Frame::new(services),
            name: person.name.as_str().to_owned(),
            email: person.email.as_str().to_owned(),
            by,
            role,
            may,
        };
        values.send(Some(person.name))
    }
}
