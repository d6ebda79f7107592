//! What the audit log hears of certificates.

use serde_json::{Value, json};

use super::{Certificate, CertificateState};
use crate::kernel::{Event, Subject};

#[derive(Debug, Clone, Copy)]
pub enum CertificateEvent<'a> {
    Issued(&'a Certificate),
    Revoked { before: &'a Certificate, after: &'a Certificate },
    Superseded { before: &'a Certificate, after: &'a Certificate },
}

impl CertificateEvent<'_> {
    fn certificate(&self) -> &Certificate {
        match self {
            Self::Issued(certificate) => certificate,
            Self::Revoked { after, .. } | Self::Superseded { after, .. } => after,
        }
    }
}

impl Event for CertificateEvent<'_> {
    fn kind(&self) -> &'static str {
        match self {
            Self::Issued(_) => "certificate.issued",
            Self::Revoked { .. } => "certificate.revoked",
            Self::Superseded { .. } => "certificate.superseded",
        }
    }

    fn subject(&self) -> Subject {
        Subject::Certificate(self.certificate().id)
    }

    fn before(&self) -> Value {
        match self {
            Self::Issued(_) => Value::Null,
            Self::Revoked { before, .. } | Self::Superseded { before, .. } => told(before),
        }
    }

    fn after(&self) -> Value {
        told(self.certificate())
    }

    fn personal(&self) -> Option<Value> {
        match self {
            Self::Issued(certificate) => Some(json!({ "name": certificate.award.name })),
            // A reason may name people.
            Self::Revoked { after, .. } => match &after.state {
                CertificateState::Revoked { reason, .. } => Some(json!({ "reason": reason.as_str() })),
                _ => None,
            },
            Self::Superseded { .. } => None,
        }
    }

    fn reason(&self) -> Option<&str> {
        match &self.certificate().state {
            CertificateState::Revoked { reason, .. } => Some(reason.as_str()),
            CertificateState::Issued | CertificateState::Superseded { .. } => None,
        }
    }
}

fn told(certificate: &Certificate) -> Value {
    let mut told = json!({
        "enrolment": certificate.enrolment,
        "edition": certificate.edition,
        "code": certificate.code.to_string(),
        "pdf_sha256": certificate.pdf_sha256,
        "state": certificate.state.word(),
    });
    if let CertificateState::Superseded { by, .. } = &certificate.state {
        told["superseded_by"] = by.to_string().into();
    }
    told
}
