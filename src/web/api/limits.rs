//! How many requests a token may make: so many a minute of machine time, counted in this process.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::kernel::Timestamp;
use crate::kernel::ids::TokenId;

/// Seconds of a window.
const WINDOW: i64 = 60;
/// With so many tokens in hand, those of past windows are forgotten.
const MANY: usize = 1000;

/// Counts the requests of each token.
#[derive(Debug)]
pub struct Limits {
    per_window: u32,
    used: Mutex<HashMap<TokenId, Count>>,
}

#[derive(Debug, Clone, Copy)]
struct Count {
    window: i64,
    used: u32,
}

/// What is left to a token, for the headers of its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    per_window: u32,
    left: u32,
    /// Seconds until all come back.
    pub resets_in: u64,
    /// Whether this request was one of those.
    pub allowed: bool,
}

impl Limits {
    pub fn new(per_minute: u32) -> Self {
        Self { per_window: per_minute.max(1), used: Mutex::default() }
    }

    /// Counts a request at machine time `now`.
    pub fn count(&self, token: TokenId, now: Timestamp) -> Left {
        let (window, past) = (now.as_second().div_euclid(WINDOW), now.as_second().rem_euclid(WINDOW));
        let mut all = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() > MANY {
            all.retain(|_, count| count.window == window);
        }
        let count = all.entry(token).or_insert(Count { window, used: 0 });
        if count.window != window {
            *count = Count { window, used: 0 };
        }
        let allowed = count.used < self.per_window;
        if allowed {
            count.used += 1;
        }
        Left {
            per_window: self.per_window,
            left: self.per_window - count.used,
            resets_in: u64::try_from(WINDOW - past).unwrap_or(1),
            allowed,
        }
    }
}

impl Left {
    /// Says it (draft-ietf-httpapi-ratelimit-headers-10).
    pub fn tell(&self, headers: &mut HeaderMap) {
        let policy = format!("\"token\";q={};w={WINDOW}", self.per_window);
        let left = format!("\"token\";r={};t={}", self.left, self.resets_in);
        for (name, value) in [("ratelimit-policy", policy), ("ratelimit", left)] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn each_token_has_its_own_count_and_gets_it_back_each_minute() {
        let limits = Limits::new(2);
        let (one, two) = (TokenId(Uuid::from_u128(1)), TokenId(Uuid::from_u128(2)));
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let early = at("2027-01-04T03:30:15Z");
        let first = limits.count(one, early);
        assert_eq!((first.left, first.resets_in, first.allowed), (1, 45, true));
        assert!(limits.count(one, early).allowed);
        let refused = limits.count(one, early);
        assert_eq!((refused.left, refused.allowed), (0, false));
        assert!(limits.count(two, early).allowed);
        assert!(!limits.count(one, at("2027-01-04T03:30:59Z")).allowed);
        assert!(limits.count(one, at("2027-01-04T03:31:00Z")).allowed);
        let mut headers = HeaderMap::new();
        refused.tell(&mut headers);
        assert_eq!(
            (&headers["ratelimit-policy"], &headers["ratelimit"]),
            (&HeaderValue::from_static("\"token\";q=2;w=60"), &HeaderValue::from_static("\"token\";r=0;t=45"))
        );
    }
}
