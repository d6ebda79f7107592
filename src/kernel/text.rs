//! Texts that people type, parsed once into types that cannot hold a bad one.

use std::fmt;
use std::str::FromStr;

/// Why a text was not accepted. Shown beside the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    #[error("Enter a value")]
    Empty,
    #[error("Use at most {0} characters")]
    TooLong(usize),
    #[error("Remove line breaks and control characters")]
    ControlCharacter,
    #[error("Enter an email address like name@example.org")]
    NotAnEmail,
    #[error("Use small letters, digits and single hyphens")]
    NotASlug,
}

impl TextError {
    /// What is wrong, in `empty`'s words where there was nothing: each field says what belongs into it.
    pub fn told(self, empty: &str) -> String {
        if self == Self::Empty { empty.to_owned() } else { self.to_string() }
    }
}

/// Bidirectional and zero-width controls let one text pass for another (Unicode TR 36 section 2.5); a zero-width joiner and
/// non-joiner are letters' business in Indic scripts and Persian and stay.
pub fn is_forbidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061c}' | '\u{200b}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2028}'..='\u{2029}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// One line of text: trimmed, inner white space single, no control characters, 1 to `max` characters.
///
/// # Errors
/// The first rule that `text` breaks.
pub fn single_line(text: &str, max: usize) -> Result<String, TextError> {
    let text = text.trim();
    if text.chars().any(is_forbidden) {
        return Err(TextError::ControlCharacter);
    }
    let folded = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match folded.chars().count() {
        0 => Err(TextError::Empty),
        length if length > max => Err(TextError::TooLong(max)),
        _ => Ok(folded),
    }
}

/// Text over several lines: line ends as `\n`, trimmed, no other control characters, 1 to `max` characters.
///
/// # Errors
/// The first rule that `text` breaks.
pub fn several_lines(text: &str, max: usize) -> Result<String, TextError> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n").replace('\t', " ");
    let text = text.trim();
    if text.chars().any(|c| c != '\n' && is_forbidden(c)) {
        return Err(TextError::ControlCharacter);
    }
    match text.chars().count() {
        0 => Err(TextError::Empty),
        length if length > max => Err(TextError::TooLong(max)),
        _ => Ok(text.to_owned()),
    }
}

/// A text in a type of its own, which only its `FromStr` makes: shown, and stored in JSON, as the text.
macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use text_type;

text_type! {
    /// A mailbox that SMTP can address (RFC 5321 section 4.1.2, without quoted local parts, address literals or UTF-8 local parts):
    /// kept in small letters, so that one person has one address. At most 254 characters (RFC 5321 erratum 1690).
    EmailAddress
}

text_type! {
    /// A person's name as it stands on a certificate: one line, 1 to 100 characters of any script.
    PersonName
}

text_type! {
    /// A part of a URL: small letters, digits and single hyphens, 1 to 64 characters.
    Slug
}

impl EmailAddress {
    /// What a log may show: the domain, and the local part's first letter.
    pub fn masked(&self) -> String {
        let (local, domain) = self.0.split_once('@').unwrap_or((&self.0, ""));
        format!("{}…@{domain}", local.chars().next().unwrap_or('?'))
    }
}

/// An address in a debug print would reach a log: it is masked there.
impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonName(…)")
    }
}

impl fmt::Debug for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for EmailAddress {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let text = single_line(text, 254)?;
        let (local, domain) = text.rsplit_once('@').ok_or(TextError::NotAnEmail)?;
        let atom = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
        };
        let label = |part: &str| {
            (1..=63).contains(&part.len())
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !part.starts_with('-')
                && !part.ends_with('-')
        };
        let top = domain.rsplit('.').next().unwrap_or("");
        let fits = local.len() <= 64
            && local.split('.').all(atom)
            && domain.contains('.')
            && domain.split('.').all(label)
            && top.bytes().any(|b| b.is_ascii_alphabetic());
        if fits { Ok(Self(text.to_ascii_lowercase())) } else { Err(TextError::NotAnEmail) }
    }
}

impl FromStr for PersonName {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        single_line(text, 100).map(Self)
    }
}

impl FromStr for Slug {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let part = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        if text.len() <= 64 && text.split('-').all(part) { Ok(Self(text.to_owned())) } else { Err(TextError::NotASlug) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses_are_parsed_once_and_small() {
        assert_eq!("Demo.07@Example.ORG".parse::<EmailAddress>().unwrap().as_str(), "demo.07@example.org");
        for wrong in [
            "",
            "demo",
            "demo@",
            "@example.org",
            "demo@example",
            "de mo@example.org",
            "demo@exa_mple.org",
            "a@b..org",
            ".a@b.org",
            "a@-b.org",
            "a@b.1",
        ] {
            assert!(wrong.parse::<EmailAddress>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn nothing_that_breaks_a_header_or_a_log_line_gets_in() {
        for bad in ["a\r\nBcc: x@example.org", "a\nb", "a\0b", "a\u{202e}b", "a\u{061c}b", "a\u{feff}b"] {
            assert_eq!(bad.parse::<PersonName>(), Err(TextError::ControlCharacter), "{bad:?}");
            assert!(format!("{bad}@example.org").parse::<EmailAddress>().is_err());
        }
        assert_eq!(several_lines("1 High Street\r\nDelhi", 100).unwrap(), "1 High Street\nDelhi");
        assert_eq!(several_lines("a\0b", 100), Err(TextError::ControlCharacter));
    }

    #[test]
    fn names_of_every_script_pass() {
        for name in ["Demo Student 03", "डेमो छात्र ०३", "Zoë O’Example-Ñandú", "示例 学生"] {
            assert_eq!(name.parse::<PersonName>().unwrap().as_str(), name);
        }
        assert_eq!("x".repeat(101).parse::<PersonName>(), Err(TextError::TooLong(100)));
        assert_eq!("  Demo   Student ".parse::<PersonName>().unwrap().as_str(), "Demo Student");
    }

    proptest! {
        #[test]
        fn parsing_is_idempotent_and_never_panics(text: String) {
            if let Ok(name) = text.parse::<PersonName>() {
                prop_assert_eq!(name.as_str().parse::<PersonName>(), Ok(name.clone()));
            }
            if let Ok(email) = text.parse::<EmailAddress>() {
                prop_assert_eq!(email.as_str().parse::<EmailAddress>(), Ok(email.clone()));
            }
        }
    }
}
