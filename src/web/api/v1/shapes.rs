//! Shapes that several groups share.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kernel::time::{Date, DateTime};
use crate::kernel::{Timestamp, Zone};

/// An instant: RFC 3339, in UTC.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[schema(value_type = String, format = DateTime, examples("2027-01-11T03:30:00Z"))]
pub struct Instant(pub Timestamp);

impl From<Timestamp> for Instant {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

/// A day of the calendar: RFC 3339 full-date.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[schema(value_type = String, format = Date, examples("2027-01-11"))]
pub struct Day(pub Date);

impl From<Date> for Day {
    fn from(day: Date) -> Self {
        Self(day)
    }
}

/// An amount of money.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// Whole minor units: paise, cents.
    #[schema(examples(650_000))]
    pub amount: i64,
    /// An ISO 4217 code.
    #[schema(examples("INR"))]
    pub currency: String,
}

impl From<crate::kernel::Money> for Money {
    fn from(money: crate::kernel::Money) -> Self {
        Self { amount: money.minor, currency: money.currency.code().to_owned() }
    }
}

/// A moment that was set on the wall of a cohort's zone.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Moment {
    pub at: Instant,
    /// The same on the wall of `zone`, without an offset.
    #[schema(examples("2027-01-11T09:00:00"))]
    pub local: String,
    /// An IANA zone.
    #[schema(examples("Asia/Kolkata"))]
    pub zone: String,
}

impl Moment {
    pub fn new(at: Timestamp, civil: DateTime, zone: &Zone) -> Self {
        Self { at: at.into(), local: civil.to_string(), zone: zone.name().to_owned() }
    }
}
