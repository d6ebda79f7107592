//! A certificate with the name corrected, in the place of another.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::name::Input;
use super::revoke::in_force;
use super::told;
use crate::certificates::{self, Certificate, IssueRefusal, SuccessorRefusal};
use crate::kernel::Actor;
use crate::pdf::RenderFailure;
use crate::web::form::{FieldErrors, Fields};
use crate::web::session::Admin;
use crate::web::view::{View, page, page_with_errors};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/staff/certificates/successor.html")]
struct Page<'a> {
    view: &'a View,
    errors: &'a FieldErrors,
    of: &'a Certificate,
    name: &'a str,
}

/// The form.
pub(super) async fn form(
    State(app): State<App>,
    view: View,
    Admin(person): Admin,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let of = in_force(&app, &person, &id).await?;
    page(&Page { view: &view, errors: &FieldErrors::default(), of: &of, name: of.award.name.as_str() })
}

/// Issues it.
pub(super) async fn issue(
    State(app): State<App>,
    view: View,
    Admin(person): Admin,
    Path(id): Path<String>,
    Fields(input): Fields<Input>,
) -> Result<Response, Problem> {
    let of = in_force(&app, &person, &id).await?;
    let again = |errors: &FieldErrors| page_with_errors(&Page { view: &view, errors, of: &of, name: &input.name });
    let name = match input.printable() {
        Ok(name) => name,
        Err(errors) => return again(&errors),
    };
    match certificates::issue_successor(&app.services, Actor::User(person.id), of.id, name).await {
        Ok(successor) => Ok(Redirect::to(&format!("/staff/certificates/{}?done=corrected", successor.id)).into_response()),
        Err(SuccessorRefusal::SameName) => again(&FieldErrors::one("name", "This is the name that the certificate has")),
        Err(SuccessorRefusal::Issue(
            refusal @ (IssueRefusal::Pdf(RenderFailure::MissingGlyphs { .. }) | IssueRefusal::TooLong(_)),
        )) => again(&FieldErrors::one("name", told(&refusal))),
        Err(SuccessorRefusal::Issue(refusal)) => Err(refusal.into()),
        Err(SuccessorRefusal::NoSuchCertificate) => Err(Problem::NotFound),
        Err(SuccessorRefusal::NotInForce(ended)) => Err(ended.into()),
        Err(SuccessorRefusal::Db(error)) => Err(error.into()),
    }
}
