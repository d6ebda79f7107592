//! The one decision about money: what is known of an order, and what the gateway says of one of its sessions, give what to do.
//!
//! It is told the same things many times, in any order, by webhook, return page and sweep; the end is the same.

use super::{Answer, CardAttempt, CardState, Order, OrderState, Payment, Reason};
use crate::enrolment::model::Room;
use crate::kernel::ids::{OrderId, PaymentId};
use crate::kernel::time::{SignedDuration, shifted};
use crate::kernel::{Money, Timestamp};

/// How long a seat waits for a bank, from the attempt's start (service time). After that it is free, and money that comes all
/// the same gets a free seat or the admin's attention.
pub const BANK_LIMIT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// A hold outlasts its payment page by this much.
pub const GRACE: SignedDuration = SignedDuration::from_mins(1);

/// What the gateway says of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub session: String,
    pub says: Says,
    /// The total; `None` where there is none or its currency is not one of ours.
    pub amount: Option<Money>,
    /// Whether it is real money.
    pub live: bool,
    /// Whether it is a single payment.
    pub is_payment: bool,
    /// The order and the attempt that the session names, where they can be ours.
    pub order: Option<OrderId>,
    pub payment: Option<PaymentId>,
    pub intent: Option<String>,
}

/// Where a session stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Says {
    Open {
        url: String,
    },
    /// The visitor is done, the bank is not.
    Processing,
    /// The bank said no after the visitor was done.
    Refused,
    Expired,
    Paid,
}

/// The seat that the order pays for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seat {
    Held {
        until: Timestamp,
    },
    Enrolled,
    Lapsed(Room),
    Cancelled,
    /// The order names no enrolment.
    None,
}

/// What is known when the gateway's word comes.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    pub order: &'a Order,
    pub seat: Seat,
    /// The attempt that the session belongs to, and its card part.
    pub payment: &'a Payment,
    pub attempt: &'a CardAttempt,
    /// Every payment of the order, this one among them.
    pub payments: &'a [Payment],
    /// Whether real money is expected.
    pub live: bool,
    /// Until when the seat is kept for a transfer, whatever becomes of the attempt.
    pub kept_until: Option<Timestamp>,
    pub now: Timestamp,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The held seat becomes the student's, the order is paid.
    Enrol,
    /// The hold had lapsed, a seat is free: the same.
    Reseat,
    /// The seat is kept until exactly then: while the bank decides, or for the rest of the hold once it has refused.
    KeepForBank { until: Timestamp },
    /// Nothing to do but wait.
    Wait,
    /// The seat is freed, the order lapses.
    Lapse,
    /// The money goes back by a stated rule, and a mail says why.
    Refund(Reason),
    /// An admin must look.
    Queue(Reason),
    /// It was all known.
    Nothing,
}

/// The attempt as it stands now, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    pub state: CardState,
    pub decision: Decision,
}

/// Decides. Money that is not exactly what was asked for never enrols anybody.
pub fn settle(facts: &Facts<'_>, said: &Said) -> Settlement {
    let before = &facts.attempt.state;
    let wrong = match said.says {
        Says::Paid | Says::Processing => mismatch(facts, said),
        Says::Open { .. } | Says::Refused | Says::Expired => None,
    };
    let told = match (&said.says, wrong) {
        // Money that is not of our mode is none that we have.
        (Says::Paid, Some(reason)) if reason != Reason::WrongMode => {
            CardState::Mismatched { at: facts.now, received: said.amount, reason: reason.word().to_owned() }
        }
        (_, Some(reason)) => CardState::Failed { reason: reason.word().to_owned() },
        (Says::Open { url }, None) => CardState::Open { url: url.clone() },
        (Says::Processing, None) => CardState::Processing,
        (Says::Expired, None) => CardState::Expired,
        (Says::Refused, None) => CardState::Failed { reason: "refused by the bank".to_owned() },
        (Says::Paid, None) => CardState::Captured { at: facts.now },
    };
    let old_news = told.rank() < before.rank();
    let decision = match (wrong, &said.says) {
        (Some(reason), _) => Decision::Queue(reason),
        (None, _) if old_news => Decision::Nothing,
        (None, Says::Paid) if matches!(before, CardState::Captured { .. }) => Decision::Nothing,
        (None, Says::Paid) => paid(facts),
        (None, Says::Processing) => processing(facts),
        (None, Says::Refused | Says::Expired) => unpaid(facts),
        (None, Says::Open { .. }) => Decision::Wait,
    };
    // The page's address may be news even where the state is not; a captured attempt keeps its first moment.
    let state = if told.rank() > before.rank() { told } else { before.clone() };
    Settlement { state, decision }
}

