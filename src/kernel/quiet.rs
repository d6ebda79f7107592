//! Quiet hours: from nine in the evening to eight in the morning no nudge and no certificate goes, by the clocks of the student's zone.

use crate::kernel::time::{SignedDuration, Time};
use crate::kernel::{Timestamp, Zone};

const MORNING: Time = Time::constant(8, 0, 0, 0);
const EVENING: Time = Time::constant(21, 0, 0, 0);

/// `at` itself outside quiet hours, else eight o'clock of the morning that ends them. Never earlier than `at`, and a later `at`
/// never gives an earlier moment.
pub fn awake(at: Timestamp, zone: &Zone) -> Timestamp {
    let civil = zone.civil(at);
    if (MORNING..EVENING).contains(&civil.time()) {
        return at;
    }
    let next = |date: crate::kernel::time::Date| date.saturating_add(SignedDuration::from_hours(24));
    let day = if civil.time() < MORNING { civil.date() } else { next(civil.date()) };
    let morning = zone.instant(day.to_datetime(MORNING));
    // Where clocks were put back past eight, the first eight o'clock of the day is over.
    if morning < at { zone.instant(next(day).to_datetime(MORNING)) } else { morning }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::kernel::time::shifted;

    const ZONES: [&str; 6] =
        ["Europe/London", "America/New_York", "Africa/Cairo", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe"];

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn after(at: Timestamp, seconds: i64) -> Timestamp {
        shifted(at, SignedDuration::from_secs(seconds))
    }

    fn zone(name: &str) -> Zone {
        name.parse().unwrap()
    }

    #[test]
    fn a_moment_at_night_waits_for_eight_and_one_by_day_does_not() {
        let moved = |moment: &str, name: &str| awake(at(moment), &zone(name)).to_string();
        assert_eq!(moved("2027-01-04T03:30:00Z", "Asia/Kolkata"), "2027-01-04T03:30:00Z");
        assert_eq!(moved("2027-01-04T02:29:59Z", "Asia/Kolkata"), "2027-01-04T02:30:00Z");
        assert_eq!(moved("2027-01-04T02:30:00Z", "Asia/Kolkata"), "2027-01-04T02:30:00Z");
        assert_eq!(moved("2027-01-04T15:29:59Z", "Asia/Kolkata"), "2027-01-04T15:29:59Z");
        assert_eq!(moved("2027-01-04T15:30:00Z", "Asia/Kolkata"), "2027-01-05T02:30:00Z");
        assert_eq!(moved("2027-01-04T03:30:00Z", "America/New_York"), "2027-01-04T13:00:00Z");
    }

    #[test]
    fn the_night_in_which_clocks_change_ends_at_eight_by_the_new_time() {
        let london = |moment: &str| awake(at(moment), &zone("Europe/London")).to_string();
        assert_eq!(london("2027-03-27T22:00:00Z"), "2027-03-28T07:00:00Z");
        assert_eq!(london("2027-10-30T21:00:00Z"), "2027-10-31T08:00:00Z");
    }

    proptest! {
        /// Two years, with every change of clocks in them.
        #[test]
        fn it_is_never_at_night_never_earlier_and_keeps_the_order(
            name in proptest::sample::select(ZONES.as_slice()),
            seconds in 0..63_072_000i64,
            later in 0..172_800i64,
        ) {
            let zone = zone(name);
            let first = after(at("2026-06-01T00:00:00Z"), seconds);
            let (moved, next) = (awake(first, &zone), awake(after(first, later), &zone));
            prop_assert!((MORNING..EVENING).contains(&zone.civil(moved).time()), "{} in {}", moved, name);
            prop_assert!(moved >= first && moved <= next);
            prop_assert!(moved <= after(first, 12 * 3600), "no night is longer than eleven hours, and one of clocks put back");
            prop_assert_eq!(awake(moved, &zone), moved);
        }
    }
}
