//! Taking a certificate back: the page that says what will happen, and the act.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::certificate;
use crate::certificates::{self, Certificate, NotInForce, Reason, RevokeRefusal};
use crate::kernel::Actor;
use crate::web::form::{FieldErrors, Fields};
use crate::web::session::AdminNow;
use crate::web::view::{View, page, page_with_errors};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/staff/certificates/revoke.html")]
struct Page<'a> {
    view: &'a View,
    errors: &'a FieldErrors,
    of: &'a Certificate,
    reason: &'a str,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    #[serde(default)]
    reason: String,
}

impl From<NotInForce> for Problem {
    fn from(_: NotInForce) -> Self {
        Self::Conflict {
            title: "This certificate is not in force any more",
            detail: "It was revoked or superseded; its page says when and why.".to_owned(),
        }
    }
}

/// The certificate, while it can be changed.
pub(super) async fn in_force(app: &App, person: &crate::identity::Person, id: &str) -> Result<Certificate, Problem> {
    let snapshot = app.services.db.snapshot().await?;
    let (found, _) = certificate(&snapshot, person, id).await?;
    if found.is_in_force() { Ok(found) } else { Err(NotInForce.into()) }
}

/// The form.
pub(super) async fn form(
    State(app): State<App>,
    view: View,
    AdminNow(person): AdminNow,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let of = in_force(&app, &person, &id).await?;
    page(&Page { view: &view, errors: &FieldErrors::default(), of: &of, reason: "" })
}

/// Revokes.
pub(super) async fn revoke(
    State(app): State<App>,
    view: View,
    AdminNow(person): AdminNow,
    Path(id): Path<String>,
    Fields(input): Fields<Input>,
) -> Result<Response, Problem> {
    let of = in_force(&app, &person, &id).await?;
    let mut errors = FieldErrors::default();
    let reason = Reason::parse(&input.reason)
        .map_err(|error| error.told("Enter the reason: it is shown to everybody who checks the certificate"));
    let Some(reason) = errors.parse("reason", reason) else {
        return page_with_errors(&Page { view: &view, errors: &errors, of: &of, reason: &input.reason });
    };
    let work = async |txn: &crate::db::Txn| certificates::revoke(txn, of.id, reason).await;
    match app.services.db.write(Actor::User(person.id), work).await {
        Ok(_) => Ok(Redirect::to(&format!("/staff/certificates/{}?done=revoked", of.id)).into_response()),
        Err(RevokeRefusal::NoSuchCertificate) => Err(Problem::NotFound),
        Err(RevokeRefusal::NotInForce(ended)) => Err(ended.into()),
        Err(RevokeRefusal::Db(error)) => Err(error.into()),
    }
}
