//! The API for programs: `/api/v1`.
//!
//! A route is declared once, in `v1`, with its scope and what the document says of it: the router, the table that tests walk and the
//! OpenAPI document are the same thing. The `gate` stands before all of them: it takes a bearer token and nothing else (no cookie is
//! looked at, so that no other site can act through a browser), counts the token's requests, and tags what is read. Handlers ask the
//! same views and call the same verbs as the pages, as `Caller`: in the name of the admin who made the token. A change is a
//! `Command`, answered once under its key.

mod docs;
mod document;
mod gate;
mod input;
mod limits;
mod paging;
mod problem;
mod routes;
mod v1;

use std::sync::LazyLock;

use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, IF_NONE_MATCH};
use axum::http::request::Parts;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use axum::{Router, routing::get};
use serde::Serialize;
use serde_json::Value;

use crate::config::ApiDocs;
use crate::web::{App, Problem};

pub use docs::routes as pages;
use gate::Caller;
pub use limits::Limits;
pub use problem::ApiProblem;
pub use routes::ApiRoute;

/// Every path of the API begins so: refusals below it are for programs, whatever they accept.
pub const ROOT: &str = "/api/v1/";
/// Where the document is.
pub const DOCUMENT: &str = "/api/v1/openapi.json";

/// Every route, with its scope.
pub fn table() -> Vec<ApiRoute> {
    v1::routes().table().to_vec()
}

/// The OpenAPI document.
pub fn document() -> &'static Value {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(|| document::document(v1::routes().table()));
    &DOCUMENT
}

/// The API's own router. Neither sessions nor the check of a form's origin belong to it.
pub(super) fn router(app: &App) -> Router<App> {
    let behind = v1::routes()
        .into_router()
        .route("/api/v1/{*rest}", any(async || ApiProblem::not_found()))
        .method_not_allowed_fallback(async || ApiProblem::method())
        // On the routes alone: what no route of ours matches is a page's to refuse.
        .route_layer(from_fn_with_state(app.clone(), gate::gate));
    behind.route(DOCUMENT, get(told).fallback(async || ApiProblem::method()))
}

/// The document, to whoever the settings say, or shows a token of any scope.
async fn told(State(app): State<App>, mut parts: Parts) -> Result<Response, ApiProblem> {
    if app.services.settings.api.docs == ApiDocs::Staff {
        gate::authenticate(&mut parts, &app).await?;
    }
    let known = parts.headers.get(IF_NONE_MATCH).cloned();
    Ok(gate::tagged(json(document())?, known.as_ref()).await)
}

/// A body, 200.
fn json(body: &impl Serialize) -> Result<Response, ApiProblem> {
    let body = serde_json::to_vec(body).map_err(Problem::internal)?;
    Ok(([(CONTENT_TYPE, "application/json")], body).into_response())
}
