//! What the audit log hears of payouts.

use serde_json::{Value, json};

use super::{Payout, PayoutStanding};
use crate::kernel::{Event, Subject};

/// A payout was heard of, or went on.
#[derive(Debug, Clone, Copy)]
pub struct PayoutEvent<'a> {
    pub before: Option<&'a Payout>,
    pub after: &'a Payout,
}

impl Event for PayoutEvent<'_> {
    fn kind(&self) -> &'static str {
        match self.after.standing {
            PayoutStanding::Pending | PayoutStanding::InTransit => "payout.sent",
            PayoutStanding::Paid => "payout.paid",
            PayoutStanding::Failed => "payout.failed",
            PayoutStanding::Canceled => "payout.canceled",
        }
    }

    fn subject(&self) -> Subject {
        Subject::Gateway
    }

    fn before(&self) -> Value {
        self.before.map_or(Value::Null, state)
    }

    fn after(&self) -> Value {
        state(self.after)
    }
}

fn state(payout: &Payout) -> Value {
    json!({
        "payout": payout.id,
        "amount": payout.amount,
        "state": payout.standing.word(),
        "failure": payout.failure,
        "arrival": payout.arrival,
    })
}
