//! The pure planner, the pure reconciler and the check before sending. All three ask the schedule's one decision.

mod intent;
mod planner;
#[cfg(test)]
mod properties;
mod reconcile;

pub use intent::{Intent, IntentKey, IntentKind, KeyError};
pub use planner::{CancelReason, LIFETIME, Recipient, SendDecision, Standing, plan, still_true};
pub use reconcile::{Change, Existing, IntentState, reconcile};
