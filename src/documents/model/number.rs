//! The number of a document: consecutive within its series and year (CGST Rules, rule 46(b)).

use std::fmt;

use super::Kind;
use crate::kernel::time::{Date, SignedDuration, Timestamp, Zone, shifted};
use crate::organisation::model::TaxRegistration;

/// By which a document is dated, and its year counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Calendar {
    /// April to March, by Indian Standard Time.
    IndianFinancialYear,
    /// January to December, by Coordinated Universal Time.
    CalendarYear,
}

/// Indian Standard Time is UTC+05:30, without summer time.
const IST: SignedDuration = SignedDuration::from_mins(330);
/// In which a financial year begins.
const APRIL: i8 = 4;

impl Calendar {
    /// The seller's.
    pub fn of(tax: &TaxRegistration) -> Self {
        match tax {
            TaxRegistration::Unregistered | TaxRegistration::RegisteredInIndia { .. } => Self::IndianFinancialYear,
            TaxRegistration::Elsewhere { .. } => Self::CalendarYear,
        }
    }

    /// The day of `at`.
    pub fn day(self, at: Timestamp) -> Date {
        let ahead = match self {
            Self::IndianFinancialYear => IST,
            Self::CalendarYear => SignedDuration::ZERO,
        };
        Zone::UTC.civil(shifted(at, ahead)).date()
    }

    /// The year of `day` as numbers have it: `2627`, from April 2026 to March 2027; or `2027`.
    pub fn year(self, day: Date) -> String {
        match self {
            Self::IndianFinancialYear => {
                let first = if day.month() >= APRIL { day.year() } else { day.year() - 1 };
                format!("{:02}{:02}", first.rem_euclid(100), (first + 1).rem_euclid(100))
            }
            Self::CalendarYear => format!("{:04}", day.year()),
        }
    }
}

/// `TI/2627/00001`: series, year, place in them. At most 16 characters.
#[derive(Clone, PartialEq, Eq)]
pub struct DocumentNumber(String);

/// The series has no number left that is short enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a document's number has at most {} characters", DocumentNumber::MAX)]
pub struct TooMany;

impl DocumentNumber {
    /// The longest that rule 46(b) allows, in characters.
    pub const MAX: usize = 16;

    /// The number of place `place`, from 1.
    ///
    /// # Errors
    /// [`TooMany`].
    pub fn new(kind: Kind, year: &str, place: i64) -> Result<Self, TooMany> {
        let number = format!("{}/{year}/{place:05}", kind.series());
        if number.len() <= Self::MAX { Ok(Self(number)) } else { Err(TooMany) }
    }

    /// As it was stored.
    pub(crate) fn stored(text: String) -> Self {
        Self(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// For a file's name, which has no slash.
    pub fn for_file(&self) -> String {
        self.0.replace('/', "-")
    }
}

impl fmt::Display for DocumentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for DocumentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_financial_year_turns_at_midnight_in_india() {
        let of = |calendar: Calendar, at: &str| {
            let day = calendar.day(at.parse().unwrap());
            format!("{day} {}", calendar.year(day))
        };
        let indian = Calendar::IndianFinancialYear;
        assert_eq!(of(indian, "2027-03-31T18:29:59Z"), "2027-03-31 2627");
        assert_eq!(of(indian, "2027-03-31T18:30:00Z"), "2027-04-01 2728");
        assert_eq!(of(indian, "2099-12-31T00:00:00Z"), "2099-12-31 9900");
        assert_eq!(of(Calendar::CalendarYear, "2026-12-31T23:59:59Z"), "2026-12-31 2026");
        assert_eq!(of(Calendar::CalendarYear, "2027-01-01T00:00:00Z"), "2027-01-01 2027");
    }

    #[test]
    fn a_number_has_sixteen_characters_at_most_of_those_that_the_rule_allows() {
        for kind in [Kind::Receipt, Kind::TaxInvoice, Kind::Proforma, Kind::CreditNote] {
            let number = DocumentNumber::new(kind, "2627", 99_999_999).unwrap();
            assert!(number.as_str().len() <= 16, "{number}");
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-/".contains(&byte);
            assert!(number.as_str().bytes().all(allowed), "{number}");
        }
        let first = DocumentNumber::new(Kind::TaxInvoice, "2627", 1).unwrap();
        assert_eq!((first.as_str(), first.for_file().as_str()), ("TI/2627/00001", "TI-2627-00001"));
        assert_eq!(DocumentNumber::new(Kind::TaxInvoice, "2627", 100_000_000), Err(TooMany));
    }
}
