//! The pure planner, the pure reconciler and the check before sending. All three ask the schedule's one decision.
//!
//! A reminder is an intent, one for each (kind, enrolment, week). It is planned ahead, moves with the schedule, and is asked once
//! more whether it is true when its moment has come. Course news goes at its moment, whatever the hour. Nudges leave nights alone
//! ([`awake`]), are planned ahead or not at all, and can be turned off by one click.

#[cfg(test)]
mod examples;
mod intent;
mod nudges;
mod planner;
mod preferences;
#[cfg(test)]
mod properties;
mod reconcile;
#[cfg(test)]
pub mod testing;
mod unsubscribe;

pub use crate::kernel::awake;
pub use intent::{Intent, IntentKey, IntentKind, KeyError};
pub use nudges::{Unread, missed, unread};
pub use planner::{CancelReason, LIFETIME, Recipient, SendDecision, Standing, plan, still_true};
pub use preferences::{MailGroup, PreferenceEvent, UnknownGroup, Wish, Wishes};
pub use reconcile::{Change, Existing, IntentState, Muted, reconcile};
pub use unsubscribe::UnsubscribeKey;
