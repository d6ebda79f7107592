//! A refund is on its way, or done.

use serde::Deserialize;

use super::refund::{Found, found, gone, how};
use super::{Frame, message, payload, render};
use crate::kernel::PersonName;
use crate::kernel::ids::{OrderId, RefundId};
use crate::mail::{ComposeFailure, Composed, Composer, Content, Letter};
use crate::payment::{RefundState, Way};
use crate::services::Services;

/// `emails/refund_sent`.
#[derive(Debug)]
pub struct RefundSent;

#[derive(Debug, Deserialize)]
struct Payload {
    refund: RefundId,
}

message!("refund_sent/subject.txt", "refund_sent/text.txt", "refund_sent/html.html", {
    frame: Frame,
    name: String,
    course: String,
    cohort: String,
    order: OrderId,
    order_number: String,
    amount: String,
    reference: String,
    how: &'static str,
    done: bool,
});

impl Composer for RefundSent {
    const KIND: &'static str = crate::payment::SENT;

    async fn compose(&self, services: &Services, letter: &Letter) -> Result<Composed, ComposeFailure> {
        let Payload { refund } = payload(letter)?;
        let snapshot = services.db.snapshot().await?;
        let Some(Found { refund, order, person, course, cohort }) = found(&snapshot, refund).await? else { return Ok(gone()) };
        // What failed meanwhile is not announced: an admin sees to it.
        if !refund.state.takes_money() {
            return Ok(Composed::Cancel("the refund has failed since".to_owned()));
        }
        let (how, reference) = match &refund.way {
            Way::ByHand { sent: Some(sent) } => {
                ("by transfer from our bank. It is there within three working days.", sent.reference.as_str().to_owned())
            }
            way => (how(way), String::new()),
        };
        let values = Values {
            frame: Frame::load(services, &snapshot).await?,
            name: person.name.as_str().to_owned(),
            course,
            cohort,
            order: order.id,
            order_number: order.number.to_string(),
            amount: refund.amount.to_string(),
            reference,
            how,
            done: matches!(refund.state, RefundState::Succeeded { .. }),
        };
        values.send(Some(person.name))
    }
}
