//! How long a seat is offered to somebody on a waitlist.

use std::str::FromStr;

use crate::kernel::time::SignedDuration;

/// How long an offer of a free seat is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfferLength {
    hours: u16,
}

/// The most hours of an offer: a week.
const MOST_HOURS: u16 = 168;

/// The text is no number of hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Enter a number of hours from 1 to {MOST_HOURS}")]
pub struct NotHours;

impl Default for OfferLength {
    fn default() -> Self {
        Self { hours: 24 }
    }
}

impl OfferLength {
    /// # Errors
    /// None, or more than a week.
    pub fn new(hours: u16) -> Result<Self, NotHours> {
        if (1..=MOST_HOURS).contains(&hours) { Ok(Self { hours }) } else { Err(NotHours) }
    }

    pub fn hours(self) -> u16 {
        self.hours
    }

    pub fn duration(self) -> SignedDuration {
        SignedDuration::from_hours(i64::from(self.hours))
    }

    /// `24 hours`.
    pub fn words(self) -> String {
        match self.hours {
            1 => "1 hour".to_owned(),
            hours => format!("{hours} hours"),
        }
    }
}

impl FromStr for OfferLength {
    type Err = NotHours;

    fn from_str(text: &str) -> Result<Self, NotHours> {
        let text = text.trim();
        let plain = (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|_| plain).ok_or(NotHours).and_then(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offer_lasts_from_an_hour_to_a_week() {
        let hours = |text: &str| text.parse::<OfferLength>().map(OfferLength::hours);
        assert_eq!((hours("1"), hours(" 168 "), hours("024")), (Ok(1), Ok(168), Ok(24)));
        for wrong in ["", "0", "169", "-1", "+5", "1.5", "a day"] {
            assert_eq!(hours(wrong), Err(NotHours), "{wrong}");
        }
        assert_eq!((OfferLength::default().words(), OfferLength::new(1).unwrap().words()), ("24 hours".into(), "1 hour".into()));
    }
}
