//! The texts that an organisation is known by, parsed once.

use crate::kernel::text::{TextError, several_lines, single_line, text_type};

/// A text of its own type: what parses it, and a debug print that shows nothing, for it would reach a log.
macro_rules! parsed_text {
    ($(#[$doc:meta])* $name:ident, $error:ty, $parse:expr) => {
        text_type! { $(#[$doc])* $name }

        impl std::str::FromStr for $name {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, $error> {
                $parse(text).map(Self)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}
pub(super) use parsed_text;

parsed_text! {
    /// The name under which the organisation makes contracts: one line of up to 120 characters.
    LegalName, TextError, |text| single_line(text, 120)
}

parsed_text! {
    /// The name over every page: one line of up to 40 characters.
    ShortName, TextError, |text| single_line(text, 40)
}

parsed_text! {
    /// Where it sits, as on an envelope: up to 300 characters over several lines.
    Address, TextError, |text| several_lines(text, 300)
}

impl Address {
    /// On one line, its lines set apart by commas.
    pub fn on_one_line(&self) -> String {
        self.as_str()
            .lines()
            .map(|line| line.trim().trim_end_matches(','))
            .filter(|line| !line.is_empty())
            .collect::<Vec<_>>()
            .join(", ")
    }
}

parsed_text! {
    /// What somebody is in the organisation: one line of up to 80 characters.
    Designation, TextError, |text| single_line(text, 80)
}

parsed_text! {
    /// The name beside the sender's address: one line of up to 80 characters.
    SenderName, TextError, |text| single_line(text, 80)
}

/// The text is no telephone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Enter a telephone number like +91 00000 00000")]
pub struct NotAPhone;

parsed_text! {
    /// A telephone number as people write it: 6 to 15 digits (ITU-T E.164 allows 15), perhaps grouped, perhaps with a plus.
    Phone, NotAPhone, phone
}

fn phone(text: &str) -> Result<String, NotAPhone> {
    let text = single_line(text, 24).map_err(|_| NotAPhone)?;
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let rest = text.strip_prefix('+').unwrap_or(&text);
    let shape = rest.bytes().all(|byte| byte.is_ascii_digit() || b" -()".contains(&byte));
    if (6..=15).contains(&digits) && shape { Ok(text) } else { Err(NotAPhone) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_telephone_number_is_digits_however_they_are_grouped() {
        for good in ["+91 00000 00000", "011-0000 0000", "(011) 000000", "100000"] {
            assert_eq!(good.parse::<Phone>().unwrap().as_str(), good);
        }
        for bad in ["", "12345", "+91 00000 00000 00000", "call me", "00+0000000", "+91\n0000000000", "tel:+910000000000"] {
            assert_eq!(bad.parse::<Phone>(), Err(NotAPhone), "{bad:?}");
        }
    }

    #[test]
    fn an_address_stands_on_one_line_too() {
        let address: Address = "1 Example Street,\r\nExample Town 000000\r\n\r\nIndia".parse().unwrap();
        assert_eq!(address.on_one_line(), "1 Example Street, Example Town 000000, India");
    }

    #[test]
    fn no_control_character_gets_in_and_none_is_printed() {
        for bad in ["a\0b", "a\u{202e}b", "a\u{1b}[2Jb"] {
            assert!(bad.parse::<LegalName>().is_err() && bad.parse::<Address>().is_err() && bad.parse::<SenderName>().is_err());
        }
        assert!("a\r\nBcc: b".parse::<SenderName>().is_err());
        assert_eq!(format!("{:?}", "Example Journal".parse::<LegalName>().unwrap()), "LegalName(…)");
    }
}
