//! Certificates: the same verbs as on the pages issue and revoke them.

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::cohorts;
use super::shapes::{Day, Instant};
use crate::certificates::{
    self, CertificateState, Eligibility, IssueRefusal, Issued, Issuer, Reason, RevokeRefusal, verify_path,
};
use crate::enrolment;
use crate::kernel::Slug;
use crate::kernel::ids::{CertificateId, EnrolmentId};
use crate::organisation;
use crate::tokens::Scope;
use crate::web::api::input::{Asked, Command, Made, Named, once, once_apart};
use crate::web::api::paging::Paging;
use crate::web::api::routes::{ApiRoutes, Says};
use crate::web::api::{ApiProblem, Caller, json};
use crate::web::session::PageSnapshot;
use crate::web::{App, Problem};

const GROUP: &str = "Certificates";

pub(super) fn routes() -> ApiRoutes {
    let list = Says::new("listCertificates", GROUP, "The certificates of a cohort, of whatever state").pages::<Certificate>();
    let show = Says::new("getCertificate", GROUP, "One certificate").gives::<Certificate>(200, "The certificate.");
    let issue = Says::new("issueCertificate", GROUP, "Issue a certificate to one who has completed")
        .more("The student is told by mail. However often it is asked, there is one.")
        .takes::<NewCertificate>()
        .gives::<Certificate>(200, "The enrolment had a certificate before: this one, of whatever state.")
        .gives::<Certificate>(201, "The certificate is issued.")
        .conflicts();
    let revoke = Says::new("revokeCertificate", GROUP, "Revoke a certificate, for ever")
        .more("The student is told by mail, and whoever checks the certificate sees the reason.")
        .takes::<Revocation>()
        .gives::<Certificate>(201, "The certificate is revoked.")
        .conflicts();
    ApiRoutes::default()
        .get("/api/v1/cohorts/{cohort}/certificates", Scope::CertificatesRead, list, list_certificates)
        .post("/api/v1/cohorts/{cohort}/certificates", Scope::CertificatesWrite, issue, issue_certificate)
        .get("/api/v1/certificates/{certificate}", Scope::CertificatesRead, show, get_certificate)
        .post("/api/v1/certificates/{certificate}/revocation", Scope::CertificatesWrite, revoke, revoke_certificate)
}

/// The frozen record of an award. Only its state changes.
#[derive(Debug, Serialize, ToSchema)]
pub struct Certificate {
    id: String,
    /// By which anybody can check it.
    #[schema(examples("7K3M-9QXD-2F4T-0A1B"))]
    code: String,
    /// The page where anybody can check it.
    verify_url: String,
    /// The enrolment's id.
    enrolment: String,
    /// Counts the certificates of the enrolment, from 1: a correction is the next.
    edition: u32,
    name: String,
    course: String,
    cohort: String,
    starts_on: Day,
    ends_on: Day,
    completed_at: Instant,
    issued_on: Day,
    issued_at: Instant,
    /// Of the PDF, in hexadecimal.
    pdf_sha256: String,
    /// `issued`, `revoked` or `superseded`. Only the first is in force.
    #[schema(examples("issued"))]
    state: &'static str,
    revoked_at: Option<Instant>,
    revocation_reason: Option<String>,
    /// The code of the certificate in its place.
    superseded_by: Option<String>,
}

fn shown(app: &App, certificate: certificates::Certificate) -> Certificate {
    let (revoked_at, revocation_reason, superseded_by) = match &certificate.state {
        CertificateState::Issued => (None, None, None),
        CertificateState::Revoked { at, reason, .. } => (Some((*at).into()), Some(reason.as_str().to_owned()), None),
        CertificateState::Superseded { by, .. } => (None, None, Some(by.to_string())),
    };
    Certificate {
        id: certificate.id.to_string(),
        code: certificate.code.to_string(),
        verify_url: app.services.settings.server.public_url.join(&verify_path(&certificate.code)),
        enrolment: certificate.enrolment.to_string(),
        edition: certificate.edition,
        name: certificate.award.name.to_string(),
        course: certificate.award.course,
        cohort: certificate.award.cohort,
        starts_on: certificate.award.starts_on.into(),
        ends_on: certificate.award.ends_on.into(),
        completed_at: certificate.award.completed_at.into(),
        issued_on: certificate.issued_on.into(),
        issued_at: certificate.issued_at.into(),
        pdf_sha256: certificate.pdf_sha256,
        state: certificate.state.word(),
        revoked_at,
        revocation_reason,
        superseded_by,
    }
}

fn address(id: CertificateId) -> String {
    format!("/api/v1/certificates/{id}")
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    cursor: Option<String>,
    limit: Option<String>,
}

