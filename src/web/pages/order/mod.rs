//! An order as its student sees it: pay, come back, and be told how it stands.

mod back;
mod checkout;
mod coupon;
mod document;
mod show;
mod transfer;

use crate::kernel::ids::{EnrolmentId, OrderId};
use crate::kernel::{Money, ShownTime, Timestamp};
use crate::payment::model::Cause;
use crate::payment::{Reason, Refund, RefundState, Way};
use crate::views::offer::Offer;
use crate::views::order::Sheet;
use crate::web::pages::document::DocumentLine;
use crate::web::pages::sums::Sums;
use crate::web::routes::{Access, Routes};
use crate::web::view::Moment;

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/orders/{order}", Access::SignedIn, show::show)
        .post("/orders/{order}/checkout", Access::SignedIn, checkout::begin)
        .post_guarded("/orders/{order}/coupon", Access::SignedIn, coupon::redeem)
        .post("/orders/{order}/transfer", Access::SignedIn, transfer::choose)
        .post_guarded("/orders/{order}/reference", Access::SignedIn, transfer::tell)
        .get("/orders/{order}/upi.svg", Access::SignedIn, transfer::picture)
        .get("/orders/{order}/return", Access::SignedIn, back::back)
        .get("/orders/{order}/documents/{document}", Access::SignedIn, document::save)
}

/// What every page of an order shows.
#[derive(Debug)]
struct Shown<'a> {
    id: OrderId,
    number: &'a str,
    sums: Sums,
    total: Money,
    /// Whether a coupon was used for it.
    has_coupon: bool,
    certificate_name: &'a str,
    email: &'a str,
    billing: String,
    offer: &'a Offer,
    /// Receipts and invoices, oldest first.
    documents: Vec<DocumentLine>,
    enrolment: EnrolmentId,
    /// Oldest first.
    refunds: Vec<Back>,
    /// Another payment came for what was paid, and goes back by rule.
    paid_twice: bool,
}

/// Money that goes back, as its payer sees it.
#[derive(Debug)]
struct Back {
    amount: Money,
    state: (&'static str, &'static str),
    how: String,
}

impl From<&Refund> for Back {
    fn from(refund: &Refund) -> Self {
        let by_hand = matches!(refund.way, Way::ByHand { .. });
        let (state, how) = match &refund.state {
            RefundState::AwaitingApproval | RefundState::Preparing => {
                (("wait", "Being prepared"), "A mail tells you when it is sent.")
            }
            RefundState::Pending if by_hand => {
                (("wait", "Being prepared"), "We send it by transfer from our bank. A mail tells you when it is sent.")
            }
            RefundState::Pending => (("next", "On its way"), "To the card or account that it came from."),
            RefundState::Succeeded { .. } if by_hand => (("done", "Sent back"), "By transfer from our bank."),
            RefundState::Succeeded { .. } => (
                ("done", "Sent back"),
                "To the card or account that it came from. Banks show it within five to ten working days.",
            ),
            RefundState::Cancelled { .. } => (("", "Given up"), "Nothing was sent."),
            RefundState::Failed { .. } => {
                (("bad", "Not arrived"), "The bank did not take it. A person sees to it and writes to you.")
            }
        };
        let reference = match &refund.way {
            Way::ByHand { sent: Some(sent) } => format!(" Reference {}.", sent.reference.as_str()),
            _ => String::new(),
        };
        Self { amount: refund.amount, state, how: format!("{how}{reference}") }
    }
}

impl<'a> From<&'a Sheet> for Shown<'a> {
    fn from(sheet: &'a Sheet) -> Self {
        Self {
            id: sheet.order.id,
            number: sheet.order.number.as_str(),
            sums: Sums::of(&sheet.order),
            has_coupon: sheet.order.quote.coupon.is_some(),
            total: sheet.order.quote.total,
            certificate_name: sheet.enrolment.certificate_name.as_str(),
            email: sheet.order.buyer.email.as_str(),
            billing: sheet.billing(),
            offer: &sheet.offer,
            documents: sheet.documents.iter().map(DocumentLine::from).collect(),
            enrolment: sheet.enrolment.id,
            refunds: sheet.refunds.iter().map(Back::from).collect(),
            paid_twice: sheet.refunds.iter().any(|refund| refund.cause == Cause::Rule(Reason::PaidTwice)),
        }
    }
}

impl Shown<'_> {
    /// Whether a receipt or an invoice was issued for what was paid.
    fn has_receipt(&self) -> bool {
        self.documents.iter().any(|document| document.is_of_payment)
    }

    /// Whether there is a document that can be saved now.
    fn has_pdf(&self) -> bool {
        self.documents.iter().any(|document| !document.waits)
    }
}

/// How long a seat is still kept. The text is true without the script, which counts on from it.
#[derive(Debug)]
struct Countdown {
    until: ShownTime,
    now: Timestamp,
    left: String,
}

impl Countdown {
    fn new(until: Timestamp, moment: &Moment) -> Self {
        Self { until: moment.shown(until), now: moment.now, left: left(until, moment.now) }
    }
}

/// In whole minutes, never too many.
fn left(until: Timestamp, now: Timestamp) -> String {
    match until.duration_since(now).as_mins() {
        minutes if minutes > 1 => format!("{minutes} minutes"),
        1 => "1 minute".to_owned(),
        _ if until > now => "less than a minute".to_owned(),
        _ => "no longer".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_is_told_in_whole_minutes_never_too_many() {
        let until: Timestamp = "2027-01-04T03:30:00Z".parse().unwrap();
        let left = |now: &str| left(until, now.parse().unwrap());
        assert_eq!(left("2027-01-04T02:58:00Z"), "32 minutes");
        assert_eq!(left("2027-01-04T02:58:01Z"), "31 minutes");
        assert_eq!(left("2027-01-04T03:28:30Z"), "1 minute");
        assert_eq!(left("2027-01-04T03:29:01Z"), "less than a minute");
        assert_eq!(left("2027-01-04T03:30:00Z"), "no longer");
    }
}
