//! What the audit log hears of seats.

use serde_json::{Value, json};

use super::{Enrolment, EnrolmentState};
use crate::kernel::{Event, Subject, Touch};

/// A change of a seat.
#[derive(Debug, Clone)]
pub enum EnrolmentEvent<'a> {
    Held(&'a Enrolment),
    /// Free of charge, and why.
    Given {
        after: &'a Enrolment,
        reason: &'a str,
    },
    /// Also when it is kept for a bank, or no longer.
    Extended {
        before: &'a Enrolment,
        after: &'a Enrolment,
    },
    Confirmed {
        before: &'a Enrolment,
        after: &'a Enrolment,
    },
    Reseated {
        before: &'a Enrolment,
        after: &'a Enrolment,
    },
    Lapsed {
        before: &'a Enrolment,
        after: &'a Enrolment,
    },
    /// Given back by its student or by an admin, or ended by a refund of all that was paid.
    Cancelled {
        before: &'a Enrolment,
        after: &'a Enrolment,
        /// In an admin's words.
        reason: Option<&'a str>,
    },
    /// The name for the certificate was corrected.
    Renamed {
        before: &'a Enrolment,
        after: &'a Enrolment,
    },
    /// The confirmation goes to the student once more.
    ConfirmationResent(&'a Enrolment),
}

impl EnrolmentEvent<'_> {
    fn subject_of(&self) -> &Enrolment {
        match self {
            Self::Held(enrolment) | Self::ConfirmationResent(enrolment) => enrolment,
            Self::Given { after, .. }
            | Self::Extended { after, .. }
            | Self::Confirmed { after, .. }
            | Self::Reseated { after, .. }
            | Self::Lapsed { after, .. }
            | Self::Cancelled { after, .. }
            | Self::Renamed { after, .. } => after,
        }
    }
}

impl Event for EnrolmentEvent<'_> {
    fn kind(&self) -> &'static str {
        match self {
            Self::Held(_) => "enrolment.held",
            Self::Given { .. } => "enrolment.given",
            Self::Extended { .. } => "enrolment.extended",
            Self::Confirmed { .. } => "enrolment.confirmed",
            Self::Reseated { .. } => "enrolment.reseated",
            Self::Lapsed { .. } => "enrolment.lapsed",
            Self::Cancelled { .. } => "enrolment.cancelled",
            Self::Renamed { .. } => "enrolment.renamed",
            Self::ConfirmationResent(_) => "enrolment.confirmation_resent",
        }
    }

    fn subject(&self) -> Subject {
        Subject::Enrolment(self.subject_of().id)
    }

    fn before(&self) -> Value {
        match self {
            Self::Held(_) | Self::Given { .. } | Self::ConfirmationResent(_) => Value::Null,
            Self::Extended { before, .. }
            | Self::Confirmed { before, .. }
            | Self::Reseated { before, .. }
            | Self::Lapsed { before, .. }
            | Self::Cancelled { before, .. }
            | Self::Renamed { before, .. } => told(before),
        }
    }

    fn after(&self) -> Value {
        told(self.subject_of())
    }

    fn personal(&self) -> Option<Value> {
        match self {
            Self::Held(enrolment) => Some(json!({ "certificate_name": enrolment.certificate_name })),
            Self::Given { after, reason } => Some(json!({ "certificate_name": after.certificate_name, "reason": reason })),
            Self::Cancelled { reason: Some(reason), .. } => Some(json!({ "reason": reason })),
            Self::Renamed { before, after } => {
                Some(json!({ "before": before.certificate_name, "after": after.certificate_name }))
            }
            _ => None,
        }
    }

    fn reason(&self) -> Option<&str> {
        match self {
            Self::Given { reason, .. } => Some(reason),
            Self::Cancelled { reason, .. } => *reason,
            _ => None,
        }
    }

    fn touches(&self) -> Vec<Touch> {
        vec![Touch::Enrolment(self.subject_of().id)]
    }
}

fn told(enrolment: &Enrolment) -> Value {
    let (cohort, user, state) = (enrolment.cohort, enrolment.user, enrolment.state.word());
    match enrolment.state {
        EnrolmentState::Held { until, extensions } => {
            json!({ "cohort": cohort, "user": user, "state": state, "until": until, "extensions": extensions })
        }
        _ => json!({ "cohort": cohort, "user": user, "state": state }),
    }
}
