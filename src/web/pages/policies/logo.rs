//! The logo's bytes.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::response::{IntoResponse, Response};

use crate::organisation;
use crate::web::view::not_modified;
use crate::web::{App, Problem};

/// The logo, or 304 to who has it (RFC 9110 section 13.1.2). Pages ask for it under its digest, so that a new one is seen at once.
pub(super) async fn show(State(app): State<App>, headers: HeaderMap) -> Result<Response, Problem> {
    let owner = app.site.owner();
    let facts = owner.organisation.logo.as_ref().ok_or(Problem::NotFound)?;
    let tag = format!("\"{}\"", facts.hash);
    let fresh = [(ETAG, tag.clone()), (CACHE_CONTROL, "public, max-age=3600".to_owned())];
    let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    if known.flat_map(|value| value.split(',')).any(|one| one.trim().trim_start_matches("W/") == tag) {
        return Ok(not_modified(fresh));
    }
    let snapshot = app.services.db.snapshot().await?;
    let png = organisation::logo(&snapshot).await?.ok_or(Problem::NotFound)?;
    Ok((fresh, [(CONTENT_TYPE, "image/png")], png).into_response())
}
