//! Stripe's API, as much of it as the product uses.

mod money;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, RawQuery, Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use secrecy::ExposeSecret;
use serde_json::Value;
use subtle::ConstantTimeEq;

use super::faults::misbehave;
use super::params::Params;
use super::shapes::{self, ApiError};
use super::state::{Act, Answer, EventRecord, NotNow, Progress, Session};
use super::{Change, PracticeError, PracticeGateway, RETENTION};
use crate::kernel::time::shifted;

const SESSIONS: &str = "/v1/checkout/sessions";
const EVENTS: &str = "/v1/events";
const MAX_BODY: usize = 64 * 1024;

pub(super) fn routes(practice: PracticeGateway) -> Router {
    Router::new()
        .route(SESSIONS, get(list_sessions).post(create_session))
        .route("/v1/checkout/sessions/{id}", get(show_session))
        .route("/v1/checkout/sessions/{id}/expire", post(expire_session))
        .route(EVENTS, get(list_events))
        .merge(money::routes())
        .route("/v1/{*rest}", any(unknown_path))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn_with_state(practice.clone(), authorise))
        .layer(from_fn_with_state(practice.clone(), misbehave))
        .with_state(practice)
}

impl From<PracticeError> for ApiError {
    fn from(error: PracticeError) -> Self {
        tracing::error!(%error, "the practice gateway could not keep its state");
        Self::broken()
    }
}

async fn authorise(State(practice): State<PracticeGateway>, request: Request, next: Next) -> Response {
    let given = request.headers().get(header::AUTHORIZATION).and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
    let wanted = practice.0.settings.secret_key.expose_secret().as_bytes();
    if given.is_some_and(|given| bool::from(given.ct_eq(wanted))) {
        next.run(request).await
    } else {
        ApiError::unauthorised().into_response()
    }
}

async fn create_session(State(practice): State<PracticeGateway>, headers: HeaderMap, body: Bytes) -> Result<Response, ApiError> {
    keyed(&practice, SESSIONS, &headers, &body, |params, state, change| {
        let purchase = params.into_purchase(change.now)?;
        if let Some(unknown) = purchase.customer.as_ref().filter(|id| !state.customers.contains_key(*id)) {
            return Err(ApiError::invalid("customer", "resource_missing", &format!("No such customer: '{unknown}'")));
        }
        let id = state.create(purchase, &practice.0.settings.public_url, change);
        state.sessions.get(&id).map(|session| shapes::session(state, session)).ok_or_else(ApiError::broken)
    })
}

/// Makes something, or answers again with what the same request under the same key made.
fn keyed(
    practice: &PracticeGateway,
    path: &str,
    headers: &HeaderMap,
    body: &[u8],
    make: impl FnOnce(Params, &mut super::state::State, &Change<'_>) -> Result<Value, ApiError>,
) -> Result<Response, ApiError> {
    let params = Params::parse(body)?;
    let key = idempotency_key(headers)?;
    let fingerprint = params.fingerprint(path);
    let (answer, replayed) = practice.change(|state, change| {
        if let Some(known) = key.as_ref().and_then(|key| state.answers.get(key)) {
            let same = known.fingerprint == fingerprint;
            return if same { Ok((known.body.clone(), "true")) } else { Err(ApiError::other_request()) };
        }
        // Only what passed validation is kept under the key, as with Stripe.
        let body = make(params, state, change)?;
        if let Some(key) = key {
            state.answers.insert(key, Answer { fingerprint, body: body.clone(), created: change.now });
        }
        Ok((body, "false"))
    })??;
    Ok(([("idempotent-replayed", replayed)], Json(answer)).into_response())
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().ok().filter(|key| (1..=255).contains(&key.len()));
    let invalid = || ApiError::invalid("", None, "An idempotency key has 1 to 255 characters.");
    key.map(|key| Some(key.to_owned())).ok_or_else(invalid)
}

async fn show_session(State(practice): State<PracticeGateway>, Path(id): Path<String>) -> Result<Json<Value>, ApiError> {
    let found = practice.read(|state, _| state.sessions.get(&id).map(|session| shapes::session(state, session)))?;
    found.map(Json).ok_or_else(|| no_such("checkout.session", &id))
}

async fn expire_session(State(practice): State<PracticeGateway>, Path(id): Path<String>) -> Result<Json<Value>, ApiError> {
    let expired = practice.change(|state, change| {
        if !state.sessions.contains_key(&id) {
            return Err(no_such("checkout.session", &id));
        }
        let only_open = |NotNow| ApiError::invalid("", None, "Only Checkout Sessions with a status of open can be expired.");
        state.act(&id, Act::Expire, change).map_err(only_open)?;
        Ok(shapes::session(state, &state.sessions[&id]))
    })??;
    Ok(Json(expired))
}

async fn list_sessions(State(practice): State<PracticeGateway>, RawQuery(query): RawQuery) -> Result<Json<Value>, ApiError> {
    let (page, mut params) = Page::of(query)?;
    let (status, intent) = (params.take("status"), params.take("payment_intent"));
    params.finish()?;
    practice.read(|state, _| {
        let mut sessions: Vec<&Session> = state.sessions.values().collect();
        sessions.sort_by(|a, b| (b.created, &b.id).cmp(&(a.created, &a.id)));
        let wanted = |session: &&Session| {
            status.as_deref().is_none_or(|status| status == status_word(&session.progress))
                && intent.as_deref().is_none_or(|intent| Some(intent) == session.progress.intent())
        };
        page.cut(SESSIONS, sessions, |session| &session.id, wanted, |session| shapes::session(state, session))
    })?
}

fn status_word(progress: &Progress) -> &'static str {
    match progress {
        Progress::Open { .. } => "open",
        Progress::Processing { .. } | Progress::Paid { .. } | Progress::Refused { .. } => "complete",
        Progress::Expired { .. } => "expired",
    }
}

