//! Whether and where the organisation is registered for tax, which decides what its documents are.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::export::ExportTerms;
use super::texts::parsed_text;
use crate::kernel::text::{TextError, single_line, text_type};

/// The seller's standing. What is needed to charge tax is in the state that charges it, and nowhere else.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "snake_case")]
pub enum TaxRegistration {
    /// Collects no tax; documents are receipts without tax lines (CGST Act s.32, CGST Rules rule 49).
    #[default]
    Unregistered,
    /// Issues tax invoices (CGST Rules rule 46).
    RegisteredInIndia {
        gstin: Gstin,
        sac: Sac,
        #[serde(default)]
        export: ExportTerms,
    },
    /// One rate under the words of another country's law.
    Elsewhere { label: TaxLabel, number: TaxNumber, rate: Rate },
}

impl TaxRegistration {
    /// The stable word of the mode, in forms and in the database.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Unregistered => "unregistered",
            Self::RegisteredInIndia { .. } => "registered_in_india",
            Self::Elsewhere { .. } => "elsewhere",
        }
    }
}

/// Why a text is no GSTIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GstinError {
    #[error("Enter the 15 characters of the GSTIN, like 29ABCDE1234F1ZW")]
    Shape,
    #[error("The first two digits of a GSTIN are a State’s code, and these are none")]
    State,
    #[error("The last character does not fit the others: look for a mistyped one")]
    Checksum,
}

parsed_text! {
    /// A regular taxpayer's GSTIN: a State's code, the PAN, a number, `Z`, a check character; kept in capitals.
    Gstin, GstinError, gstin
}

impl Gstin {
    /// The State of the registration: it decides between CGST with SGST, and IGST.
    pub fn state(&self) -> StateCode {
        self.as_str().get(..2).and_then(|code| code.parse().ok()).unwrap_or(StateCode(97))
    }
}

fn gstin(text: &str) -> Result<String, GstinError> {
    let text: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect::<String>().to_ascii_uppercase();
    let shape = b"00AAAAA0000A1Z*";
    let fits = |(byte, place): (u8, &u8)| match place {
        b'0' => byte.is_ascii_digit(),
        b'A' => byte.is_ascii_uppercase(),
        b'1' => byte.is_ascii_uppercase() || (b'1'..=b'9').contains(&byte),
        b'Z' => byte == b'Z',
        _ => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
    };
    if text.len() != shape.len() || !text.bytes().zip(shape).all(fits) {
        return Err(GstinError::Shape);
    }
    text[..2].parse::<StateCode>().map_err(|_| GstinError::State)?;
    if text.ends_with(check_character(&text[..14])) { Ok(text) } else { Err(GstinError::Checksum) }
}

/// Luhn's method in base 36: places count once and twice by turns, a product's two digits are added up.
fn check_character(first: &str) -> char {
    let digit = |byte: u8| u32::from(if byte.is_ascii_digit() { byte - b'0' } else { byte - b'A' + 10 });
    let sum: u32 = first
        .bytes()
        .zip([1, 2].into_iter().cycle())
        .map(|(byte, factor)| {
            let product = digit(byte) * factor;
            product / 36 + product % 36
        })
        .sum();
    char::from_digit((36 - sum % 36) % 36, 36).unwrap_or('0').to_ascii_uppercase()
}

/// A State or Union territory of India, by the code that tax documents use.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StateCode(u8);

/// The text is no State's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Choose a State or Union territory")]
pub struct NotAState;

