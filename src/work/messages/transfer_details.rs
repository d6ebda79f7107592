//! How to pay an order without a card.

use super::{Frame, message, render, transfer};
use crate::kernel::{PersonName, ShownTime};
use crate::mail::{ComposeFailure, Composed, Composer, Content, Letter};
use crate::services::Services;

/// `emails/transfer_details`.
#[derive(Debug)]
pub struct TransferDetails;

message!("transfer_details/subject.txt", "transfer_details/text.txt", "transfer_details/html.html", {
    frame: Frame,
    name: String,
    what: String,
    number: String,
    way: &'static str,
    details: Vec<(&'static str, String)>,
    until: ShownTime,
    link: String,
    // Whether it can be paid by card, too.
    cards: bool,
    proforma: String,
});

impl Composer for TransferDetails {
    const KIND: &'static str = "transfer_details";

    async fn compose(&self, services: &Services, letter: &Letter) -> Result<Composed, ComposeFailure> {
        let gone = || Ok(Composed::Cancel("the order is paid or over".to_owned()));
        let Some(found) = transfer::find(services, letter).await? else { return gone() };
        let Some(until) = found.until else { return gone() };
        let values = Values {
            name: found.person.name.as_str().to_owned(),
            what: found.order.description().to_owned(),
            number: found.order.number.to_string(),
            way: found.transfer.way.in_a_sentence(),
            details: found.details(),
            until: found.shown(until),
            link: found.link(),
            cards: services.gateway.is_set_up(),
            proforma: found.proforma_link(),
            frame: found.frame,
        };
        values.send(Some(found.person.name))
    }
}
