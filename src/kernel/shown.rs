//! A moment as people read it: in their own zone, named.

use jiff::civil::Weekday;

use super::time::{Date, Timestamp, Zone};

const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

fn weekday(day: Weekday) -> &'static str {
    WEEKDAYS[usize::from(day.to_monday_zero_offset().unsigned_abs()) % 7]
}

fn month(date: Date) -> &'static str {
    MONTHS[usize::from(date.month().unsigned_abs()).saturating_sub(1) % 12]
}

/// `Mon 30 Nov 2026`.
pub fn short_date(date: Date) -> String {
    format!("{} {} {} {}", &weekday(date.weekday())[..3], date.day(), &month(date)[..3], date.year())
}

/// `30 November 2026`.
pub fn plain_date(date: Date) -> String {
    format!("{} {} {}", date.day(), month(date), date.year())
}

/// `Monday 30 November 2026`.
pub fn long_date(date: Date) -> String {
    format!("{} {} {} {}", weekday(date.weekday()), date.day(), month(date), date.year())
}

/// One moment in one zone, in the forms that pages and mails show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownTime {
    /// RFC 3339 in UTC, for `<time datetime>`.
    pub iso: String,
    /// `Mon 30 Nov 2026`.
    pub date: String,
    /// `Monday 30 November 2026`.
    pub long_date: String,
    /// `09:00`.
    pub clock: String,
    /// The IANA name of the zone.
    pub zone: String,
    /// `UTC+05:30`, in force at that moment.
    pub offset: String,
}

impl ShownTime {
    /// `at` as a wall clock in `zone` shows it, to the minute.
    pub fn new(at: Timestamp, zone: &Zone) -> Self {
        let zoned = zone.zoned(at);
        let seconds = zoned.offset().seconds();
        let minutes = seconds.unsigned_abs() / 60;
        let sign = if seconds < 0 { '\u{2212}' } else { '+' };
        let offset = if minutes == 0 { "UTC".to_owned() } else { format!("UTC{sign}{:02}:{:02}", minutes / 60, minutes % 60) };
        Self {
            iso: at.to_string(),
            date: short_date(zoned.date()),
            long_date: long_date(zoned.date()),
            clock: format!("{:02}:{:02}", zoned.hour(), zoned.minute()),
            zone: zone.name().to_owned(),
            offset,
        }
    }

    /// `Mon 30 Nov 2026, 09:00`.
    pub fn short(&self) -> String {
        format!("{}, {}", self.date, self.clock)
    }

    /// `Monday 30 November 2026 at 09:00`.
    pub fn long(&self) -> String {
        format!("{} at {}", self.long_date, self.clock)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_shown_in_the_readers_zone_with_its_offset() {
        let at: Timestamp = "2026-11-30T03:30:00Z".parse().unwrap();
        let shown = |zone: &str| ShownTime::new(at, &zone.parse().unwrap());
        let kolkata = shown("Asia/Kolkata");
        assert_eq!((kolkata.short().as_str(), kolkata.offset.as_str()), ("Mon 30 Nov 2026, 09:00", "UTC+05:30"));
        assert_eq!(kolkata.long(), "Monday 30 November 2026 at 09:00");
        let new_york = shown("America/New_York");
        assert_eq!((new_york.short().as_str(), new_york.offset.as_str()), ("Sun 29 Nov 2026, 22:30", "UTC\u{2212}05:00"));
        assert_eq!(shown("UTC").offset, "UTC");
        assert_eq!(shown("Europe/London").iso, "2026-11-30T03:30:00Z");
    }
}
