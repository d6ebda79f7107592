//! How long a seat is kept for a student who pays by bank transfer or UPI.

use std::str::FromStr;

use crate::kernel::time::SignedDuration;

/// How long a seat is kept for a payment that is not made by card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransferHold {
    days: u8,
}

/// The most days of such a hold: a seat that nobody pays for is one that somebody else waits for.
const MOST_DAYS: u8 = 14;

/// The text is no number of days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Enter a number of days from 1 to {MOST_DAYS}")]
pub struct NotHoldDays;

impl Default for TransferHold {
    /// A transfer that is ordered on a Friday evening is there by Monday.
    fn default() -> Self {
        Self { days: 3 }
    }
}

impl TransferHold {
    /// # Errors
    /// None, or more than two weeks.
    pub fn new(days: u8) -> Result<Self, NotHoldDays> {
        if (1..=MOST_DAYS).contains(&days) { Ok(Self { days }) } else { Err(NotHoldDays) }
    }

    pub fn days(self) -> u8 {
        self.days
    }

    pub fn duration(self) -> SignedDuration {
        SignedDuration::from_hours(24 * i64::from(self.days))
    }

    /// `3 days`.
    pub fn words(self) -> String {
        match self.days {
            1 => "1 day".to_owned(),
            days => format!("{days} days"),
        }
    }
}

impl FromStr for TransferHold {
    type Err = NotHoldDays;

    fn from_str(text: &str) -> Result<Self, NotHoldDays> {
        let text = text.trim();
        let plain = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|_| plain).ok_or(NotHoldDays).and_then(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seat_is_kept_for_a_day_to_two_weeks() {
        let days = |text: &str| text.parse::<TransferHold>().map(TransferHold::days);
        assert_eq!((days("1"), days(" 14 "), days("03")), (Ok(1), Ok(14), Ok(3)));
        for wrong in ["", "0", "15", "-1", "+5", "1.5", "003", "three"] {
            assert_eq!(days(wrong), Err(NotHoldDays), "{wrong}");
        }
        assert_eq!((TransferHold::default().words(), TransferHold::new(1).unwrap().words()), ("3 days".into(), "1 day".into()));
    }
}
