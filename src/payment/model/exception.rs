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
}

const WORDS: [(Reason, &str); 13] = [
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
];

impl Reason {
    /// A stable word, as stored.
    pub fn word(self) -> &'static str {
        WORDS.iter().find(|(reason, _)| *reason == self).map_or("", |(_, word)| word)
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
}
