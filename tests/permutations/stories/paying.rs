//! Money that comes: in time, late, twice, or not at all.

use super::super::acts::Act::*;
use super::{CHARGES, Story};
use crate::journeys::cast::{OTHER, STUDENT};

const PAID: &str = "
    order paid, seat enrolled paid
    payment card captured 650000
    document receipt 650000
            number RC/2627/00001
    mail enrolment_confirmed to student03@example.org pending
    books gateway_clearing 637000
    books fees 13000
    books revenue -650000";

/// A card beside a transfer, which had settled the order.
const PAID_TWICE: &str = "
    order paid, seat enrolled offline
    payment upi captured 650000
    payment card captured 650000
    refund paid_twice pending 650000
    document receipt 650000
            number RC/2627/00001
    mail enrolment_confirmed to student03@example.org pending
    mail payment_refunded to student03@example.org pending
    books bank 650000
    books gateway_clearing -13000
    books fees 13000
    books revenue -650000";

/// How a seat is paid for.
pub const STORIES: &[Story] = &[
    Story { name: "paid", acts: &[Enrols(STUDENT), GoesToPay, Presses(0, "pay")], untold: &[], ends: &[PAID] },
    Story {
        name: "paid, and the student came back to the page",
        acts: &[Enrols(STUDENT), GoesToPay, Presses(0, "pay"), ComesBack(0)],
        untold: &[],
        ends: &[PAID],
    },
    Story {
        name: "declined, then paid",
        acts: &[Enrols(STUDENT), GoesToPay, Presses(0, "decline"), Presses(0, "pay")],
        untold: &[],
        ends: &[PAID],
    },
    Story {
        name: "paid by a bank",
        acts: &[Enrols(STUDENT), GoesToPay, Presses(0, "late"), Presses(0, "confirm")],
        untold: &[],
        ends: &[PAID],
    },
    Story {
        name: "refused by a bank",
        acts: &[Enrols(STUDENT), GoesToPay, Presses(0, "late"), Presses(0, "refuse")],
        untold: &[],
        ends: &["
            order lapsed, seat lapsed unpaid
            payment card failed 650000"],
    },
    Story {
        name: "expired, then paid",
        acts: &[Enrols(STUDENT), GoesToPay, Waits(31), GoesToPay, Presses(1, "pay")],
        untold: &[],
        ends: &["
            order paid, seat enrolled paid
            payment card expired 650000
            payment card captured 650000
            document receipt 650000
            number RC/2627/00001
            mail enrolment_confirmed to student03@example.org pending
            books gateway_clearing 637000
            books fees 13000
            books revenue -650000"],
    },
    Story {
        name: "paid twice",
        acts: &[Enrols(STUDENT), GoesToPay, Presses(0, "late"), Records, Presses(0, "confirm")],
        untold: &[],
        ends: &[PAID_TWICE],
    },
    Story {
        name: "a transfer, then a card",
        acts: &[Enrols(STUDENT), ChoosesTransfer, GoesToPay, Presses(0, "late"), TellsReference, Records, Presses(0, "confirm")],
        untold: CHARGES,
        ends: &["
            order paid, seat enrolled offline
            payment upi captured 650000
            payment card captured 650000
            refund paid_twice pending 650000
            document proforma 650000
            number PI/2627/00001
            document receipt 650000
            number RC/2627/00001
            mail transfer_details to student03@example.org pending
            mail transfer_reminder to student03@example.org pending
            mail enrolment_confirmed to student03@example.org pending
            mail payment_refunded to student03@example.org pending
            books bank 650000
            books gateway_clearing -13000
            books fees 13000
            books revenue -650000"],
    },
    Story {
        name: "paid so late that the seat had lapsed, and it is free",
        acts: &[Enrols(STUDENT), GoesToPay, Presses(0, "late"), DaysPass(8), Presses(0, "confirm")],
        untold: &[],
        ends: &[PAID],
    },
    Story {
        name: "paid so late that the seat is another's",
        acts: &[Enrols(STUDENT), GoesToPay, Presses(0, "late"), DaysPass(8), SeatTaken(OTHER), Presses(0, "confirm")],
        untold: &[],
        ends: &["
            order lapsed, seat lapsed unpaid
            order paid, seat enrolled offline
            payment card captured 650000
            payment cash captured 650000
            refund seat_gone pending 650000
            document receipt 650000
            number RC/2627/00001
            mail payment_refunded to student03@example.org pending
            mail enrolment_confirmed to student04@example.org pending
            books cash 650000
            books gateway_clearing -13000
            books fees 13000
            books revenue -650000"],
    },
    Story {
        name: "paid so late that the student has another seat",
        acts: &[
            Enrols(STUDENT),
            GoesToPay,
            Presses(0, "late"),
            DaysPass(8),
            Enrols(STUDENT),
            GoesToPay,
            Presses(1, "pay"),
            Presses(0, "confirm"),
        ],
        untold: CHARGES,
        ends: &["
            order lapsed, seat lapsed unpaid
            order paid, seat enrolled paid
            payment card captured 650000
            payment card captured 650000
            refund seated_elsewhere pending 650000
            document receipt 650000
            number RC/2627/00001
            mail payment_refunded to student03@example.org pending
            mail enrolment_confirmed to student03@example.org pending
            books gateway_clearing 624000
            books fees 26000
            books revenue -650000"],
    },
    Story {
        name: "a coupon, and paid late",
        acts: &[Enrols(STUDENT), UsesCode, GoesToPay, Presses(0, "late"), DaysPass(8), Presses(0, "confirm")],
        untold: &[],
        ends: &["
            coupon used
            order paid, seat enrolled paid
            payment card captured 520000
            document receipt 520000
            number RC/2627/00001
            mail enrolment_confirmed to student03@example.org pending
            books gateway_clearing 509600
            books fees 10400
            books revenue -520000"],
    },
];
