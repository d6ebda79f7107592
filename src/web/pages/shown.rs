//! Days, counts and spans, as the pages say them.

use crate::kernel::Timestamp;
use crate::kernel::shown::short_date;
use crate::kernel::time::{Date, SignedDuration};

/// A civil day, for people and for `<time datetime>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownDay {
    pub iso: String,
    /// `Mon 7 Dec 2026`.
    pub text: String,
}

impl ShownDay {
    /// So many days after `start`; held within the calendar.
    pub fn after(start: Date, days: i64) -> Self {
        let date = start.saturating_add(SignedDuration::from_hours(24 * days));
        Self { iso: date.to_string(), text: short_date(date) }
    }
}

/// `1 reading`, `3 readings`.
pub fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// `1 minute`, `70 minutes`.
pub fn minutes_words(minutes: u32) -> String {
    counted(usize::try_from(minutes).unwrap_or(usize::MAX), "minute")
}

/// The time from `now` to `at`, in its two largest units: `5 days 18 hours`, `2 hours 5 minutes`, `less than a minute`.
pub fn span(now: Timestamp, at: Timestamp) -> String {
    let minutes = usize::try_from(now.duration_until(at).as_secs() / 60).unwrap_or_default();
    let (days, hours, rest) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    let pair = |large, large_noun, small, small_noun| match small {
        0 => counted(large, large_noun),
        small => format!("{} {}", counted(large, large_noun), counted(small, small_noun)),
    };
    match (days, hours, rest) {
        (0, 0, 0) => "less than a minute".to_owned(),
        (0, 0, minutes) => counted(minutes, "minute"),
        (0, hours, minutes) => pair(hours, "hour", minutes, "minute"),
        (days, hours, _) => pair(days, "day", hours, "hour"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn days_are_counted_on_the_calendar() {
        let day = ShownDay::after("2026-12-28".parse().unwrap(), 14);
        assert_eq!((day.iso.as_str(), day.text.as_str()), ("2027-01-11", "Mon 11 Jan 2027"));
        assert_eq!((counted(1, "reading").as_str(), minutes_words(70).as_str()), ("1 reading", "70 minutes"));
    }

    #[test]
    fn a_span_is_told_in_its_two_largest_units() {
        let now = at("2027-01-01T00:00:00Z");
        let told = |until: &str| span(now, at(until));
        assert_eq!(told("2027-01-06T18:59:00Z"), "5 days 18 hours");
        assert_eq!(told("2027-01-02T00:30:00Z"), "1 day");
        assert_eq!(told("2027-01-01T02:05:00Z"), "2 hours 5 minutes");
        assert_eq!(told("2027-01-01T00:01:59Z"), "1 minute");
        assert_eq!(told("2027-01-01T00:00:59Z"), "less than a minute");
    }
}
