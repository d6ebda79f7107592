//! What a token may do: one vocabulary for tokens, routes and the API's document.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One thing that a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    CatalogueRead,
    ScheduleRead,
    RosterRead,
    OrdersRead,
    PaymentsRead,
    PaymentsWrite,
    CertificatesRead,
    CertificatesWrite,
}

/// The text names no scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("choose one of the scopes, such as catalogue:read")]
pub struct UnknownScope;

impl Scope {
    pub const ALL: [Self; 8] = [
        Self::CatalogueRead,
        Self::ScheduleRead,
        Self::RosterRead,
        Self::OrdersRead,
        Self::PaymentsRead,
        Self::PaymentsWrite,
        Self::CertificatesRead,
        Self::CertificatesWrite,
    ];

    /// The stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::CatalogueRead => "catalogue:read",
            Self::ScheduleRead => "schedule:read",
            Self::RosterRead => "roster:read",
            Self::OrdersRead => "orders:read",
            Self::PaymentsRead => "payments:read",
            Self::PaymentsWrite => "payments:write",
            Self::CertificatesRead => "certificates:read",
            Self::CertificatesWrite => "certificates:write",
        }
    }

    /// What it allows, for people.
    pub const fn about(self) -> &'static str {
        match self {
            Self::CatalogueRead => "Read courses and cohorts, with seats and prices.",
            Self::ScheduleRead => "Read a cohort’s schedule, and what is open to a student.",
            Self::RosterRead => "Read who is in a cohort: names, addresses, progress.",
            Self::OrdersRead => "Read orders, with who pays.",
            Self::PaymentsRead => "Read the attempts to pay an order.",
            Self::PaymentsWrite => "Record money that came another way than by card. It enrols the student.",
            Self::CertificatesRead => "Read certificates.",
            Self::CertificatesWrite => "Issue certificates, and revoke them.",
        }
    }
}

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        Self::ALL.into_iter().find(|scope| scope.word() == text).ok_or(UnknownScope)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl Serialize for Scope {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// What one token may do: never nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Scopes(BTreeSet<Scope>);

impl Scopes {
    /// `None` where there is none.
    pub fn new(scopes: impl IntoIterator<Item = Scope>) -> Option<Self> {
        let scopes: BTreeSet<Scope> = scopes.into_iter().collect();
        (!scopes.is_empty()).then_some(Self(scopes))
    }

    pub fn allow(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    pub fn iter(&self) -> impl Iterator<Item = Scope> + '_ {
        self.0.iter().copied()
    }
}

/// As RFC 6749 section 3.3 writes a list of scopes: separated by spaces.
impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.iter().map(|scope| scope.word()).collect::<Vec<_>>().join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scope_reads_back_from_its_word_and_no_other_text_is_one() {
        for scope in Scope::ALL {
            assert_eq!(scope.word().parse(), Ok(scope));
            assert_eq!(serde_json::from_value::<Scope>(serde_json::json!(scope)).unwrap(), scope);
        }
        for other in ["", "*", "catalogue", "catalogue:write", "Catalogue:read", "catalogue:read "] {
            assert_eq!(other.parse::<Scope>(), Err(UnknownScope), "{other}");
        }
        let words: BTreeSet<&str> = Scope::ALL.iter().map(|scope| scope.word()).collect();
        assert_eq!(words.len(), Scope::ALL.len());
    }

    #[test]
    fn a_token_opens_what_it_names_and_never_nothing() {
        assert_eq!(Scopes::new([]), None);
        let scopes = Scopes::new([Scope::RosterRead, Scope::CatalogueRead, Scope::RosterRead]).unwrap();
        assert!(scopes.allow(Scope::RosterRead) && !scopes.allow(Scope::PaymentsWrite));
        assert_eq!(scopes.to_string(), "catalogue:read roster:read");
    }
}
