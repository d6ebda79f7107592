//! What the audit log hears of disputes. They are told of the payment that they are about.

use serde_json::{Value, json};

use super::{Dispute, Standing};
use crate::kernel::{Event, Subject};

#[derive(Debug, Clone, Copy)]
pub enum DisputeEvent<'a> {
    Opened(&'a Dispute),
    Moved {
        before: &'a Dispute,
        after: &'a Dispute,
    },
    /// An admin said what becomes of the seat, once it was lost.
    Decided(&'a Dispute),
}

impl DisputeEvent<'_> {
    const fn dispute(&self) -> &Dispute {
        match self {
            Self::Opened(dispute) | Self::Moved { after: dispute, .. } | Self::Decided(dispute) => dispute,
        }
    }
}

impl Event for DisputeEvent<'_> {
    fn kind(&self) -> &'static str {
        match self {
            Self::Opened(_) => "dispute.opened",
            Self::Decided(_) => "dispute.decided",
            Self::Moved { before, after } => {
                let (was, is) = (&before.told, &after.told);
                match is.standing {
                    Standing::Lost if was.standing != Standing::Lost => "dispute.lost",
                    Standing::Won if was.standing != Standing::Won => "dispute.won",
                    _ if was.returned() != is.returned() => "dispute.reinstated",
                    _ if was.taken() != is.taken() => "dispute.withdrawn",
                    _ => "dispute.moved",
                }
            }
        }
    }

    fn subject(&self) -> Subject {
        self.dispute().payment.map_or(Subject::Gateway, Subject::Payment)
    }

    fn before(&self) -> Value {
        match self {
            Self::Opened(_) => Value::Null,
            Self::Moved { before, .. } => state(before),
            Self::Decided(_) => json!({ "decided": false }),
        }
    }

    fn after(&self) -> Value {
        match self {
            Self::Opened(dispute) | Self::Moved { after: dispute, .. } => state(dispute),
            Self::Decided(dispute) => json!({ "dispute": dispute.id, "decided": true }),
        }
    }
}

fn state(dispute: &Dispute) -> Value {
    let told = &dispute.told;
    json!({
        "dispute": dispute.id,
        "order": dispute.order,
        "state": told.standing.word(),
        "amount": told.amount,
        "reason": told.reason,
        "evidence_due_by": told.evidence_due_by,
        "taken": told.taken(),
        "returned": told.returned(),
    })
}
