//! Money that fits no rule: kept for an admin, with its reason.

use std::str::FromStr;

use serde_json::Value;

use crate::kernel::Timestamp;
use crate::kernel::ids::{ExceptionId, OrderId, PaymentId};

/// Why an admin must look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The amount or its currency is not the order's.
    AmountDiffers,
    /// Test money where real money is expected, or the reverse.
    WrongMode,
    /// The session names another order than the attempt that it belongs to.
    WrongOrder,
    /// It is no single payment but a subscription or a setup.
    NotAPayment,
    PaidTwice,
    OrderCancelled,
    /// The hold had lapsed, and the cohort is full.
    SeatGone,
    /// The hold had lapsed, and the student has another seat in the cohort.
    SeatedElsewhere,
    /// The seat was the student's already, without this order.
    AlreadyEnrolled,
    EnrolmentCancelled,
    /// The order names no enrolment.
    NothingToEnrol,
    /// The session names an order that is not ours.
    UnknownOrder,
    /// The order is ours, the session is not one that we asked for.
    UnknownSession,
    /// Money that was to go back did not, or came back to us.
    RefundFailed,
}

/// What is done about money that cannot do what it came for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// All that came goes back the way it came, and a mail says why.
    Refund,
    /// An admin looks at it.
    Queue,
}

/// The rules for late and odd money: the one place of them. `docs/operating.md` shows this table, and a test compares the two.
pub const RULES: [(Reason, Answer, &str); 14] = [
    (Reason::SeatGone, Answer::Refund, "Paid after the hold had lapsed, and no seat is free (one that is free is given)"),
    (Reason::PaidTwice, Answer::Refund, "A second payment for an order that is paid"),
    (Reason::OrderCancelled, Answer::Refund, "Paid for an order that was cancelled"),
    (Reason::EnrolmentCancelled, Answer::Refund, "Paid for an enrolment that was cancelled"),
    (Reason::SeatedElsewhere, Answer::Refund, "Paid late by somebody who has another seat in the cohort"),
    (Reason::AlreadyEnrolled, Answer::Refund, "Paid by somebody whose seat was theirs already"),
    (Reason::AmountDiffers, Answer::Queue, "Another amount or currency than the order's"),
    (Reason::WrongMode, Answer::Queue, "Test money where real money is expected, or the reverse"),
    (Reason::WrongOrder, Answer::Queue, "The payment names another order than the one that it was asked for"),
    (Reason::NotAPayment, Answer::Queue, "A subscription or a setup, which we never ask for"),
    (Reason::NothingToEnrol, Answer::Queue, "The order names no enrolment"),
    (Reason::UnknownOrder, Answer::Queue, "The payment names an order that is not ours"),
    (Reason::UnknownSession, Answer::Queue, "A payment that we did not ask for, for an order of ours"),
    (Reason::RefundFailed, Answer::Queue, "A refund failed, also after it had succeeded, or was taken back at the gateway"),
];

const WORDS: [(Reason, &str); 14] = [
    (Reason::AmountDiffers, "amount_differs"),
    (Reason::WrongMode, "wrong_mode"),
    (Reason::WrongOrder, "wrong_order"),
    (Reason::NotAPayment, "not_a_payment"),
    (Reason::PaidTwice, "paid_twice"),
    (Reason::OrderCancelled, "order_cancelled"),
    (Reason::SeatGone, "seat_gone"),
    (Reason::SeatedElsewhere, "seated_elsewhere"),
    (Reason::AlreadyEnrolled, "already_enrolled"),
    (Reason::EnrolmentCancelled, "enrolment_cancelled"),
    (Reason::NothingToEnrol, "nothing_to_enrol"),
    (Reason::UnknownOrder, "unknown_order"),
    (Reason::UnknownSession, "unknown_session"),
    (Reason::RefundFailed, "refund_failed"),
];

impl Reason {
    /// A stable word, as stored.
    pub fn word(self) -> &'static str {
        WORDS.iter().find(|(reason, _)| *reason == self).map_or("", |(_, word)| word)
    }

    /// What is done about it: the table [`RULES`] says.
    pub fn answer(self) -> Answer {
        RULES.iter().find(|(reason, ..)| *reason == self).map_or(Answer::Queue, |(_, answer, _)| *answer)
    }
}

/// The text is no reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownReason;

impl FromStr for Reason {
    type Err = UnknownReason;

    fn from_str(text: &str) -> Result<Self, UnknownReason> {
        WORDS.iter().find(|(_, word)| *word == text).map(|(reason, _)| *reason).ok_or(UnknownReason)
    }
}

/// One entry of the admin's queue.
#[derive(Debug, Clone, PartialEq)]
pub struct Exception {
    pub id: ExceptionId,
    pub order: Option<OrderId>,
    pub payment: Option<PaymentId>,
    /// The gateway's session.
    pub gateway_reference: Option<String>,
    pub reason: Reason,
    /// What the gateway said: amount in minor units, currency, mode.
    pub detail: Value,
    pub created_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_reads_back_from_its_word() {
        for (reason, word) in WORDS {
            assert_eq!((reason.word(), word.parse()), (word, Ok(reason)));
        }
        assert_eq!("".parse::<Reason>(), Err(UnknownReason));
    }

    #[test]
    fn every_reason_has_one_rule_and_the_operators_guide_shows_it() {
        let guide = include_str!("../../../docs/operating.md");
        for (reason, word) in WORDS {
            let rules: Vec<_> = RULES.iter().filter(|(ruled, ..)| *ruled == reason).collect();
            let [(_, answer, what)] = rules[..] else { panic!("{word} has {} rules", rules.len()) };
            let done = match answer {
                Answer::Refund => "refunded, with a mail",
                Answer::Queue => "queue",
            };
            let row = format!("| {what} | {done} |");
            assert!(guide.contains(&row), "docs/operating.md lacks: {row}");
        }
    }
}
