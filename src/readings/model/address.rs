//! The address of a source on the web.

use std::fmt;
use std::str::FromStr;

use url::Url;

use crate::kernel::text::is_forbidden;

/// The longest address, in characters.
const LIMIT: usize = 2000;

/// An absolute `http` or `https` address without credentials, at most 2000 characters. Safe as a link's target: no other
/// scheme (`javascript:`, `data:`) can be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebAddress(Url);

/// Why a text is no address that we link to. Shown beside the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("Enter a web address like https://example.org/article")]
    NotAnAddress,
    #[error("Use an address that begins with https:// or http://")]
    NotWeb,
    #[error("Remove the user name and password from the address")]
    Credentials,
    #[error("Use an address of at most {LIMIT} characters")]
    TooLong,
}

impl WebAddress {
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The host, which tells a reader where a link leads.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }
}

impl FromStr for WebAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        if text.len() > LIMIT {
            return Err(AddressError::TooLong);
        }
        // The URL standard drops tabs and line breaks silently; an address with any is more likely a mistake.
        if text.chars().any(|c| c.is_whitespace() || is_forbidden(c)) {
            return Err(AddressError::NotAnAddress);
        }
        let url = Url::parse(text).map_err(|_| AddressError::NotAnAddress)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(AddressError::NotWeb);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressError::Credentials);
        }
        // Escaping can lengthen it.
        if url.as_str().len() > LIMIT { Err(AddressError::TooLong) } else { Ok(Self(url)) }
    }
}

impl fmt::Display for WebAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_the_web_is_linked_to() {
        assert_eq!("https://example.org/a?b=c#d".parse::<WebAddress>().unwrap().host(), "example.org");
        assert_eq!(" http://example.org ".parse::<WebAddress>().unwrap().as_str(), "http://example.org/");
        for (wrong, why) in [
            ("", AddressError::NotAnAddress),
            ("example.org/a", AddressError::NotAnAddress),
            ("https://", AddressError::NotAnAddress),
            ("https://example.org/a b", AddressError::NotAnAddress),
            ("java\nscript:alert(1)", AddressError::NotAnAddress),
            ("https://example.org/\u{202e}a", AddressError::NotAnAddress),
            ("javascript:alert(1)", AddressError::NotWeb),
            ("data:text/html,<script>", AddressError::NotWeb),
            ("file:///etc/passwd", AddressError::NotWeb),
            ("https://demo@example.org/", AddressError::Credentials),
            ("https://demo:secret@example.org/", AddressError::Credentials),
        ] {
            assert_eq!(wrong.parse::<WebAddress>(), Err(why), "{wrong:?}");
        }
        assert_eq!(format!("https://example.org/{}", "a".repeat(2000)).parse::<WebAddress>(), Err(AddressError::TooLong));
        assert_eq!(format!("https://example.org/{}", "é".repeat(700)).parse::<WebAddress>(), Err(AddressError::TooLong));
    }

    proptest! {
        #[test]
        fn what_is_accepted_reads_back_and_leads_to_the_web(rest in "[ -~é]{0,60}", scheme in "(https?|ftp|javascript)://?") {
            if let Ok(address) = format!("{scheme}{rest}").parse::<WebAddress>() {
                prop_assert!(address.as_str().starts_with("http"));
                prop_assert!(!address.host().is_empty());
                prop_assert_eq!(address.as_str().parse::<WebAddress>(), Ok(address.clone()));
            }
        }
    }
}
