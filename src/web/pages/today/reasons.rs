//! Why money waits, in words, and what an admin does about it.

use crate::payment::{Exception, Reason};

/// A reason in words.
pub fn why(reason: Reason) -> &'static str {
    match reason {
        Reason::AmountDiffers => "Amount differs from the order",
        Reason::WrongMode => "Test money where real money is expected, or the reverse",
        Reason::WrongOrder => "It names another order",
        Reason::NotAPayment => "It is no single payment",
        Reason::PaidTwice => "Paid twice",
        Reason::OrderCancelled => "Paid for a cancelled order",
        Reason::SeatGone => "Paid after the seat had gone",
        Reason::SeatedElsewhere => "Paid, but the student has another seat in the cohort",
        Reason::AlreadyEnrolled => "Paid, but enrolled already",
        Reason::EnrolmentCancelled => "Paid for a cancelled enrolment",
        Reason::NothingToEnrol => "The order names no enrolment",
        Reason::UnknownOrder => "It names an order that we do not have",
        Reason::UnknownSession => "We did not ask for this payment",
        Reason::RefundFailed => "A refund did not reach its payer",
    }
}

/// What an admin does about it.
pub fn next(of: &Exception) -> &'static str {
    match of.reason {
        Reason::AmountDiffers => {
            "Ask the student. Send it back on the order’s page; once the whole amount has come by transfer, record that on the order."
        }
        Reason::SeatGone => "Offer another cohort, or send it back at the gateway.",
        Reason::PaidTwice | Reason::SeatedElsewhere | Reason::AlreadyEnrolled => {
            "Send it back at the gateway, and tell the student."
        }
        Reason::OrderCancelled | Reason::EnrolmentCancelled => {
            "Send it back at the gateway, or ask whether they want to enrol again."
        }
        Reason::RefundFailed if of.order.is_none() => {
            "It is money that we did not ask for. Look it up at the gateway, and find out there how it can reach its payer."
        }
        Reason::RefundFailed => {
            "Ask the student how the money can reach them. Then open the order and send it once more, by hand if the bank refused the card."
        }
        Reason::WrongMode => "Look at the gateway's keys and notification settings: no real money may have moved.",
        Reason::WrongOrder | Reason::NotAPayment | Reason::NothingToEnrol | Reason::UnknownOrder | Reason::UnknownSession => {
            "Look the payment up at the gateway, and send it back if it is not ours."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Timestamp;
    use crate::kernel::ids::{ExceptionId, OrderId};

    #[test]
    fn a_failed_refund_of_nobodys_money_sends_nobody_to_an_order() {
        let failed = |order| Exception {
            id: ExceptionId(uuid::Uuid::nil()),
            order,
            payment: None,
            gateway_reference: Some("re_1".to_owned()),
            reason: Reason::RefundFailed,
            detail: serde_json::Value::Null,
            created_at: Timestamp::UNIX_EPOCH,
        };
        assert!(next(&failed(Some(OrderId(uuid::Uuid::nil())))).contains("open the order"));
        assert!(!next(&failed(None)).contains("order"));
    }
}
