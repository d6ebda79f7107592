//! A token as it is kept: everything but its secret.

use std::fmt;
use std::str::FromStr;

use super::Scopes;
use crate::kernel::ids::{TokenId, UserId};
use crate::kernel::text::{TextError, single_line, text_type};
use crate::kernel::time::{SignedDuration, shifted};
use crate::kernel::{Actor, Timestamp};

text_type! {
    /// What a token is for, in its maker's words: one line, 1 to 60 characters.
    TokenName
}

impl FromStr for TokenName {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        single_line(text, 60).map(Self)
    }
}

impl fmt::Debug for TokenName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// How long a token works: 1 to 365 days. None works for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Life(u16);

/// Not a number of days that a token may live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Enter a number of days from 1 to {}", Life::MAX)]
pub struct LifeError;

impl Life {
    pub const MAX: u16 = 365;

    /// # Errors
    /// [`LifeError`] outside 1 to [`Life::MAX`].
    pub fn days(days: u16) -> Result<Self, LifeError> {
        if (1..=Self::MAX).contains(&days) { Ok(Self(days)) } else { Err(LifeError) }
    }

    /// The moment it ends for a token made at `made`.
    pub fn ends(self, made: Timestamp) -> Timestamp {
        shifted(made, SignedDuration::from_hours(24 * i64::from(self.0)))
    }
}

impl FromStr for Life {
    type Err = LifeError;

    fn from_str(text: &str) -> Result<Self, LifeError> {
        text.trim().parse::<u16>().map_err(|_| LifeError).and_then(Self::days)
    }
}

/// A token. All times are machine time, as a session's are: moving service time ends no token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub id: TokenId,
    pub name: TokenName,
    /// How the secret begins.
    pub hint: String,
    pub scopes: Scopes,
    /// The admin in whose name it acts: it can do nothing that they cannot.
    pub created_by: UserId,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// Within ten minutes.
    pub last_used_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

/// Where a token stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenState {
    Works { until: Timestamp },
    Expired { at: Timestamp },
    Revoked { at: Timestamp },
}

/// A use is noted at most so often.
const NOTED_EVERY: SignedDuration = SignedDuration::from_mins(10);

impl Token {
    /// Where it stands at machine time `now`.
    pub fn state(&self, now: Timestamp) -> TokenState {
        match self.revoked_at {
            Some(at) => TokenState::Revoked { at },
            None if self.expires_at <= now => TokenState::Expired { at: self.expires_at },
            None => TokenState::Works { until: self.expires_at },
        }
    }

    /// Whether a use at machine time `now` is to be noted.
    pub fn is_due_to_be_marked(&self, now: Timestamp) -> bool {
        self.last_used_at.is_none_or(|last| shifted(last, NOTED_EVERY) <= now)
    }

    /// Who acts, where a program uses it.
    pub fn actor(&self) -> Actor {
        Actor::Token { token: self.id, user: self.created_by }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::tokens::model::Scope;

    #[test]
    fn a_life_is_one_to_365_days() {
        assert_eq!(" 30 ".parse::<Life>(), Ok(Life(30)));
        for bad in ["0", "366", "-1", "", "1.5", "forever", "99999"] {
            assert_eq!(bad.parse::<Life>(), Err(LifeError), "{bad}");
        }
        assert_eq!(LifeError.to_string(), "Enter a number of days from 1 to 365");
    }

    #[test]
    fn a_token_works_until_it_expires_or_is_revoked() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let made = at("2027-01-04T00:00:00Z");
        let mut token = Token {
            id: Uuid::from_u128(1).into(),
            name: "Ledger".parse().unwrap(),
            hint: "lectern_abcd".to_owned(),
            scopes: Scopes::new([Scope::OrdersRead]).unwrap(),
            created_by: Uuid::from_u128(2).into(),
            created_at: made,
            expires_at: Life(2).ends(made),
            last_used_at: None,
            revoked_at: None,
        };
        let end = at("2027-01-06T00:00:00Z");
        assert_eq!(token.state(at("2027-01-05T23:59:59Z")), TokenState::Works { until: end });
        assert_eq!(token.state(end), TokenState::Expired { at: end });
        assert!(token.is_due_to_be_marked(made));
        token.last_used_at = Some(made);
        assert!(!token.is_due_to_be_marked(at("2027-01-04T00:09:59Z")) && token.is_due_to_be_marked(at("2027-01-04T00:10:00Z")));
        token.revoked_at = Some(made);
        assert_eq!(token.state(end), TokenState::Revoked { at: made });
        assert_eq!(token.actor().user(), Some(token.created_by));
        assert_eq!(token.actor().token(), Some(token.id));
    }
}
