//! No money came under the reference that a student told.

use super::{Frame, message, render, transfer};
use crate::kernel::{PersonName, ShownTime};
use crate::mail::{ComposeFailure, Composed, Composer, Content, Letter};
use crate::payment::OrderState;
use crate::services::Services;

/// `emails/transfer_declined`.
#[derive(Debug)]
pub struct TransferDeclined;

message!("transfer_declined/subject.txt", "transfer_declined/text.txt", "transfer_declined/html.html", {
    frame: Frame,
    name: String,
    what: String,
    number: String,
    reference: String,
    until: Option<ShownTime>,
    link: String,
});

impl Composer for TransferDeclined {
    const KIND: &'static str = "transfer_declined";

    async fn compose(&self, services: &Services, letter: &Letter) -> Result<Composed, ComposeFailure> {
        let gone = || Ok(Composed::Cancel("the order is paid, or another reference is told".to_owned()));
        let Some(found) = transfer::find(services, letter).await? else { return gone() };
        let unpaid = matches!(found.order.state, OrderState::Open | OrderState::Lapsed { .. });
        let declined = found.transfer.declined.as_ref().filter(|_| unpaid && found.transfer.told.is_none());
        let Some(declined) = declined else { return gone() };
        let values = Values {
            name: found.person.name.as_str().to_owned(),
            what: found.order.description().to_owned(),
            number: found.order.number.to_string(),
            reference: declined.reference.as_str().to_owned(),
            until: found.until.map(|until| found.shown(until)),
            link: found.link(),
            frame: found.frame,
        };
        values.send(Some(found.person.name))
    }
}
