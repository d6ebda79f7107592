//! The form for a certificate's code.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::certificates::{self, Code};
use crate::web::form::{FieldErrors, Fields};
use crate::web::view::{View, page, page_with_errors};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/verify/form.html")]
struct Page<'a> {
    view: &'a View,
    errors: &'a FieldErrors,
    code: &'a str,
}

/// The form.
pub(super) async fn show(view: View) -> Result<Response, Problem> {
    page(&Page { view: &view, errors: &FieldErrors::default(), code: "" })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    #[serde(default)]
    code: String,
}

/// Leads to the certificate of this code, however it was typed.
pub(super) async fn look(State(app): State<App>, view: View, Fields(input): Fields<Input>) -> Result<Response, Problem> {
    let mut errors = FieldErrors::default();
    if let Some(code) = errors.parse("code", input.code.parse::<Code>()) {
        let snapshot = app.services.db.snapshot().await?;
        if certificates::by_code(&snapshot, &code).await?.is_some() {
            return Ok(Redirect::to(&certificates::verify_path(&code)).into_response());
        }
        errors.add("code", "No certificate of ours has this code. Compare it with the certificate, letter by letter");
    }
    page_with_errors(&Page { view: &view, errors: &errors, code: &input.code })
}
