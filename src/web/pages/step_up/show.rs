//! The page that asks for the confirmation, and the same in place of a form that needed one.

use axum::extract::{OptionalFromRequestParts, Query, State};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::{Means, Page, local};
use crate::db::Conn;
use crate::identity::{self, Person};
use crate::kernel::ids::ChallengeId;
use crate::web::confirm::Onward;
use crate::web::form::FieldErrors;
use crate::web::session::{PageSnapshot, SignedIn};
use crate::web::view::{View, page, page_refusing};
use crate::web::{App, Problem};

#[derive(Debug, Deserialize)]
pub struct Wanted {
    #[serde(default)]
    next: String,
    /// The challenge whose code was mailed.
    #[serde(default)]
    by: String,
}

/// How a person confirms now.
pub(super) async fn means(conn: &Conn, person: &Person, by: &str) -> Result<Means, Problem> {
    if identity::has_factor(conn, person.id).await? {
        return Ok(Means::App);
    }
    let Ok(id) = by.parse::<ChallengeId>() else { return Ok(Means::Mail) };
    let challenge = identity::challenge(conn, id).await?.filter(|challenge| challenge.email == person.email);
    Ok(challenge.map_or(Means::Mail, |_| Means::Mailed(id)))
}

/// The form; who has just confirmed goes on.
pub async fn show(
    State(app): State<App>,
    view: View,
    signed_in: SignedIn,
    PageSnapshot(conn): PageSnapshot,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    let onward = Onward { next: local(&wanted.next), kept: None, had_file: false };
    if signed_in.is_confirmed(app.services.clocks.machine()) {
        return Ok(Redirect::to(&onward.next).into_response());
    }
    let person = &signed_in.person;
    let means = means(&conn, person, &wanted.by).await?;
    page(&Page { view: &view, errors: &FieldErrors::default(), email: &person.email, means, onward: &onward, typed: "" })
}

/// In place of a form that needed a confirmation: 403, with what was typed kept on the page.
///
/// # Errors
/// The database's own, or the template's.
pub(in crate::web) async fn refused(app: &App, asked: &mut Parts, onward: &Onward) -> Result<Response, Problem> {
    let signed_in = <SignedIn as OptionalFromRequestParts<App>>::from_request_parts(asked, app).await?;
    let person = signed_in.ok_or(Problem::Unconfirmed)?.person;
    let means = means(&*app.services.db.snapshot().await?, &person, "").await?;
    let mut view = View::bare(app, asked.uri.path());
    view.role = Some(person.role);
    page_refusing(&Page { view: &view, errors: &FieldErrors::default(), email: &person.email, means, onward, typed: "" })
}
