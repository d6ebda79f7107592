//! A student's address, corrected.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::person::find;
use super::{page_of, problem};
use crate::identity::{self, Person, PersonRefusal, Role};
use crate::kernel::text::TextError;
use crate::kernel::{Actor, EmailAddress};
use crate::web::form::{FieldErrors, Fields};
use crate::web::session::{AdminNow, PageSnapshot};
use crate::web::view::{View, page, page_with_errors};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/people/email.html")]
struct Page<'a> {
    view: &'a View,
    errors: &'a FieldErrors,
    person: &'a Person,
    email: &'a str,
}

/// The form; there is none for staff.
pub async fn show(
    State(app): State<App>,
    view: View,
    _: AdminNow,
    PageSnapshot(conn): PageSnapshot,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let person = find(&app, &conn, &id).await?.account.person;
    if person.role != Role::Student {
        return Err(problem(PersonRefusal::NotAStudent));
    }
    page(&Page { view: &view, errors: &FieldErrors::default(), email: person.email.as_str(), person: &person })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Input {
    email: String,
}

/// Corrects it, and tells both addresses.
pub async fn correct(
    State(app): State<App>,
    view: View,
    AdminNow(admin): AdminNow,
    Path(id): Path<String>,
    Fields(input): Fields<Input>,
) -> Result<Response, Problem> {
    let person = find(&app, &*app.services.db.snapshot().await?, &id).await?.account.person;
    let again = |errors: &FieldErrors| page_with_errors(&Page { view: &view, errors, person: &person, email: &input.email });
    let email = input.email.parse::<EmailAddress>().map_err(|error| match error {
        TextError::Empty => TextError::NotAnEmail,
        other => other,
    });
    let mut errors = FieldErrors::default();
    let Some(email) = errors.parse("email", email) else { return again(&errors) };
    let actor = Actor::User(admin.id);
    let corrected = app.services.db.write(actor, async |txn| identity::correct_email(txn, person.id, &email).await).await;
    match corrected {
        Ok(()) => Ok(Redirect::to(&page_of(person.id, "email-corrected")).into_response()),
        Err(PersonRefusal::SameEmail) => again(&FieldErrors::one("email", "This is the address the account has now")),
        Err(PersonRefusal::EmailTaken) => again(&FieldErrors::one("email", "Another account has this address")),
        Err(refusal) => Err(problem(refusal)),
    }
}
