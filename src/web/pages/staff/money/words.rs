//! Refunds in words.

use crate::documents::model::TaxDeadline;
use crate::kernel::shown::plain_date;
use crate::kernel::{Money, ShownTime, Zone};
use crate::payment::model::{Cause, Origin};
use crate::payment::{Refund, RefundState, Way};
use crate::web::pages::today::why;

/// A refund in a line.
#[derive(Debug)]
pub struct Line {
    pub id: String,
    pub at: ShownTime,
    pub amount: Money,
    pub how: String,
    pub cause: &'static str,
    pub state: (&'static str, &'static str),
    /// Why it failed.
    pub note: Option<String>,
}

impl Line {
    /// For a reader in `zone`.
    pub fn new(refund: &Refund, zone: &Zone) -> Self {
        let note = match &refund.state {
            RefundState::Failed { reason, .. } => Some(reason.clone()),
            _ => None,
        };
        Self {
            id: refund.id.to_string(),
            at: ShownTime::new(refund.created_at, zone),
            amount: refund.amount,
            how: how(refund),
            cause: cause(refund.cause),
            state: state(refund),
            note,
        }
    }
}

/// How it goes back.
pub fn how(refund: &Refund) -> String {
    match (&refund.way, refund.origin) {
        (Way::Gateway { .. }, Origin::Ours) => "As it came".to_owned(),
        (Way::Gateway { .. }, Origin::Dashboard) => "As it came, from the gateway’s own pages".to_owned(),
        (Way::ByHand { sent: None }, _) => "By hand".to_owned(),
        (Way::ByHand { sent: Some(sent) }, _) => {
            format!("By hand: {}, {}", crate::web::pages::staff::order::method_name(sent.method), sent.reference.as_str())
        }
    }
}

/// Why it goes back.
pub fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::Rule(reason) => why(reason),
        Cause::Cancelled => "The enrolment was cancelled",
        Cause::Asked => "An admin decided so",
        Cause::Dashboard => "Decided at the gateway’s own pages",
    }
}

/// Where it stands: the look, and the words.
pub fn state(refund: &Refund) -> (&'static str, &'static str) {
    match (&refund.state, &refund.way) {
        (RefundState::AwaitingApproval, _) => ("wait", "Waits for a second admin"),
        (RefundState::Preparing, _) => ("wait", "Not answered by the gateway yet"),
        (RefundState::Pending, Way::Gateway { .. }) => ("next", "On its way"),
        (RefundState::Pending, Way::ByHand { .. }) => ("wait", "To be sent by hand"),
        (RefundState::Succeeded { .. }, _) => ("done", "Sent back"),
        (RefundState::Cancelled { .. }, _) => ("", "Given up"),
        (RefundState::Failed { .. }, _) => ("bad", "Failed"),
    }
}

/// Until when a credit note reduces the tax of what was invoiced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxUntil {
    /// The last day, in words.
    pub last: String,
    /// It is over.
    pub missed: bool,
}

impl From<TaxDeadline> for TaxUntil {
    fn from(deadline: TaxDeadline) -> Self {
        let (last, missed) = match deadline {
            TaxDeadline::Soon(last) => (last, false),
            TaxDeadline::Missed(last) => (last, true),
        };
        Self { last: plain_date(last), missed }
    }
}