async fn list_certificates(
    State(app): State<App>,
    caller: Caller,
    uri: Uri,
    PageSnapshot(conn): PageSnapshot,
    Named(slug): Named<Slug>,
    Asked(query): Asked<Query>,
) -> Result<Response, ApiProblem> {
    let paging = Paging::parse("certificates", query.cursor.as_deref(), query.limit.as_deref())?;
    let cohort = cohorts::find(&conn, &caller, &slug).await?;
    let enrolments: Vec<EnrolmentId> = enrolment::of_cohort(&conn, cohort.id).await?.iter().map(|one| one.id).collect();
    let (found, next) = paging.cut(certificates::of_enrolments(&conn, &enrolments).await?, |certificate| certificate.id.0);
    let rows: Vec<_> = found.into_iter().map(|certificate| shown(&app, certificate)).collect();
    paging.answer(&uri, &rows, next)
}

async fn get_certificate(
    State(app): State<App>,
    PageSnapshot(conn): PageSnapshot,
    Named(id): Named<CertificateId>,
) -> Result<Response, ApiProblem> {
    let found = certificates::certificate(&conn, id).await?.ok_or_else(ApiProblem::not_found)?;
    json(&shown(&app, found))
}

/// To whom a certificate is issued.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCertificate {
    /// The id of an enrolment in this cohort.
    #[schema(pattern = "^enr_[0-7][0-9a-hjkmnp-tv-z]{25}$")]
    enrolment: String,
}

impl From<IssueRefusal> for ApiProblem {
    fn from(refusal: IssueRefusal) -> Self {
        match refusal {
            IssueRefusal::NotEligible(Eligibility::NotEnrolled) => {
                Self::conflict("not-enrolled", "The student is not enrolled", "Only who is enrolled gets a certificate.")
            }
            IssueRefusal::NotEligible(_) => Self::conflict(
                "not-completed",
                "The course is not completed",
                "A required reading is not read. The roster says how many.",
            ),
            other => Problem::from(other).into(),
        }
    }
}

async fn issue_certificate(
    State(app): State<App>,
    caller: Caller,
    Named(slug): Named<Slug>,
    Command { input, keyed }: Command<NewCertificate>,
) -> Result<Response, ApiProblem> {
    let conn = app.services.db.snapshot().await?;
    let cohort = cohorts::find(&conn, &caller, &slug).await?;
    let no_such = || ApiProblem::field("enrolment", "Give the id of an enrolment in this cohort");
    let id: EnrolmentId = input.enrolment.parse().map_err(|_| no_such())?;
    let enrolment = enrolment::enrolment(&conn, id).await?;
    let issuer = Issuer::of(&organisation::current(&conn).await?);
    drop(conn);
    enrolment.filter(|enrolment| enrolment.cohort == cohort.id).ok_or_else(no_such)?;
    once_apart(&app, &caller, &keyed, issue(&app, &caller, id, issuer)).await
}

async fn issue(app: &App, caller: &Caller, id: EnrolmentId, issuer: Option<Issuer>) -> Result<Made<Certificate>, ApiProblem> {
    let issuer = issuer.ok_or_else(|| {
        let detail = "A certificate says who issues it. Set the organisation’s legal name in the settings first.";
        ApiProblem::conflict("no-issuer", "The legal name is not set", detail)
    })?;
    Ok(match certificates::issue(&app.services, &app.plans, caller.actor(), id, &issuer).await? {
        Issued::Now(certificate) => Made::new(shown(app, *certificate.clone()), address(certificate.id)),
        Issued::Before(certificate) => Made::before(shown(app, *certificate.clone()), address(certificate.id)),
    })
}

/// Why a certificate is taken back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    /// Shown to everybody who checks the certificate.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
}

impl From<RevokeRefusal> for ApiProblem {
    fn from(refusal: RevokeRefusal) -> Self {
        match refusal {
            RevokeRefusal::NoSuchCertificate => Self::not_found(),
            RevokeRefusal::NotInForce(_) => Self::conflict(
                "not-in-force",
                "The certificate is not in force any more",
                "It was revoked or superseded; it says when and why.",
            ),
            RevokeRefusal::Db(error) => error.into(),
        }
    }
}

async fn revoke_certificate(
    State(app): State<App>,
    caller: Caller,
    Named(id): Named<CertificateId>,
    Command { input, keyed }: Command<Revocation>,
) -> Result<Response, ApiProblem> {
    let reason = Reason::parse(&input.reason).map_err(|error| ApiProblem::field("reason", error.to_string()))?;
    once(&app, &caller, &keyed, async |txn| {
        let revoked = certificates::revoke(txn, id, reason).await?;
        Ok::<_, RevokeRefusal>(Made::new(shown(&app, revoked), address(id)))
    })
    .await
}
