//! A day before a seat goes back that is kept for a transfer of which nothing was told.

use super::{Frame, message, render, transfer};
use crate::kernel::{PersonName, ShownTime, awake};
use crate::mail::{ComposeFailure, Composed, Composer, Content, Letter};
use crate::services::Services;

/// `emails/transfer_reminder`.
#[derive(Debug)]
pub struct TransferReminder;

message!("transfer_reminder/subject.txt", "transfer_reminder/text.txt", "transfer_reminder/html.html", {
    frame: Frame,
    name: String,
    what: String,
    number: String,
    details: Vec<(&'static str, String)>,
    until: ShownTime,
    link: String,
    // Whether it can be paid by card, too.
    cards: bool,
});

impl Composer for TransferReminder {
    const KIND: &'static str = "transfer_reminder";

    async fn compose(&self, services: &Services, letter: &Letter) -> Result<Composed, ComposeFailure> {
        let gone = || Ok(Composed::Cancel("it is paid, told to be paid, or over".to_owned()));
        let Some(found) = transfer::find(services, letter).await? else { return gone() };
        let Some(until) = found.until.filter(|_| found.transfer.told.is_none()) else { return gone() };
        let now = services.clocks.service();
        let morning = awake(now, &found.person.zone);
        if morning > now {
            return Ok(Composed::Postpone(morning));
        }
        let values = Values {
            name: found.person.name.as_str().to_owned(),
            what: found.order.description().to_owned(),
            number: found.order.number.to_string(),
            details: found.details(),
            until: found.shown(until),
            link: found.link(),
            cards: services.gateway.is_set_up(),
            frame: found.frame,
        };
        values.send(Some(found.person.name))
    }
}
