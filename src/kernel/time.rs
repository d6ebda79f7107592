//! Instants, zones, civil moments, and the two clocks. The only module that reads the machine's clock.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::tz::{AmbiguousOffset, TimeZone};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use jiff::civil::{Date, DateTime, Time, Weekday};
pub use jiff::{SignedDuration, Timestamp, ZonedDateTime};

/// The text names no zone of the bundled IANA time zone database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an IANA time zone: {0:?}")]
pub struct UnknownZone(pub String);

/// Areas of the IANA database's `backward` file, kept there for old systems.
const LEGACY: [&str; 7] = ["Etc/", "US/", "SystemV/", "Brazil/", "Canada/", "Chile/", "Mexico/"];
/// Names that the IANA database has replaced by the place's present one.
#[rustfmt::skip]
const REPLACED: [&str; 24] = [
    "Africa/Asmera", "America/Buenos_Aires", "America/Catamarca", "America/Cordoba", "America/Fort_Wayne", "America/Godthab",
    "America/Indianapolis", "America/Jujuy", "America/Knox_IN", "America/Louisville", "America/Mendoza", "America/Porto_Acre",
    "America/Virgin", "Asia/Ashkhabad", "Asia/Calcutta", "Asia/Chungking", "Asia/Dacca", "Asia/Katmandu", "Asia/Macao",
    "Asia/Rangoon", "Asia/Saigon", "Asia/Thimbu", "Atlantic/Faeroe", "Europe/Kiev",
];

/// A zone of the IANA time zone database, such as `Asia/Kolkata`, with its rules.
#[derive(Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

/// How often the clocks of a zone show a civil time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    Once,
    /// Clocks are put forward over it.
    Never,
    /// Clocks are put back over it.
    Twice,
}

impl Zone {
    /// Coordinated Universal Time.
    pub const UTC: Self = Self(TimeZone::UTC);

    /// The IANA name.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// The civil time that a clock on the wall in this zone shows at `at`.
    pub fn civil(&self, at: Timestamp) -> DateTime {
        self.0.to_datetime(at)
    }

    /// The zoned moment, for formatting.
    pub fn zoned(&self, at: Timestamp) -> ZonedDateTime {
        at.to_zoned_datetime(self.0.clone())
    }

    /// The instant at which this zone's clocks show `civil`.
    ///
    /// Where clocks skip that time (spring), it is the instant as far after the gap's start as the time is; where they show
    /// it twice (autumn), the first: RFC 5545 section 3.3.5's rule, jiff's "compatible". An instant beyond the calendar
    /// (year 9999) is clamped to its end.
    pub fn instant(&self, civil: DateTime) -> Timestamp {
        self.0.to_ambiguous_timestamp(civil).compatible().unwrap_or(Timestamp::MAX)
    }

    /// How often this zone's clocks show `civil`.
    pub fn shows(&self, civil: DateTime) -> Shows {
        match self.0.to_ambiguous_timestamp(civil).offset() {
            AmbiguousOffset::Unambiguous { .. } => Shows::Once,
            AmbiguousOffset::Gap { .. } => Shows::Never,
            AmbiguousOffset::Fold { .. } => Shows::Twice,
        }
    }

    /// Every zone's name, sorted, for a form's choice. Legacy names (`EST5EDT`, `Etc/…`, `US/…`) and names that the IANA database
    /// has replaced (`Asia/Calcutta`) are left out; they parse all the same.
    pub fn names() -> Vec<String> {
        let mut names: Vec<String> = jiff::tz::db()
            .available()
            .map(|name| name.as_str().to_owned())
            .filter(|name| {
                name.contains('/') && !LEGACY.iter().any(|area| name.starts_with(area)) && !REPLACED.contains(&name.as_str())
            })
            .collect();
        names.push("UTC".to_owned());
        names.sort_unstable();
        names
    }
}

impl FromStr for Zone {
    type Err = UnknownZone;