async fn list_events(State(practice): State<PracticeGateway>, RawQuery(query): RawQuery) -> Result<Json<Value>, ApiError> {
    let (page, mut params) = Page::of(query)?;
    let mut kinds = params.take_list("types");
    kinds.extend(params.take("type"));
    let from = if params.has("created[gte]") { params.take_whole("created[gte]")? } else { i64::MIN };
    params.finish()?;
    practice.read(|state, now| {
        let oldest = shifted(now, -RETENTION).as_second().max(from);
        let wanted =
            |event: &&EventRecord| event.created.as_second() >= oldest && (kinds.is_empty() || kinds.contains(&event.kind));
        page.cut(EVENTS, state.events.iter().rev().collect(), |event| &event.id, wanted, shapes::event)
    })?
}

async fn unknown_path() -> ApiError {
    ApiError::missing("Unrecognized request URL.".to_owned())
}

fn no_such(kind: &str, id: &str) -> ApiError {
    let shown: String = id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(80).collect();
    ApiError::missing(format!("No such {kind}: '{shown}'"))
}

/// Which part of a list is asked for.
struct Page {
    limit: usize,
    after: Option<String>,
}

impl Page {
    /// The page that a query asks for, and the rest of the query.
    fn of(query: Option<String>) -> Result<(Self, Params), ApiError> {
        let mut params = Params::parse(query.unwrap_or_default().as_bytes())?;
        let limit = if params.has("limit") { params.take_whole("limit")? } else { 10 };
        let limit = usize::try_from(limit).ok().filter(|limit| (1..=100).contains(limit));
        let invalid = || ApiError::invalid("limit", "parameter_invalid_integer", "The limit is 1 to 100.");
        let page = Self { limit: limit.ok_or_else(invalid)?, after: params.take("starting_after") };
        Ok((page, params))
    }

    /// `items`, newest first: those that come after the cursor and are wanted, up to the limit.
    fn cut<T>(
        &self,
        url: &str,
        items: Vec<&T>,
        id: impl Fn(&T) -> &String,
        wanted: impl Fn(&&T) -> bool,
        shape: impl Fn(&T) -> Value,
    ) -> Result<Json<Value>, ApiError> {
        let start = match &self.after {
            None => 0,
            Some(after) => 1 + items.iter().position(|item| id(item) == after).ok_or_else(|| no_such("object", after))?,
        };
        let mut rest = items[start..].iter().copied().filter(|item| wanted(item));
        let data: Vec<Value> = rest.by_ref().take(self.limit).map(shape).collect();
        Ok(Json(shapes::list(url, data, rest.next().is_some())))
    }
}