/// Codes 25 and 28 are of territories that are no more.
const STATES: [(u8, &str); 37] = [
    (1, "Jammu and Kashmir"),
    (2, "Himachal Pradesh"),
    (3, "Punjab"),
    (4, "Chandigarh"),
    (5, "Uttarakhand"),
    (6, "Haryana"),
    (7, "Delhi"),
    (8, "Rajasthan"),
    (9, "Uttar Pradesh"),
    (10, "Bihar"),
    (11, "Sikkim"),
    (12, "Arunachal Pradesh"),
    (13, "Nagaland"),
    (14, "Manipur"),
    (15, "Mizoram"),
    (16, "Tripura"),
    (17, "Meghalaya"),
    (18, "Assam"),
    (19, "West Bengal"),
    (20, "Jharkhand"),
    (21, "Odisha"),
    (22, "Chhattisgarh"),
    (23, "Madhya Pradesh"),
    (24, "Gujarat"),
    (26, "Dadra and Nagar Haveli and Daman and Diu"),
    (27, "Maharashtra"),
    (29, "Karnataka"),
    (30, "Goa"),
    (31, "Lakshadweep"),
    (32, "Kerala"),
    (33, "Tamil Nadu"),
    (34, "Puducherry"),
    (35, "Andaman and Nicobar Islands"),
    (36, "Telangana"),
    (37, "Andhra Pradesh"),
    (38, "Ladakh"),
    (97, "Other Territory"),
];

impl StateCode {
    /// All of them, in the order of their codes.
    pub fn all() -> impl Iterator<Item = Self> {
        STATES.into_iter().map(|(code, _)| Self(code))
    }

    /// Its name in English.
    pub fn name(self) -> &'static str {
        STATES.into_iter().find(|(code, _)| *code == self.0).map_or("", |(_, name)| name)
    }
}

impl FromStr for StateCode {
    type Err = NotAState;

    fn from_str(text: &str) -> Result<Self, NotAState> {
        let known = STATES.into_iter().find(|(code, _)| text == format!("{code:02}"));
        known.map(|(code, _)| Self(code)).ok_or(NotAState)
    }
}

impl Serialize for StateCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for StateCode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Two digits.
impl fmt::Display for StateCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}", self.0)
    }
}

impl fmt::Debug for StateCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is no services accounting code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Enter the six digits of a service’s code, like 999293")]
pub struct NotASac;

parsed_text! {
    /// A services accounting code: six digits, of which the first two are 99.
    Sac, NotASac, |text: &str| {
        let text = text.trim();
        let fits = text.len() == 6 && text.starts_with("99") && text.bytes().all(|byte| byte.is_ascii_digit());
        if fits { Ok(text.to_owned()) } else { Err(NotASac) }
    }
}

/// Commercial training and coaching.
pub const USUAL_SAC: &str = "999293";

parsed_text! {
    /// What the tax is called: `VAT`. One line of up to 20 characters.
    TaxLabel, TextError, |text| single_line(text, 20)
}

parsed_text! {
    /// The registration's number: one line of up to 40 characters.
    TaxNumber, TextError, |text| single_line(text, 40)
}

/// A tax rate in basis points: 1900 is 19 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Rate(u16);

/// The text is no rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Enter a rate in per cent between 0 and 100, like 19 or 7.5")]
pub struct NotARate;

impl Rate {
    /// Integrated tax on commercial training and coaching, and on services at large (notification 8/2017-Integrated Tax (Rate)).
    pub const GST: Self = Self(1_800);
    /// Central tax on the same, and the State's or Union territory's tax, which is as much.
    pub const HALF_GST: Self = Self(900);

    /// Hundredths of a per cent.
    pub fn basis_points(self) -> u16 {
        self.0
    }
}

impl FromStr for Rate {
    type Err = NotARate;

    fn from_str(text: &str) -> Result<Self, NotARate> {
        let text = text.trim().trim_end_matches('%').trim_end();
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str, most: usize| (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole, 3) || !digits(part, 2) {
            return Err(NotARate);
        }
        let points = format!("{whole}{part:0<2}").parse::<u16>().map_err(|_| NotARate)?;
        if points <= 10_000 { Ok(Self(points)) } else { Err(NotARate) }
    }
}

