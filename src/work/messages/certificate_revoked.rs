//! A certificate was taken back.

use super::certificate::{found, gone, verify};
use super::{Frame, message, render};
use crate::certificates::CertificateState;
use crate::kernel::PersonName;
use crate::mail::{ComposeFailure, Composed, Composer, Content, Letter};
use crate::services::Services;

/// `emails/certificate_revoked`.
#[derive(Debug)]
pub struct CertificateRevoked;

message!("certificate_revoked/subject.txt", "certificate_revoked/text.txt", "certificate_revoked/html.html", {
    frame: Frame,
    name: String,
    course: String,
    code: String,
    reason: String,
    verify: String,
});

impl Composer for CertificateRevoked {
    const KIND: &'static str = crate::certificates::REVOKED;

    async fn compose(&self, services: &Services, letter: &Letter) -> Result<Composed, ComposeFailure> {
        let Some((certificate, person)) = found(services, letter).await? else { return Ok(gone()) };
        let CertificateState::Revoked { reason, .. } = &certificate.state else { return Ok(gone()) };
        let frame = Frame::new(services);
        let values = Values {
            name: person.name.as_str().to_owned(),
            course: certificate.award.course.clone(),
            code: certificate.code.to_string(),
            reason: reason.as_str().to_owned(),
            verify: verify(&frame, &certificate),
            frame,
        };
        values.send(Some(person.name))
    }
}
