//! A certificate as pages show it: every printed field.

use crate::certificates::{Certificate, CertificateState};
use crate::kernel::ShownTime;
use crate::kernel::shown::plain_date;
use crate::kernel::{Timestamp, Zone};
use crate::web::pages::shown::counted;

/// What it is worth, and its words.
pub(super) struct Printed {
    pub(super) of: Certificate,
    pub(super) code: String,
    pub(super) worth: Worth,
    /// "11 January 2027 to 21 February 2027".
    pub(super) starts_on: String,
    pub(super) ends_on: String,
    pub(super) issued_on: String,
    /// "12 required readings".
    pub(super) required: String,
}

/// What a certificate is worth now.
pub(super) enum Worth {
    Valid,
    Revoked { at: ShownTime, reason: String },
    Superseded { at: ShownTime, by: String },
}

impl Worth {
    /// Its word and its look.
    pub(super) fn state(&self) -> (&'static str, &'static str) {
        match self {
            Self::Valid => ("done", "Valid"),
            Self::Revoked { .. } => ("bad", "Revoked"),
            Self::Superseded { .. } => ("wait", "Superseded"),
        }
    }
}

impl Printed {
    /// With its moments in UTC: the page is anybody's.
    pub(super) fn new(of: Certificate) -> Self {
        let at = |at: Timestamp| ShownTime::new(at, &Zone::UTC);
        let worth = match &of.state {
            CertificateState::Issued => Worth::Valid,
            CertificateState::Revoked { at: moment, reason, .. } => {
                Worth::Revoked { at: at(*moment), reason: reason.as_str().to_owned() }
            }
            CertificateState::Superseded { at: moment, by } => Worth::Superseded { at: at(*moment), by: by.to_string() },
        };
        Self {
            code: of.code.to_string(),
            worth,
            starts_on: plain_date(of.award.starts_on),
            ends_on: plain_date(of.award.ends_on),
            issued_on: plain_date(of.issued_on),
            required: counted(of.award.required(), "required reading"),
            of,
        }
    }
}
