//! What the mails about a certificate have in common.

use serde::Deserialize;

use super::{Frame, payload};
use crate::certificates::{self, Certificate};
use crate::enrolment;
use crate::identity::{self, Person};
use crate::kernel::ids::CertificateId;
use crate::mail::{ComposeFailure, Composed, Letter};
use crate::services::Services;

#[derive(Debug, Deserialize)]
struct Payload {
    certificate: CertificateId,
}

/// The certificate and its holder; nothing if either is gone.
pub(super) async fn found(services: &Services, letter: &Letter) -> Result<Option<(Certificate, Person)>, ComposeFailure> {
    let Payload { certificate } = payload(letter)?;
    let snapshot = services.db.snapshot().await?;
    let Some(certificate) = certificates::certificate(&snapshot, certificate).await? else { return Ok(None) };
    let Some(enrolment) = enrolment::enrolment(&snapshot, certificate.enrolment).await? else { return Ok(None) };
    Ok(identity::person(&snapshot, enrolment.user).await?.map(|person| (certificate, person)))
}

pub(super) fn gone() -> Composed {
    Composed::Cancel("the certificate or its holder is gone".to_owned())
}

/// Where anybody checks it.
pub(super) fn verify(frame: &Frame, certificate: &Certificate) -> String {
    format!("{}{}", frame.origin, certificates::verify_path(&certificate.code))
}
