//! The six digits that prove an address, or word that there is no account with it.

use super::{Frame, message, payload, render};
use crate::identity::{self, Audience, CodeKey, CodeLetter};
use crate::kernel::PersonName;
use crate::mail::{ComposeFailure, Composed, Composer, Content, Letter};
use crate::services::Services;

/// `emails/sign_in_code`, or `emails/no_account`.
#[derive(Debug)]
pub struct SignInCode;

message!("sign_in_code/subject.txt", "sign_in_code/text.txt", "sign_in_code/html.html", {
    frame: Frame,
    code: String,
    minutes: i64,
});

mod no_account {
    use super::{ComposeFailure, Composed, Content, Frame, PersonName, message, render};

    message!("no_account/subject.txt", "no_account/text.txt", "no_account/html.html", { frame: Frame });

    pub(super) fn send(frame: Frame) -> Result<Composed, ComposeFailure> {
        Values { frame }.send(None)
    }
}

impl Composer for SignInCode {
    const KIND: &'static str = "sign_in_code";

    async fn compose(&self, services: &Services, letter: &Letter) -> Result<Composed, ComposeFailure> {
        let CodeLetter { challenge: id, audience } = payload(letter)?;
        let snapshot = services.db.snapshot().await?;
        let Some(challenge) = identity::challenge(&snapshot, id).await?.filter(|found| found.is_alive(services.clocks.machine()))
        else {
            return Ok(Composed::Cancel("the code is used or out of time".to_owned()));
        };
        let person = identity::person_by_email(&snapshot, &challenge.email).await?;
        let frame = Frame::load(services, &snapshot).await?;
        if person.is_none() && audience == Audience::Members {
            return no_account::send(frame);
        }
        let key = CodeKey::new(services.settings.server.secret.clone());
        let values = Values { frame, code: key.code(id), minutes: identity::CODE_LIFE.as_mins() };
        values.send(person.map(|person| person.name))
    }
}
