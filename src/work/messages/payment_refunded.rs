//! Money came that could not do what it came for, and goes back by a stated rule.

use serde::Deserialize;

use super::refund::{Found, found, gone, how};
use super::{Frame, message, payload, render};
use crate::kernel::PersonName;
use crate::kernel::ids::{OrderId, RefundId};
use crate::mail::{ComposeFailure, Composed, Composer, Content, Letter};
use crate::payment::Reason;
use crate::payment::model::Cause;
use crate::services::Services;

/// `emails/payment_refunded`.
#[derive(Debug)]
pub struct PaymentRefunded;

#[derive(Debug, Deserialize)]
struct Payload {
    refund: RefundId,
}

message!("payment_refunded/subject.txt", "payment_refunded/text.txt", "payment_refunded/html.html", {
    frame: Frame,
    name: String,
    course: String,
    cohort: String,
    order: OrderId,
    order_number: String,
    amount: String,
    why: &'static str,
    how: &'static str,
    next: &'static str,
});

impl Composer for PaymentRefunded {
    const KIND: &'static str = crate::payment::EXPLAINED;

    async fn compose(&self, services: &Services, letter: &Letter) -> Result<Composed, ComposeFailure> {
        let Payload { refund } = payload(letter)?;
        let snapshot = services.db.snapshot().await?;
        let Some(Found { refund, order, person, course, cohort }) = found(&snapshot, refund).await? else { return Ok(gone()) };
        let Cause::Rule(reason) = refund.cause else { return Ok(gone()) };
        let (why, next) = explanation(reason);
        let values = Values {
            frame: Frame::load(services, &snapshot).await?,
            name: person.name.as_str().to_owned(),
            course,
            cohort,
            order: order.id,
            order_number: order.number.to_string(),
            amount: refund.amount.to_string(),
            why,
            how: how(&refund.way),
            next,
        };
        values.send(Some(person.name))
    }
}

/// Why the money goes back, and what its payer can do, each as whole sentences.
fn explanation(reason: Reason) -> (&'static str, &'static str) {
    match reason {
        Reason::SeatGone => (
            "It came after the time for which your seat was kept, and by then all seats were taken.",
            "You are not enrolled. You can enrol again as soon as a seat is free, or in another cohort.",
        ),
        Reason::PaidTwice => ("The order was paid already: this payment is one too many.", "Your seat is not touched by it."),
        Reason::SeatedElsewhere | Reason::AlreadyEnrolled => {
            ("You have a seat in this cohort already.", "That seat is not touched by it.")
        }
        Reason::OrderCancelled | Reason::EnrolmentCancelled => {
            ("The enrolment had been cancelled by then.", "You are not enrolled. You can enrol again while there are seats.")
        }
        _ => ("It does not fit the order.", "Write to us if you have questions."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::model::{Answer, RULES};

    #[test]
    fn whatever_goes_back_by_rule_is_explained_in_words_of_its_own() {
        let other = explanation(Reason::NotAPayment);
        for (reason, answer, _) in RULES {
            assert_eq!(explanation(reason) != other, answer == Answer::Refund, "{reason:?}");
        }
    }
}
