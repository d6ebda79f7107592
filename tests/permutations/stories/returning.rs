//! Money that goes back, and money that is disputed or paid out.

use lectern::gateway::practice::Deed;

use super::super::acts::Act::*;
use super::{CHARGES, Story};
use crate::journeys::cast::STUDENT;

/// What becomes of money that came.
pub const STORIES: &[Story] = &[
    Story {
        name: "sent back from the dashboard in two parts",
        acts: &[Enrols(STUDENT), GoesToPay, Presses(0, "pay"), DashboardRefunds(0, Some(250_000)), DashboardRefunds(0, None)],
        untold: CHARGES,
        ends: &["
            order cancelled, seat cancelled paid
            payment card captured 650000
            refund dashboard succeeded 250000
            refund dashboard succeeded 400000
            document receipt 650000
            number RC/2627/00001
            document credit_note 250000
            number CN/2627/00001
            document credit_note 400000
            number CN/2627/00002
            mail enrolment_confirmed to student03@example.org pending
            mail refund_sent to student03@example.org pending
            mail refund_sent to student03@example.org pending
            mail enrolment_cancelled to student03@example.org pending
            books gateway_clearing -13000
            books fees 13000
            books revenue -650000
            books refunds 650000"],
    },
    Story {
        name: "a refund of the dashboard that fails after it succeeded",
        acts: &[Enrols(STUDENT), GoesToPay, Presses(0, "pay"), DashboardRefunds(0, Some(250_000)), RefundOnce(Deed::RefundFails)],
        untold: CHARGES,
        ends: &[
            // It was heard of while it stood: the student was told, and what was sold is credited for the refund in its place.
            "
            order paid, seat enrolled paid
            payment card captured 650000
            refund dashboard failed 250000
            queue refund_failed
            document receipt 650000
            number RC/2627/00001
            document credit_note 250000
            number CN/2627/00001
            mail enrolment_confirmed to student03@example.org pending
            mail refund_sent to student03@example.org pending
            books gateway_clearing 637000
            books fees 13000
            books revenue -650000
            books refunds 250000
            books receivable -250000",
            // It was not.
            "
            order paid, seat enrolled paid
            payment card captured 650000
            refund dashboard failed 250000
            queue refund_failed
            document receipt 650000
            number RC/2627/00001
            mail enrolment_confirmed to student03@example.org pending
            books gateway_clearing 637000
            books fees 13000
            books revenue -650000",
        ],
    },
    Story {
        name: "a refund of ours that fails after it succeeded",
        acts: &[
            Enrols(STUDENT),
            GoesToPay,
            Presses(0, "pay"),
            ComesBack(0),
            AdminRefunds(250_000),
            RefundOnce(Deed::RefundFails),
        ],
        untold: CHARGES,
        ends: &["
            order paid, seat enrolled paid
            payment card captured 650000
            refund asked failed 250000
            queue refund_failed
            document receipt 650000
            number RC/2627/00001
            document credit_note 250000
            number CN/2627/00001
            mail enrolment_confirmed to student03@example.org pending
            mail refund_sent to student03@example.org pending
            books gateway_clearing 637000
            books fees 13000
            books revenue -650000
            books refunds 250000
            books receivable -250000"],
    },
    Story {
        name: "disputed, answered and won",
        acts: &[
            Enrols(STUDENT),
            GoesToPay,
            Presses(0, "pay"),
            Disputes(0),
            DisputeOnce(Deed::DisputeAnswered),
            DisputeOnce(Deed::DisputeWon),
        ],
        untold: CHARGES,
        ends: &["
            order paid, seat enrolled paid
            payment card captured 650000
            dispute won known 0
            document receipt 650000
            number RC/2627/00001
            mail enrolment_confirmed to student03@example.org pending
            books gateway_clearing 537000
            books fees 113000
            books revenue -650000"],
    },
    Story {
        name: "disputed and lost",
        acts: &[Enrols(STUDENT), GoesToPay, Presses(0, "pay"), Disputes(0), DisputeOnce(Deed::DisputeLost)],
        untold: &[],
        ends: &["
            order paid, seat enrolled paid
            payment card captured 650000
            dispute lost known 650000
            document receipt 650000
            number RC/2627/00001
            mail enrolment_confirmed to student03@example.org pending
            books gateway_clearing -113000
            books fees 113000
            books revenue -650000
            books receivable 650000"],
    },
    Story {
        name: "cancelled while paying",
        acts: &[Enrols(STUDENT), GoesToPay, PaysWhatIsCancelled(0)],
        untold: &[],
        ends: &["
            order cancelled, seat cancelled unpaid
            payment card captured 650000
            refund order_cancelled succeeded 650000
            mail payment_refunded to student03@example.org pending
            books gateway_clearing -13000
            books fees 13000"],
    },
    Story {
        name: "cancelled while a bank decides",
        acts: &[Enrols(STUDENT), GoesToPay, Presses(0, "late"), Cancels, Presses(0, "confirm")],
        untold: CHARGES,
        ends: &["
            order cancelled, seat cancelled unpaid
            payment card captured 650000
            refund order_cancelled pending 650000
            mail payment_refunded to student03@example.org pending
            books gateway_clearing -13000
            books fees 13000"],
    },
    Story {
        name: "paid out",
        acts: &[Enrols(STUDENT), GoesToPay, Presses(0, "pay"), PaysOut, PayoutOnce(Deed::PayoutArrives)],
        untold: &["charge.succeeded"],
        ends: &["
            order paid, seat enrolled paid
            payment card captured 650000
            document receipt 650000
            number RC/2627/00001
            mail enrolment_confirmed to student03@example.org pending
            books bank 637000
            books fees 13000
            books revenue -650000"],
    },
];
