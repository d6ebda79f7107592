//! Issuing: to one student, or to all of a cohort who are ready.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::{cohort, issuer};
use crate::certificates::{self, Bulk, Issued};
use crate::enrolment;
use crate::kernel::Actor;
use crate::kernel::ids::EnrolmentId;
use crate::web::form::{Fields, NoFields};
use crate::web::session::AdminNow;
use crate::web::{App, Problem};

/// To all that are ready.
pub(super) async fn all(
    State(app): State<App>,
    AdminNow(person): AdminNow,
    Path(slug): Path<String>,
    _: Fields<NoFields>,
) -> Result<Response, Problem> {
    let snapshot = app.services.db.snapshot().await?;
    let cohort = cohort(&snapshot, &person, &slug).await?;
    let issuer = issuer(&snapshot).await?;
    drop(snapshot);
    let done = certificates::issue_ready(&app.services, &app.plans, person.id, &cohort, &issuer).await?;
    let word = match done {
        Bulk::Done { issued: 0, failed: 0 } => "issued-none",
        Bulk::Done { failed: 0, .. } => "issued",
        Bulk::Done { .. } => "issued-some",
        Bulk::Later { .. } => "issuing",
    };
    Ok(Redirect::to(&format!("/staff/cohorts/{}/certificates?done={word}", cohort.slug)).into_response())
}

/// To one. Whoever has a certificate gets no other: it is shown.
pub(super) async fn one(
    State(app): State<App>,
    AdminNow(person): AdminNow,
    Path((slug, enrolment)): Path<(String, String)>,
    _: Fields<NoFields>,
) -> Result<Response, Problem> {
    let snapshot = app.services.db.snapshot().await?;
    let cohort = cohort(&snapshot, &person, &slug).await?;
    let id: EnrolmentId = enrolment.parse().map_err(|_| Problem::NotFound)?;
    let enrolment = enrolment::enrolment(&snapshot, id).await?;
    enrolment.filter(|enrolment| enrolment.cohort == cohort.id).ok_or(Problem::NotFound)?;
    let issuer = issuer(&snapshot).await?;
    drop(snapshot);
    let actor = Actor::User(person.id);
    let to = match certificates::issue(&app.services, &app.plans, actor, id, &issuer).await? {
        Issued::Now(certificate) => format!("/staff/certificates/{}?done=issued", certificate.id),
        Issued::Before(certificate) => format!("/staff/certificates/{}", certificate.id),
    };
    Ok(Redirect::to(&to).into_response())
}
