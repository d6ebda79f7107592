//! Certificates: who has earned one, issuing, correcting, revoking. What was issued never changes: `model` says how it ends.
//!
//! Issuing has two phases. The facts are read in a snapshot and the PDF is set from them; then one transaction reads the facts again
//! and writes the certificate, if they are the same.

mod dry_run;
mod issuing;
pub mod jobs;
pub mod model;
mod sheet;
mod specimen;
mod store;

use sea_orm::DbErr;
use serde_json::json;

use crate::audit;
use crate::db::Txn;
use crate::enrolment;
use crate::identity;
use crate::kernel::ids::{CertificateId, EnrolmentId};
use crate::kernel::{PersonName, awake};
use crate::mail::{self, Class, Post};

pub use dry_run::{Candidate, DryRun, Standing, dry_run};
pub use issuing::{Bulk, IssueRefusal, Issued, SuccessorRefusal, issue, issue_ready, issue_successor};
pub use jobs::under_way;
use model::CertificateEvent;
pub use model::{Award, Certificate, CertificateState, Code, Eligibility, Issuer, Missing, NotInForce, Reason, Signer};
pub use specimen::{Unprintable, specimen, unprintable_texts};
pub use store::{by_code, certificate, newest, of_enrolments, pdf};

/// The kinds of its mails, by their folders in `emails/`.
pub const ISSUED: &str = "certificate_issued";
pub const REVOKED: &str = "certificate_revoked";

/// Where anybody checks a certificate, below the public URL.
pub fn verify_path(code: &Code) -> String {
    format!("/verify/{code}")
}

/// Why a certificate is not revoked.
#[derive(Debug, thiserror::Error)]
pub enum RevokeRefusal {
    #[error("there is no such certificate")]
    NoSuchCertificate,
    #[error(transparent)]
    NotInForce(#[from] NotInForce),
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// Takes a certificate back, for ever, and tells its holder why.
///
/// # Errors
/// [`RevokeRefusal`].
pub async fn revoke(txn: &Txn, id: CertificateId, reason: Reason) -> Result<Certificate, RevokeRefusal> {
    let before = store::certificate_for_update(txn, id).await?.ok_or(RevokeRefusal::NoSuchCertificate)?;
    let after = before.clone().revoke(txn.now(), txn.actor().user(), reason)?;
    store::save_state(txn, &after).await?;
    audit::record(txn, &CertificateEvent::Revoked { before: &before, after: &after }).await?;
    post(txn, &after, REVOKED).await?;
    Ok(after)
}

/// Why a name is not corrected before issuing.
#[derive(Debug, thiserror::Error)]
pub enum NameRefusal {
    /// Its successor bears the corrected name.
    #[error("the certificate is issued")]
    Issued,
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// Corrects the name that an enrolment's first certificate will bear. Whoever issues at the same time waits, or has issued.
///
/// # Errors
/// [`NameRefusal`].
pub async fn correct_name(txn: &Txn, enrolment: EnrolmentId, name: PersonName) -> Result<(), NameRefusal> {
    // Issuing takes the same lock before it writes.
    enrolment::enrolment_for_update(txn, enrolment).await?;
    if newest(txn, enrolment).await?.is_some() {
        return Err(NameRefusal::Issued);
    }
    enrolment::correct_name(txn, enrolment, name).await?;
    Ok(())
}

/// Tells the holder, unless their account is closed.
async fn post(txn: &Txn, certificate: &Certificate, kind: &'static str) -> Result<(), DbErr> {
    let Some(person) = holder(txn, certificate.enrolment).await? else { return Ok(()) };
    // Good news waits for the morning; that something is no longer valid does not.
    let due_at = if kind == ISSUED { awake(txn.now(), &person.zone) } else { txn.now() };
    let letter = Post {
        dedupe_key: format!("{kind}:{}", certificate.id),
        kind,
        class: Class::Transactional,
        user: Some(person.id),
        recipient: person.email,
        payload: json!({ "certificate": certificate.id }),
        due_at,
        not_after: None,
        priority: 20,
    };
    mail::post(txn, letter).await
}

async fn holder(txn: &Txn, enrolment: EnrolmentId) -> Result<Option<identity::Person>, DbErr> {
    match enrolment::enrolment(txn, enrolment).await? {
        Some(enrolment) => identity::person(txn, enrolment.user).await,
        None => Ok(None),
    }
}
