//! A certificate and its states.

use crate::kernel::Timestamp;
use crate::kernel::ids::{CertificateId, EnrolmentId, UserId};
use crate::kernel::text::{TextError, several_lines};
use crate::kernel::time::Date;

use super::{Award, Code};

/// An award, issued. Only its state changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    pub id: CertificateId,
    pub code: Code,
    pub enrolment: EnrolmentId,
    /// Counts the certificates of the enrolment, from 1.
    pub edition: u32,
    pub award: Award,
    /// The day that is printed, by the cohort's calendar.
    pub issued_on: Date,
    pub issued_at: Timestamp,
    pub issued_by: Option<UserId>,
    /// Of the PDF, in small hexadecimal digits.
    pub pdf_sha256: String,
    pub state: CertificateState,
}

/// Where a certificate stands. All times are service time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertificateState {
    /// In force.
    Issued,
    Revoked {
        at: Timestamp,
        by: Option<UserId>,
        reason: Reason,
    },
    /// Another certificate of the enrolment is in its place.
    Superseded {
        at: Timestamp,
        by: Code,
    },
}

impl CertificateState {
    /// A stable word for the audit log and for programs.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Revoked { .. } => "revoked",
            Self::Superseded { .. } => "superseded",
        }
    }
}

/// The certificate was revoked or superseded before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the certificate is not in force any more")]
pub struct NotInForce;

impl Certificate {
    pub fn is_in_force(&self) -> bool {
        self.state == CertificateState::Issued
    }

    /// Taken back.
    ///
    /// # Errors
    /// [`NotInForce`].
    pub fn revoke(self, at: Timestamp, by: Option<UserId>, reason: Reason) -> Result<Self, NotInForce> {
        self.leave(CertificateState::Revoked { at, by, reason })
    }

    /// Replaced by the certificate of code `by`.
    ///
    /// # Errors
    /// [`NotInForce`].
    pub fn supersede(self, at: Timestamp, by: Code) -> Result<Self, NotInForce> {
        self.leave(CertificateState::Superseded { at, by })
    }

    fn leave(mut self, to: CertificateState) -> Result<Self, NotInForce> {
        if !self.is_in_force() {
            return Err(NotInForce);
        }
        self.state = to;
        Ok(self)
    }
}

/// Why a certificate was revoked: shown to everybody who checks it. 1 to 500 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason(String);

impl Reason {
    /// The longest accepted, in characters.
    pub const MAX: usize = 500;

    /// # Errors
    /// [`TextError`]: empty, too long, or with control characters.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        several_lines(text, Self::MAX).map(Self)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::certificates::model::{AwardedModule, AwardedReading, Issuer};

    pub fn certificate() -> Certificate {
        let at: Timestamp = "2027-02-22T10:00:00Z".parse().unwrap();
        let reading = AwardedReading { title: "Essay".to_owned(), author: None, required: true, read_at: at };
        Certificate {
            id: Uuid::from_u128(1).into(),
            code: "7K3M-9QXD-2F4T-0A1B".parse().unwrap(),
            enrolment: Uuid::from_u128(2).into(),
            edition: 1,
            award: Award {
                name: "Demo Student 03".parse().unwrap(),
                course: "Example Course".to_owned(),
                cohort: "January".to_owned(),
                starts_on: "2027-01-11".parse().unwrap(),
                ends_on: "2027-02-21".parse().unwrap(),
                modules: vec![AwardedModule { title: "Theme 1".to_owned(), readings: vec![reading] }],
                completed_at: at,
                issuer: Issuer { legal_name: "Example Journal".to_owned(), signers: Vec::new() },
            },
            issued_on: "2027-02-22".parse().unwrap(),
            issued_at: at,
            issued_by: None,
            pdf_sha256: "0".repeat(64),
            state: CertificateState::Issued,
        }
    }

    #[test]
    fn what_is_revoked_or_superseded_stays_so() {
        let (at, code): (Timestamp, Code) = ("2027-03-01T00:00:00Z".parse().unwrap(), "0000-0000-0000-0000".parse().unwrap());
        let reason = || Reason::parse("Issued to the wrong person").unwrap();
        let revoked = certificate().revoke(at, None, reason()).unwrap();
        let superseded = certificate().supersede(at, code.clone()).unwrap();
        assert_eq!((revoked.state.word(), superseded.state.word()), ("revoked", "superseded"));
        for ended in [revoked, superseded] {
            assert!(!ended.is_in_force());
            assert_eq!(ended.clone().revoke(at, None, reason()), Err(NotInForce));
            assert_eq!(ended.clone().supersede(at, code.clone()), Err(NotInForce));
            assert_eq!(Certificate { state: CertificateState::Issued, ..ended }, certificate(), "more than the state changed");
        }
        assert_eq!(Reason::parse(" "), Err(TextError::Empty));
        assert_eq!(Reason::parse(&"x".repeat(501)), Err(TextError::TooLong(500)));
    }
}