    fn from_str(name: &str) -> Result<Self, UnknownZone> {
        let refused = || UnknownZone(name.chars().take(64).collect());
        if name.len() > 64 {
            return Err(refused());
        }
        if name == "UTC" {
            return Ok(Self::UTC);
        }
        TimeZone::get(name).map(Self).map_err(|_| refused())
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Where instants come from.
#[derive(Debug, Clone)]
enum Source {
    System,
    /// Microseconds since 1970, in a test's hands.
    Manual(Arc<AtomicI64>),
}

/// The two clocks.
///
/// *Machine time* is for leases, time-outs, rate limits and idle sessions. *Service time* is for all that people see:
/// machine time plus an offset that only development and tests move, and only forward.
#[derive(Debug, Clone)]
pub struct Clocks {
    source: Source,
    /// Microseconds that service time is ahead of machine time.
    offset: Arc<AtomicI64>,
}

impl Clocks {
    /// The machine's own clock, service time beside it.
    pub fn system() -> Self {
        Self { source: Source::System, offset: Arc::default() }
    }

    /// A clock that stands still at `at` until [`Clocks::set_machine`] moves it.
    pub fn manual(at: Timestamp) -> Self {
        Self { source: Source::Manual(Arc::new(AtomicI64::new(at.as_microsecond()))), offset: Arc::default() }
    }

    /// Machine time, in whole microseconds: what the database can keep.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    pub fn machine(&self) -> Timestamp {
        let micros = match &self.source {
            Source::System => Timestamp::now().as_microsecond(),
            Source::Manual(micros) => micros.load(Ordering::SeqCst),
        };
        Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MAX)
    }

    /// Service time, in whole microseconds.
    pub fn service(&self) -> Timestamp {
        let micros = self.machine().as_microsecond().saturating_add(self.offset.load(Ordering::SeqCst));
        Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MAX)
    }

    /// How far service time is ahead of machine time.
    pub fn offset(&self) -> SignedDuration {
        SignedDuration::from_micros(self.offset.load(Ordering::SeqCst))
    }

    /// Takes over the offset that the database holds.
    pub fn set_offset(&self, offset: SignedDuration) {
        let micros = i64::try_from(offset.as_micros()).unwrap_or(i64::MAX);
        self.offset.store(micros, Ordering::SeqCst);
    }

    /// Moves a manual clock; the system's own cannot be moved, and is left alone.
    pub fn set_machine(&self, at: Timestamp) {
        if let Source::Manual(micros) = &self.source {
            micros.store(at.as_microsecond(), Ordering::SeqCst);
        }
    }
}

/// `at` moved by `duration`, held within the calendar (years -9999 to 9999).
pub fn shifted(at: Timestamp, duration: SignedDuration) -> Timestamp {
    at.checked_add(duration).unwrap_or(if duration.is_negative() { Timestamp::MIN } else { Timestamp::MAX })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn zone(name: &str) -> Zone {
        name.parse().unwrap()
    }

    #[test]
    fn a_civil_time_that_clocks_skip_or_repeat_has_one_instant() {
        let london = zone("Europe/London");
        // 2027-03-28 01:00 -> 02:00, 2027-10-31 02:00 -> 01:00.
        assert_eq!(london.instant(date(2027, 3, 28).at(1, 30, 0, 0)).to_string(), "2027-03-28T01:30:00Z");
        assert_eq!(london.instant(date(2027, 10, 31).at(1, 30, 0, 0)).to_string(), "2027-10-31T00:30:00Z");
    }

    #[test]
    fn zones_come_from_the_bundled_database_alone() {
        assert_eq!(zone("Asia/Kathmandu").instant(date(2027, 1, 1).at(9, 0, 0, 0)).to_string(), "2027-01-01T03:15:00Z");
        assert!("Mars/Olympus".parse::<Zone>().is_err());
        assert!("../../etc/passwd".parse::<Zone>().is_err());
        let names = Zone::names();
        assert!(names.len() > 300 && names.iter().all(|name| name.parse::<Zone>().is_ok()));
        assert!(names.contains(&"Asia/Kolkata".to_owned()) && !names.contains(&"Asia/Calcutta".to_owned()));
        assert!(names.contains(&"Asia/Kolkata".to_owned()) && !names.contains(&"Asia/Calcutta".to_owned()));
        assert_eq!(zone("Asia/Calcutta").name(), "Asia/Calcutta", "what an old record holds still parses");
    }

    #[test]
    fn service_time_runs_beside_machine_time() {
        let start: Timestamp = "2027-01-04T03:30:00Z".parse().unwrap();
        let clocks = Clocks::manual(start);
        clocks.set_offset(SignedDuration::from_hours(24));
        assert_eq!(clocks.machine(), start);
        assert_eq!(clocks.service(), shifted(start, SignedDuration::from_hours(24)));
    }
}