/// In per cent, without the sign and without needless zeros.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 / 100, self.0 % 100);
        match part {
            0 => write!(f, "{whole}"),
            part if part % 10 == 0 => write!(f, "{whole}.{}", part / 10),
            part => write!(f, "{whole}.{part:02}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_gstin_is_read_and_tells_its_state() {
        let gstin: Gstin = " 29 abcde1234f1zw".parse().unwrap();
        assert_eq!(gstin.as_str(), "29ABCDE1234F1ZW");
        assert_eq!((gstin.state().to_string().as_str(), gstin.state().name()), ("29", "Karnataka"));
        assert_eq!("07ABCDE1234F1Z2".parse::<Gstin>().unwrap().state().name(), "Delhi");
        for (text, error) in [
            ("", GstinError::Shape),
            ("29ABCDE1234F1Z", GstinError::Shape),
            ("29ABCDE1234F0ZW", GstinError::Shape),
            ("29ABCDE1234F1AW", GstinError::Shape),
            ("29ABCDE1234F1Z\n", GstinError::Shape),
            ("२९ABCDE1234F1ZW", GstinError::Shape),
            ("28ABCDE1234F1ZW", GstinError::State),
            ("29ABCDE1234F1ZX", GstinError::Checksum),
            ("29ABCDE1243F1ZW", GstinError::Checksum),
        ] {
            assert_eq!(text.parse::<Gstin>(), Err(error), "{text:?}");
        }
    }

    fn first_fourteen() -> impl Strategy<Value = String> {
        let state = proptest::sample::select(StateCode::all().collect::<Vec<_>>());
        (state, "[A-Z]{5}[0-9]{4}[A-Z][1-9A-Z]Z").prop_map(|(state, rest)| format!("{state}{rest}"))
    }

    proptest! {
        /// The method's promise: one mistyped character never passes.
        #[test]
        fn one_wrong_character_is_always_found(first in first_fourteen(), place in 0usize..15, other in "[0-9A-Z]") {
            let whole = format!("{first}{}", check_character(&first));
            prop_assert_eq!(whole.parse::<Gstin>().map(|gstin| gstin.to_string()), Ok(whole.clone()));
            let mut wrong = whole.clone();
            wrong.replace_range(place..=place, &other);
            prop_assert!(wrong == whole || wrong.parse::<Gstin>().is_err(), "{} passes for {}", wrong, whole);
        }

        #[test]
        fn any_text_is_refused_or_read_but_never_panics(text: String) {
            let _ = (text.parse::<Gstin>(), text.parse::<Sac>(), text.parse::<Rate>(), text.parse::<StateCode>());
        }

        #[test]
        fn a_rate_reads_back_as_it_is_shown(points in 0u16..=10_000) {
            let rate = Rate(points);
            prop_assert_eq!(rate.to_string().parse::<Rate>(), Ok(rate));
        }
    }

    #[test]
    fn a_rate_is_in_per_cent() {
        let points = |text: &str| text.parse::<Rate>().map(Rate::basis_points);
        assert_eq!((points("19"), points("7.5 %"), points("0.25"), points("100")), (Ok(1900), Ok(750), Ok(25), Ok(10_000)));
        for bad in ["", "-1", "100.01", "1.234", "19,5", "1e2", "٣"] {
            assert_eq!(points(bad), Err(NotARate), "{bad:?}");
        }
    }

    #[test]
    fn a_service_has_a_code_of_six_digits() {
        assert_eq!(" 999293 ".parse::<Sac>().unwrap().as_str(), USUAL_SAC);
        for bad in ["", "9992", "123456", "99929a", "9992930"] {
            assert_eq!(bad.parse::<Sac>(), Err(NotASac), "{bad:?}");
        }
    }

    #[test]
    fn a_registration_is_stored_and_read_back_and_a_bad_one_is_not() {
        for registration in [
            TaxRegistration::Unregistered,
            TaxRegistration::RegisteredInIndia {
                gstin: "29ABCDE1234F1ZW".parse().unwrap(),
                sac: USUAL_SAC.parse().unwrap(),
                export: ExportTerms::WithTax,
            },
            TaxRegistration::Elsewhere { label: "VAT".parse().unwrap(), number: "EX 000".parse().unwrap(), rate: Rate(1900) },
        ] {
            let stored = serde_json::to_value(&registration).unwrap();
            assert_eq!(stored["mode"], registration.word());
            assert_eq!(serde_json::from_value::<TaxRegistration>(stored).unwrap(), registration);
        }
        let bad = serde_json::json!({ "mode": "registered_in_india", "gstin": "29ABCDE1234F1ZX", "sac": "999293" });
        assert!(serde_json::from_value::<TaxRegistration>(bad).is_err());
    }
}
