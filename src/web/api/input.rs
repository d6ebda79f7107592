//! What comes in: ids in paths, parameters of queries, bodies, and the key under which a change is answered once.

use std::str::FromStr;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use sea_orm::DbErr;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::problem::FieldProblem;
use super::{ApiProblem, Caller};
use crate::db::Txn;
use crate::tokens::idempotency::{self, Claim, Fingerprint, Key, Keyed, Outcome};
use crate::web::App;

/// The header that names a request (draft-ietf-httpapi-idempotency-key-header).
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// What the path names. A text that is no id of this kind names nothing: 404.
#[derive(Debug)]
pub struct Named<T>(pub T);

impl<T: FromStr, S: Send + Sync> FromRequestParts<S> for Named<T> {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiProblem> {
        let Path(text) = Path::<String>::from_request_parts(parts, state).await.map_err(|_| ApiProblem::not_found())?;
        text.parse().map(Self).map_err(|_| ApiProblem::not_found())
    }
}

/// The query's parameters. `T` refuses unknown ones, so that a mistyped filter is not a list of everything.
#[derive(Debug)]
pub struct Asked<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiProblem> {
        let refused =
            |error: &str| ApiProblem::parameter(&named_in(error), told(error.rsplit("string: ").next().unwrap_or(error)));
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(asked)) => Ok(Self(asked)),
            Err(rejection) => Err(refused(&rejection.body_text())),
        }
    }
}

/// A change that a program asks for: its input, and the key under which it is answered once. `T` refuses unknown fields.
#[derive(Debug)]
pub struct Command<T> {
    pub input: T,
    pub keyed: Keyed,
}

impl<T: DeserializeOwned> FromRequest<App> for Command<T> {
    type Rejection = ApiProblem;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiProblem> {
        let (mut parts, body) = request.into_parts();
        let caller = Caller::from_request_parts(&mut parts, app).await?;
        let key = key(&parts.headers)?;
        if !is_json(&parts.headers) {
            return Err(ApiProblem::media_type());
        }
        let (method, path) = (parts.method.clone(), parts.uri.path().to_owned());
        let bytes = Bytes::from_request(Request::from_parts(parts, body), app).await;
        let bytes = bytes.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => ApiProblem::too_large(),
            _ => ApiProblem::malformed("The body did not arrive whole."),
        })?;
        let fingerprint = Fingerprint::of(method.as_str(), &path, &bytes);
        Ok(Self { input: parse(&bytes)?, keyed: Keyed { token: caller.token().id, key, fingerprint } })
    }
}

