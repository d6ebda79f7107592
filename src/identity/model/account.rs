//! Accounts and their sessions as lists show them, and sign-ins that wait for the second factor.

use serde_json::Value;

use super::{Person, TokenHash};
use crate::kernel::Timestamp;
use crate::kernel::ids::{SessionId, SignInId, UserId};
use crate::kernel::time::SignedDuration;

/// A sign-in waits so long (machine time) for the second factor.
pub const SIGN_IN_LIFE: SignedDuration = SignedDuration::from_mins(10);

/// A sign-in whose address is proved and whose second factor is not. It is no session and grants nothing.
#[derive(Debug, Clone)]
pub struct PendingSignIn {
    pub id: SignInId,
    /// What follows.
    pub intent: Value,
    pub person: UserId,
    pub browser: TokenHash,
    pub expires_at: Timestamp,
    pub used: bool,
}

impl PendingSignIn {
    /// Whether this browser began it, and it can still be finished at machine time `now`.
    pub fn waits_for(&self, browser: &TokenHash, now: Timestamp) -> bool {
        self.browser == *browser && !self.used && now < self.expires_at
    }
}

/// An account, whether or not it can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub person: Person,
    pub state: AccountState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountState {
    Active,
    /// Nobody signs in with it.
    Disabled {
        at: Timestamp,
    },
}

/// A browser that somebody is signed in with, as they see it. All times are machine time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    pub id: SessionId,
    pub created_at: Timestamp,
    pub last_seen_at: Timestamp,
}
