//! The logo: uploaded, looked at, removed.

use askama::Template;
use axum::extract::State;
use axum::extract::multipart::{Multipart, MultipartError, MultipartRejection};
use axum::response::Response;

use super::form::keep;
use crate::kernel::Actor;
use crate::organisation::model::{Change, Logo, LogoRefusal, MAX_UPLOAD};
use crate::web::form::{FieldErrors, Fields, NoFields, too_long};
use crate::web::session::AdminNow;
use crate::web::view::{View, page, page_with_errors};
use crate::web::{App, Problem};

/// The file and what a form wraps around it. A file that is a little too long gets its message; one that is much, 413.
pub(super) const BODY_LIMIT: usize = 2 * MAX_UPLOAD;

#[derive(Template)]
#[template(path = "web/pages/settings/logo.html")]
struct Page<'a> {
    view: &'a View,
    errors: &'a FieldErrors,
}

/// The logo there is, and the form for another.
pub(super) async fn show(view: View, _: AdminNow) -> Result<Response, Problem> {
    page(&Page { view: &view, errors: &FieldErrors::default() })
}

/// Keeps what the file shows, written anew.
pub(super) async fn save(
    State(app): State<App>,
    view: View,
    AdminNow(person): AdminNow,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, Problem> {
    let form = form.map_err(|rejection| Problem::Malformed(format!("{}.", rejection.body_text())))?;
    let bytes = match file(form).await {
        Ok(bytes) => bytes,
        Err(refusal) => return refusal,
    };
    // Decoding keeps a processor busy: not where requests are served.
    let made = tokio::task::spawn_blocking(move || Logo::from_upload(&bytes)).await.map_err(Problem::internal)?;
    match made {
        Ok(logo) => keep(&app, Actor::User(person.id), Change::Logo(Some(logo))).await,
        Err(refusal) => again(&view, refusal),
    }
}

fn again(view: &View, refusal: LogoRefusal) -> Result<Response, Problem> {
    page_with_errors(&Page { view, errors: &FieldErrors::one("logo", refusal.to_string()) })
}

/// The bytes of the one field there is. The name and type that come with it are not believed, or even read.
async fn file(mut form: Multipart) -> Result<Vec<u8>, Result<Response, Problem>> {
    let malformed =
        |error: MultipartError| too_long(&error).ok_or_else(|| Problem::Malformed("The file did not come whole.".to_owned()));
    let unknown = || Err(Problem::Malformed("The form holds one file and nothing else.".to_owned()));
    let mut found = None;
    while let Some(field) = form.next_field().await.map_err(malformed)? {
        if field.name() != Some("logo") || found.is_some() {
            return Err(unknown());
        }
        found = Some(field.bytes().await.map_err(malformed)?.to_vec());
    }
    found.ok_or_else(unknown)
}

/// Shows none from now on.
pub(super) async fn remove(
    State(app): State<App>,
    AdminNow(person): AdminNow,
    Fields(NoFields {}): Fields<NoFields>,
) -> Result<Response, Problem> {
    keep(&app, Actor::User(person.id), Change::Logo(None)).await
}