fn key(headers: &HeaderMap) -> Result<Key, ApiProblem> {
    let refused = |message: String| ApiProblem::parameter("Idempotency-Key", message);
    let mut all = headers.get_all(IDEMPOTENCY_KEY).iter();
    let (Some(only), None) = (all.next(), all.next()) else {
        return Err(refused("Send one, new for each request and the same when you send it again, such as a UUID".to_owned()));
    };
    let parsed = only.to_str().ok().map(str::parse::<Key>);
    parsed.unwrap_or(Err(idempotency::KeyError)).map_err(|error| refused(error.to_string()))
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiProblem> {
    serde_json::from_slice(bytes).map_err(|error| {
        let text = error.to_string();
        if error.is_data() {
            ApiProblem::invalid(vec![FieldProblem { field: named_in(&text), message: told(&text) }])
        } else {
            ApiProblem::malformed(format!("The body is not JSON: {}", told(&text)))
        }
    })
}

/// The field that a parser's message names in backticks, if one.
fn named_in(message: &str) -> String {
    let about_field = ["unknown field `", "missing field `", "duplicate field `"];
    let rest = about_field.iter().find_map(|words| message.split_once(words)).map(|(_, rest)| rest);
    let name = rest.and_then(|rest| rest.split('`').next()).unwrap_or_default();
    name.chars().filter(|c| !c.is_control()).take(60).collect()
}

/// A parser's message, bounded: it may repeat what was sent.
fn told(message: &str) -> String {
    message.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// What a change answers.
#[derive(Debug)]
pub struct Made<T> {
    pub status: StatusCode,
    pub body: T,
    pub location: Option<String>,
}

impl<T: Serialize> Made<T> {
    /// Something new, at this address.
    pub fn new(body: T, location: impl Into<Option<String>>) -> Self {
        Self { status: StatusCode::CREATED, body, location: location.into() }
    }

    /// What was there already.
    pub fn before(body: T, location: impl Into<Option<String>>) -> Self {
        Self { status: StatusCode::OK, body, location: location.into() }
    }

    fn outcome(self) -> Result<Outcome, DbErr> {
        let body = serde_json::to_string(&self.body).map_err(|error| DbErr::Json(error.to_string()))?;
        Ok(Outcome { status: self.status.as_u16(), body, location: self.location })
    }
}

fn answer(outcome: Outcome, replayed: bool) -> Response {
    let status = StatusCode::from_u16(outcome.status).unwrap_or(StatusCode::OK);
    let mut response = (status, [(CONTENT_TYPE, "application/json")], outcome.body).into_response();
    let headers = response.headers_mut();
    if let Some(location) = outcome.location.and_then(|location| location.parse().ok()) {
        headers.insert(axum::http::header::LOCATION, location);
    }
    if replayed {
        headers.insert("idempotency-replayed", axum::http::HeaderValue::from_static("true"));
    }
    response
}

/// Does a change once under its key, in one transaction with what it answers.
///
/// # Errors
/// What `act` refuses with, and then nothing is changed nor kept; or that the key is another request's.
pub async fn once<T, E, F>(app: &App, caller: &Caller, keyed: &Keyed, act: F) -> Result<Response, ApiProblem>
where
    T: Serialize,
    E: Into<ApiProblem>,
    F: AsyncFnOnce(&Txn) -> Result<Made<T>, E>,
{
    let done = app.services.db.write(caller.actor(), async |txn| match idempotency::claim(txn, keyed).await? {
        Claim::First => {
            let outcome = act(txn).await.map_err(Into::into)?.outcome()?;
            idempotency::keep(txn, keyed, &outcome).await?;
            Ok(answer(outcome, false))
        }
        other => before(other),
    });
    done.await
}

/// Does a change once under its key that has transactions of its own. What it answers is kept after it: whoever dies between the two
/// must find, when the same is asked again, that it is done.
///
/// # Errors
/// As [`once`], and that the same request is under way.
pub async fn once_apart<T: Serialize>(
    app: &App,
    caller: &Caller,
    keyed: &Keyed,
    act: impl Future<Output = Result<Made<T>, ApiProblem>>,
) -> Result<Response, ApiProblem> {
    let db = &app.services.db;
    match db.write(caller.actor(), async |txn| idempotency::claim(txn, keyed).await).await? {
        Claim::First => {}
        other => return before(other),
    }
    match act.await {
        Ok(made) => {
            let outcome = made.outcome()?;
            db.write(caller.actor(), async |txn| idempotency::keep(txn, keyed, &outcome).await).await?;
            Ok(answer(outcome, false))
        }
        Err(problem) => {
            db.write(caller.actor(), async |txn| idempotency::release(txn, keyed).await).await?;
            Err(problem)
        }
    }
}

fn before(claim: Claim) -> Result<Response, ApiProblem> {
    match claim {
        Claim::Before(outcome) => Ok(answer(outcome, true)),
        Claim::Other => Err(ApiProblem::key_used()),
        Claim::First | Claim::UnderWay => Err(ApiProblem::under_way()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parsers_message_names_the_field() {
        assert_eq!(named_in("unknown field `paid`, expected one of `method`, `amount` at line 1"), "paid");
        assert_eq!(named_in("missing field `amount` at line 1 column 2"), "amount");
        assert_eq!(named_in("invalid type: string \"x\", expected i64"), "");
        assert_eq!(told(&"x\u{0}".repeat(300)).len(), 200);
    }

    #[test]
    fn only_json_is_json() {
        let of = |kind: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, kind.parse().unwrap());
            is_json(&headers)
        };
        assert!(of("application/json") && of("Application/JSON; charset=utf-8"));
        assert!(!of("text/json") && !of("application/jsonx") && !of("") && !is_json(&HeaderMap::new()));
    }
}
