//! How a seller registered in India exports: under a letter of undertaking without tax, or with it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::texts::parsed_text;
use crate::kernel::Timestamp;
use crate::kernel::Zone;
use crate::kernel::text::text_type;
use crate::kernel::time::{SignedDuration, shifted};

/// The terms on which services are exported (IGST Act s.16(3)).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "terms", rename_all = "snake_case")]
pub enum ExportTerms {
    /// Integrated tax is paid on them, and its refund claimed.
    #[default]
    WithTax,
    /// Without tax, under a letter of undertaking, which covers one financial year (CGST Rules rule 96A).
    UnderLut { number: LutNumber, year: FinancialYear },
}

impl ExportTerms {
    /// The letter that covers an export at `now`; none, once its year is over.
    pub fn letter(&self, now: Timestamp) -> Option<(&LutNumber, FinancialYear)> {
        match self {
            Self::UnderLut { number, year } if *year == FinancialYear::at(now) => Some((number, *year)),
            Self::UnderLut { .. } | Self::WithTax => None,
        }
    }
}

/// The text is no reference of a letter of undertaking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Enter the letter’s reference number (ARN): 15 letters and digits")]
pub struct NotALut;

parsed_text! {
    /// The reference (ARN) of a letter of undertaking, form GST RFD-11: 15 letters and digits, kept in capitals.
    LutNumber, NotALut, |text: &str| {
        let text = text.trim().to_ascii_uppercase();
        let fits = text.len() == 15 && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if fits { Ok(text) } else { Err(NotALut) }
    }
}

/// A financial year of India, April to March, by the year that it begins in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FinancialYear(i16);

/// The text is no financial year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Enter a financial year, like 2026-27")]
pub struct NotAYear;

/// India's standard time is 5 h 30 min ahead of UTC all year.
const IST: SignedDuration = SignedDuration::from_mins(330);

impl FinancialYear {
    /// The year that holds `now` by Indian time.
    pub fn at(now: Timestamp) -> Self {
        let date = Zone::UTC.civil(shifted(now, IST)).date();
        Self(if date.month() >= 4 { date.year() } else { date.year() - 1 })
    }
}

/// `2026-27`.
impl fmt::Display for FinancialYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:02}", self.0, (self.0 + 1) % 100)
    }
}

impl FromStr for FinancialYear {
    type Err = NotAYear;

    fn from_str(text: &str) -> Result<Self, NotAYear> {
        let text = text.trim().replace('–', "-");
        let (from, _) = text.split_once('-').ok_or(NotAYear)?;
        let year = from.parse().ok().filter(|year| (2017..=2200).contains(year)).map(Self).ok_or(NotAYear)?;
        if year.to_string() == text { Ok(year) } else { Err(NotAYear) }
    }
}

impl Serialize for FinancialYear {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for FinancialYear {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_financial_year_begins_on_the_first_of_april_by_indian_time() {
        let year = |at: &str| FinancialYear::at(at.parse().unwrap()).to_string();
        assert_eq!((year("2027-03-31T18:29:59Z"), year("2027-03-31T18:30:00Z")), ("2026-27".into(), "2027-28".into()));
        assert_eq!("2099-00".parse::<FinancialYear>().map(|year| year.to_string()), Ok("2099-00".to_owned()));
        for bad in ["", "2026", "2026-28", "26-27", "2026-2027", "1999-00"] {
            assert_eq!(bad.parse::<FinancialYear>(), Err(NotAYear), "{bad}");
        }
    }

    #[test]
    fn a_letter_covers_its_own_year_alone() {
        let number: LutNumber = " ad290326001234x ".parse().unwrap();
        assert_eq!(number.as_str(), "AD290326001234X");
        let terms = ExportTerms::UnderLut { number, year: "2026-27".parse().unwrap() };
        assert!(terms.letter("2027-03-31T12:00:00Z".parse().unwrap()).is_some());
        assert!(terms.letter("2027-04-01T12:00:00Z".parse().unwrap()).is_none());
        assert!(ExportTerms::WithTax.letter("2027-03-31T12:00:00Z".parse().unwrap()).is_none());
        assert!("AD29".parse::<LutNumber>().is_err());
        let stored = serde_json::to_value(&terms).unwrap();
        assert_eq!(serde_json::from_value::<ExportTerms>(stored).unwrap(), terms);
    }
}
