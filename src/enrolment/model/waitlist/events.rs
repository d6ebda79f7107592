//! What the audit log hears of a waitlist.

use serde_json::{Value, json};

use super::{Step, Wait, WaitState};
use crate::kernel::{Event, Subject};

/// What happened to a wait.
#[derive(Debug, Clone)]
pub enum WaitlistEvent<'a> {
    Joined(&'a Wait),
    /// Offered, lapsed or closed, as its new state says.
    Moved(&'a Step),
    Accepted(&'a Step),
    Left(&'a Step),
    /// By an admin, and why.
    Removed {
        step: &'a Step,
        reason: &'a str,
    },
}

impl WaitlistEvent<'_> {
    fn wait(&self) -> &Wait {
        match self {
            Self::Joined(wait) => wait,
            Self::Moved(step) | Self::Accepted(step) | Self::Left(step) | Self::Removed { step, .. } => &step.after,
        }
    }
}

impl Event for WaitlistEvent<'_> {
    fn kind(&self) -> &'static str {
        match self {
            Self::Joined(_) => "waitlist.joined",
            Self::Accepted(_) => "waitlist.accepted",
            Self::Left(_) => "waitlist.left",
            Self::Removed { .. } => "waitlist.removed",
            Self::Moved(step) => match step.after.state {
                WaitState::Offered { .. } => "waitlist.offered",
                WaitState::Lapsed { .. } => "waitlist.lapsed",
                _ => "waitlist.closed",
            },
        }
    }

    fn subject(&self) -> Subject {
        Subject::Wait(self.wait().id)
    }

    fn before(&self) -> Value {
        match self {
            Self::Joined(_) => Value::Null,
            Self::Moved(step) | Self::Accepted(step) | Self::Left(step) | Self::Removed { step, .. } => told(&step.before),
        }
    }

    fn after(&self) -> Value {
        told(self.wait())
    }

    fn personal(&self) -> Option<Value> {
        self.reason().map(|reason| json!({ "reason": reason }))
    }

    fn reason(&self) -> Option<&str> {
        match self {
            Self::Removed { reason, .. } => Some(reason),
            _ => None,
        }
    }
}

fn told(wait: &Wait) -> Value {
    let (cohort, user, place, state) = (wait.cohort, wait.user, wait.place, wait.state.word());
    match wait.state {
        WaitState::Offered { until, .. } => {
            json!({ "cohort": cohort, "user": user, "place": place, "state": state, "until": until })
        }
        WaitState::Accepted { enrolment, .. } => {
            json!({ "cohort": cohort, "user": user, "place": place, "state": state, "enrolment": enrolment })
        }
        _ => json!({ "cohort": cohort, "user": user, "place": place, "state": state }),
    }
}
