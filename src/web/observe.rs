//! What is told of each request: a line of the log with its id, and counters. By the route's pattern, never by the path, which holds
//! ids, and never with a query's values or an address.

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, Method};
use axum::middleware::Next;
use axum::response::Response;
use tracing::{Instrument, Level};

/// Routes whose requests say little: they are logged at the level of debugging.
const QUIET: [&str; 4] = ["/healthz", "/readyz", "/metrics", "/assets/{name}"];
/// What a request is counted under that no route matched.
const NO_ROUTE: &str = "none";

/// Watches one request from the outside of all other layers.
pub async fn observe(request: Request, next: Next) -> Response {
    let method = method_name(request.method());
    let route = request.extensions().get::<MatchedPath>().map_or_else(|| NO_ROUTE.to_owned(), |path| path.as_str().to_owned());
    let id = request.headers().get(HeaderName::from_static("x-request-id")).and_then(|id| id.to_str().ok()).unwrap_or_default();
    let span = tracing::info_span!("request", id, method, route);
    let started = tokio::time::Instant::now();
    let response = next.run(request).instrument(span.clone()).await;
    let (status, took) = (response.status(), started.elapsed());
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    span.in_scope(|| {
        let status = status.as_u16();
        if QUIET.contains(&route.as_str()) {
            tracing::event!(Level::DEBUG, status, micros, "answered");
        } else {
            tracing::event!(Level::INFO, status, micros, "answered");
        }
    });
    let class = match status.as_u16() {
        ..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    };
    metrics::counter!("lectern_http_requests_total", "method" => method, "route" => route.clone(), "status" => class)
        .increment(1);
    metrics::histogram!("lectern_http_request_seconds", "route" => route, "status" => class).record(took.as_secs_f64());
    response
}

/// A client may invent methods: their number must not grow the list of counters.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
