//! A certificate was issued.

use super::certificate::{found, gone, verify};
use super::{Frame, message, render};
use crate::kernel::PersonName;
use crate::kernel::shown::plain_date;
use crate::mail::{ComposeFailure, Composed, Composer, Content, Letter};
use crate::services::Services;

/// `emails/certificate_issued`.
#[derive(Debug)]
pub struct CertificateIssued;

message!("certificate_issued/subject.txt", "certificate_issued/text.txt", "certificate_issued/html.html", {
    frame: Frame,
    name: String,
    certificate_name: String,
    course: String,
    cohort: String,
    code: String,
    issued_on: String,
    page: String,
    verify: String,
});

impl Composer for CertificateIssued {
    const KIND: &'static str = crate::certificates::ISSUED;

    async fn compose(&self, services: &Services, letter: &Letter) -> Result<Composed, ComposeFailure> {
        let Some((certificate, person)) = found(services, letter).await? else { return Ok(gone()) };
        if !certificate.is_in_force() {
            return Ok(Composed::Cancel("the certificate is not in force any more".to_owned()));
        }
        let frame = Frame::new(services);
        let values = Values {
            name: person.name.as_str().to_owned(),
            certificate_name: certificate.award.name.as_str().to_owned(),
            code: certificate.code.to_string(),
            issued_on: plain_date(certificate.issued_on),
            page: format!("{}/learn/{}/certificate", frame.origin, certificate.enrolment),
            verify: verify(&frame, &certificate),
            course: certificate.award.course,
            cohort: certificate.award.cohort,
            frame,
        };
        values.send(Some(person.name))
    }
}
