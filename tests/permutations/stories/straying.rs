//! Money that comes to the merchant's account and is no payment of ours.

use lectern::gateway::practice::Deed;

use super::super::acts::Act::*;
use super::{CHARGES, Story};
use crate::journeys::cast::STUDENT;

/// What the books make of it.
pub const STORIES: &[Story] = &[
    Story {
        name: "money for an order that is not ours",
        acts: &[StrangePage, Presses(0, "pay")],
        untold: &[],
        ends: &["
            queue unknown_order
            odd checkout.session.completed: about a session that is not ours
            books gateway_clearing 637000
            books fees 13000
            books suspense -650000"],
    },
    Story {
        name: "money for an order that is not ours, sent back from the dashboard",
        acts: &[StrangePage, Presses(0, "pay"), DashboardRefunds(0, Some(250_000)), DashboardRefunds(0, None)],
        untold: CHARGES,
        ends: &["
            queue unknown_order
            odd checkout.session.completed: about a session that is not ours
            books gateway_clearing -13000
            books fees 13000"],
    },
    Story {
        name: "money for an order of ours that no attempt asked for",
        acts: &[Enrols(STUDENT), PageOfNoAttempt, Presses(0, "pay"), DashboardRefunds(0, None)],
        untold: &[],
        ends: &["
            order lapsed, seat lapsed unpaid
            queue unknown_session
            odd checkout.session.completed: about a session that is not ours
            books gateway_clearing -13000
            books fees 13000"],
    },
    Story {
        name: "money for an order that is not ours, disputed and lost",
        acts: &[StrangePage, Presses(0, "pay"), Disputes(0), DisputeOnce(Deed::DisputeLost)],
        untold: CHARGES,
        ends: &["
            queue unknown_order
            odd checkout.session.completed: about a session that is not ours
            dispute lost of unknown money 650000
            books gateway_clearing -113000
            books fees 113000"],
    },
    Story {
        name: "money for an order that is not ours, whose refund fails",
        acts: &[StrangePage, Presses(0, "pay"), DashboardRefunds(0, None), RefundOnce(Deed::RefundFails)],
        untold: CHARGES,
        ends: &["
            queue unknown_order
            queue refund_failed
            odd checkout.session.completed: about a session that is not ours
            books gateway_clearing 637000
            books fees 13000
            books suspense -650000"],
    },
];
