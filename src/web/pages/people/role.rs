//! Another role for a person.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::person::find;
use super::{page_of, problem};
use crate::identity::{self, Person, Role};
use crate::kernel::Actor;
use crate::web::form::{FieldErrors, Fields};
use crate::web::session::{AdminNow, PageSnapshot};
use crate::web::view::{View, page, page_with_errors};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/people/role.html")]
struct Page<'a> {
    view: &'a View,
    errors: &'a FieldErrors,
    person: &'a Person,
    chosen: &'a str,
}

impl Page<'_> {
    const fn roles(&self) -> [Role; 3] {
        [Role::Student, Role::Instructor, Role::Admin]
    }
}

/// The form.
pub async fn show(
    State(app): State<App>,
    view: View,
    _: AdminNow,
    PageSnapshot(conn): PageSnapshot,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let person = find(&app, &conn, &id).await?.account.person;
    page(&Page { view: &view, errors: &FieldErrors::default(), chosen: person.role.word(), person: &person })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Input {
    role: String,
}

/// Changes it.
pub async fn change(
    State(app): State<App>,
    view: View,
    AdminNow(admin): AdminNow,
    Path(id): Path<String>,
    Fields(input): Fields<Input>,
) -> Result<Response, Problem> {
    let person = find(&app, &*app.services.db.snapshot().await?, &id).await?.account.person;
    let mut errors = FieldErrors::default();
    let Some(role) = errors.parse("role", input.role.parse::<Role>()) else {
        return page_with_errors(&Page { view: &view, errors: &errors, person: &person, chosen: &input.role });
    };
    let changed = app.services.db.write(Actor::User(admin.id), async |txn| identity::change_role(txn, person.id, role).await);
    changed.await.map_err(problem)?;
    Ok(Redirect::to(&page_of(person.id, "role-changed")).into_response())
}