fn mismatch(facts: &Facts<'_>, said: &Said) -> Option<Reason> {
    if said.live != facts.live {
        Some(Reason::WrongMode)
    } else if !said.is_payment {
        Some(Reason::NotAPayment)
    } else if said.order != Some(facts.order.id) || facts.payment.order != facts.order.id {
        Some(Reason::WrongOrder)
    } else if said.amount != Some(facts.payment.amount) || facts.payment.amount != facts.order.quote.total {
        Some(Reason::AmountDiffers)
    } else {
        None
    }
}

fn paid(facts: &Facts<'_>) -> Decision {
    let others_paid = facts.payments.iter().any(|other| other.id != facts.payment.id && other.is_captured());
    let odd = match (facts.order.state, facts.seat) {
        (OrderState::Cancelled { .. }, _) => Reason::OrderCancelled,
        (OrderState::Paid { .. }, _) => Reason::PaidTwice,
        (_, _) if others_paid => Reason::PaidTwice,
        (_, Seat::Held { .. }) => return Decision::Enrol,
        (_, Seat::Lapsed(Room::Free)) => return Decision::Reseat,
        (_, Seat::Lapsed(Room::Full)) => Reason::SeatGone,
        (_, Seat::Lapsed(Room::SeatedElsewhere)) => Reason::SeatedElsewhere,
        (_, Seat::Enrolled) => Reason::AlreadyEnrolled,
        (_, Seat::Cancelled) => Reason::EnrolmentCancelled,
        (_, Seat::None) => Reason::NothingToEnrol,
    };
    match odd.answer() {
        Answer::Refund => Decision::Refund(odd),
        Answer::Queue => Decision::Queue(odd),
    }
}

fn processing(facts: &Facts<'_>) -> Decision {
    let limit = shifted(facts.payment.created_at, BANK_LIMIT);
    match (facts.order.state, facts.seat) {
        (OrderState::Open, Seat::Held { until }) if until < limit => Decision::KeepForBank { until: limit },
        _ => Decision::Wait,
    }
}

/// No money came of the attempt. If no bank is deciding on another, the hold ends when the last page's does, and once nothing can
/// be paid any more the seat is free from then on. A seat that is kept for a transfer stays kept for it.
fn unpaid(facts: &Facts<'_>) -> Decision {
    let (OrderState::Open, Seat::Held { until }) = (facts.order.state, facts.seat) else { return Decision::Nothing };
    let others = || facts.payments.iter().filter(|other| other.id != facts.payment.id).filter_map(Payment::card);
    if others().any(|other| other.state == CardState::Processing) {
        return Decision::Wait;
    }
    let last_page = others().map(|other| other.expires_at).fold(facts.attempt.expires_at, Timestamp::max);
    let last_page = shifted(last_page, GRACE);
    let end = until.min(facts.kept_until.map_or(last_page, |kept| last_page.max(kept)));
    if facts.now >= end && !others().any(|other| other.state.is_unfinished()) {
        Decision::Lapse
    } else if end < until {
        Decision::KeepForBank { until: end }
    } else {
        Decision::Wait
    }
}
