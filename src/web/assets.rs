//! The one stylesheet, the one script and the icon, compiled in and addressed by their content.

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use super::Problem;

const STYLE: &str = include_str!("assets/style.css");
const SCRIPT: &str = include_str!("assets/lectern.js");
const ICON: &str = include_str!("assets/icon.svg");

/// A file by its name.
///
/// # Errors
/// [`Problem::NotFound`] for any other name.
pub async fn asset(Path(name): Path<String>) -> Result<Response, Problem> {
    let (kind, text) = match name.as_str() {
        "style.css" => ("text/css; charset=utf-8", STYLE),
        "lectern.js" => ("text/javascript; charset=utf-8", SCRIPT),
        "icon.svg" => ("image/svg+xml", ICON),
        _ => return Err(Problem::NotFound),
    };
    Ok(([(CONTENT_TYPE, kind), (CACHE_CONTROL, "public, max-age=3600")], text).into_response())
}
