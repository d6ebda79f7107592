//! What the audit log hears of refunds.

use serde_json::{Value, json};

use super::{Refund, RefundState, Way};
use crate::kernel::{Event, Subject};

/// A change of a refund.
#[derive(Debug, Clone)]
pub enum RefundEvent<'a> {
    /// Asked for: by an admin, by a rule, by a cancellation.
    Requested(&'a Refund),
    /// Heard of: begun at the gateway's own pages.
    Found(&'a Refund),
    Approved {
        before: &'a Refund,
        after: &'a Refund,
    },
    Declined {
        before: &'a Refund,
        after: &'a Refund,
        reason: &'a str,
    },
    /// The gateway said more of it, or an admin sent it.
    Moved {
        before: &'a Refund,
        after: &'a Refund,
    },
}

impl RefundEvent<'_> {
    fn of(&self) -> &Refund {
        match self {
            Self::Requested(refund) | Self::Found(refund) => refund,
            Self::Approved { after, .. } | Self::Declined { after, .. } | Self::Moved { after, .. } => after,
        }
    }
}

impl Event for RefundEvent<'_> {
    fn kind(&self) -> &'static str {
        match self {
            Self::Requested(_) => "refund.requested",
            Self::Found(_) => "refund.found",
            Self::Approved { .. } => "refund.approved",
            Self::Declined { .. } => "refund.declined",
            Self::Moved { .. } => "refund.moved",
        }
    }

    fn subject(&self) -> Subject {
        Subject::Refund(self.of().id)
    }

    fn before(&self) -> Value {
        match self {
            Self::Requested(_) | Self::Found(_) => Value::Null,
            Self::Approved { before, .. } | Self::Declined { before, .. } | Self::Moved { before, .. } => told(before),
        }
    }

    fn after(&self) -> Value {
        told(self.of())
    }

    fn personal(&self) -> Option<Value> {
        match self {
            Self::Declined { reason, .. } => Some(json!({ "reason": reason })),
            Self::Requested(Refund { note: Some(note), .. }) => Some(json!({ "reason": note })),
            _ => None,
        }
    }

    fn reason(&self) -> Option<&str> {
        match self {
            Self::Declined { reason, .. } => Some(reason),
            Self::Requested(refund) => refund.note.as_deref(),
            _ => None,
        }
    }
}

fn told(refund: &Refund) -> Value {
    let (reference, method) = match &refund.way {
        Way::Gateway { id } => (id.as_deref(), None),
        Way::ByHand { sent } => (sent.as_ref().map(|sent| sent.reference.as_str()), sent.as_ref().map(|sent| sent.method.word())),
    };
    let failure = match &refund.state {
        RefundState::Failed { reason, .. } => Some(reason),
        _ => None,
    };
    json!({
        "order": refund.order,
        "payment": refund.payment,
        "amount": refund.amount,
        "way": refund.way.word(),
        "origin": refund.origin.word(),
        "cause": refund.cause.word(),
        "state": refund.state.word(),
        "reference": reference,
        "method": method,
        "failure": failure,
    })
}
