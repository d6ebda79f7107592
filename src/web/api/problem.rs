//! Refusals of the API: problem details (RFC 9457), each with a stable `code`, and the fields that are to blame.

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use sea_orm::DbErr;
use serde::Serialize;
use utoipa::ToSchema;

use crate::tokens::Scope;
use crate::web::Problem;

/// Why a request of a program is not answered as asked.
#[derive(Debug)]
pub enum ApiProblem {
    /// The API's own.
    Told(Box<Words>),
    /// One that pages have too; [`render`](crate::web::problem::render) gives it its body.
    Site(Problem),
}

/// What a problem says.
#[derive(Debug)]
pub struct Words {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    detail: String,
    errors: Vec<FieldProblem>,
    challenge: Option<String>,
    retry_after: Option<u64>,
}

/// What is wrong with one field of the body, or one parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldProblem {
    /// Its name; of a part of an object, `amount.currency`. Empty where it is the body as a whole.
    pub field: String,
    /// What to do about it.
    pub message: String,
}

/// The body of every refusal (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody<'a> {
    /// `/problems/` and the code.
    #[serde(rename = "type")]
    kind: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    /// A stable word for programs.
    code: &'a str,
    /// The fields that are to blame, where some are.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(required = false)]
    errors: &'a [FieldProblem],
}

fn words(status: StatusCode, code: &'static str, title: &'static str, detail: impl Into<String>) -> Words {
    Words { status, code, title, detail: detail.into(), errors: Vec::new(), challenge: None, retry_after: None }
}

impl From<Words> for ApiProblem {
    fn from(words: Words) -> Self {
        Self::Told(Box::new(words))
    }
}

/// The protection space of every challenge (RFC 9110 section 11.5).
const REALM: &str = "Bearer realm=\"lectern\"";

impl ApiProblem {
    /// No such thing, or no such address.
    pub fn not_found() -> Self {
        words(StatusCode::NOT_FOUND, "not-found", "There is nothing here", "No such thing, or no such address of the API.").into()
    }

    /// An address that takes other methods; `Allow` names them.
    pub fn method() -> Self {
        let detail = "The header Allow names the methods that this address takes.";
        words(StatusCode::METHOD_NOT_ALLOWED, "method", "This address does not take that method", detail).into()
    }

    /// No token was shown (RFC 6750 section 3.1 wants no error code then).
    pub fn token_missing() -> Self {
        let detail = "Send a token: Authorization: Bearer lectern_… Cookies are not looked at here.";
        let words = words(StatusCode::UNAUTHORIZED, "token-missing", "A token is needed", detail);
        Words { challenge: Some(REALM.to_owned()), ..words }.into()
    }

    /// The token opens nothing, for this reason.
    pub fn token_refused(why: &str) -> Self {
        let words = words(StatusCode::UNAUTHORIZED, "token-refused", "The token is not accepted", format!("It says: {why}."));
        let challenge = format!("{REALM}, error=\"invalid_token\", error_description=\"{why}\"");
        Words { challenge: Some(challenge), ..words }.into()
    }

    /// The token opens other things.
    pub fn scope_missing(scope: Scope) -> Self {
        let detail = format!("This needs a token with the scope {scope}.");
        let words = words(StatusCode::FORBIDDEN, "scope-missing", "The token does not allow this", detail);
        let challenge = format!("{REALM}, error=\"insufficient_scope\", scope=\"{scope}\"");
        Words { challenge: Some(challenge), ..words }.into()
    }

    /// The request has not the form that the address takes.
    pub fn malformed(detail: impl Into<String>) -> Self {
        words(StatusCode::BAD_REQUEST, "malformed", "That request could not be read", detail).into()
    }

    /// A header or a parameter of the query that cannot be used.
    pub fn parameter(name: &str, message: impl Into<String>) -> Self {
        let errors = vec![FieldProblem { field: name.to_owned(), message: message.into() }];
        let words = words(StatusCode::BAD_REQUEST, "bad-parameter", "A parameter cannot be used", "See errors.");
        Words { errors, ..words }.into()
    }

    pub fn too_large() -> Self {
        words(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "That is too large", "A body has at most 65536 bytes.").into()
    }

    pub fn media_type() -> Self {
        let detail = "Send the body as application/json.";
        words(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media-type", "The body is not of a kind that we read", detail).into()
    }

    /// Fields that cannot be used.
    pub fn invalid(errors: Vec<FieldProblem>) -> Self {
        let words = words(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "Some fields cannot be used", "See errors.");
        Words { errors, ..words }.into()
    }

    /// One field that cannot be used.
    pub fn field(field: &str, message: impl Into<String>) -> Self {
        Self::invalid(vec![FieldProblem { field: field.to_owned(), message: message.into() }])
    }

    /// The key names another request.
    pub fn key_used() -> Self {
        let detail = "Another request was sent under this Idempotency-Key. A new request needs a new key.";
        words(StatusCode::UNPROCESSABLE_ENTITY, "key-used", "The key belongs to another request", detail).into()
    }

    /// The same request is under way.
    pub fn under_way() -> Self {
        let detail = "The same request is being carried out. Send it again in a moment to hear what came of it.";
        let words = words(StatusCode::CONFLICT, "under-way", "The request is under way", detail);
        Words { retry_after: Some(1), ..words }.into()
    }

    /// The state of things does not allow it.
    pub fn conflict(code: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        words(StatusCode::CONFLICT, code, title, detail).into()
    }

    pub fn too_many(retry_after: u64) -> Self {
        let detail = "The token has made as many requests as it may in a minute. The headers RateLimit say when it may go on.";
        let words = words(StatusCode::TOO_MANY_REQUESTS, "too-many", "Too many requests", detail);
        Words { retry_after: Some(retry_after), ..words }.into()
    }
}

impl From<Problem> for ApiProblem {
    fn from(problem: Problem) -> Self {
        match problem {
            Problem::NotFound => Self::not_found(),
            Problem::Conflict { title, detail } => Self::conflict("conflict", title, detail),
            Problem::Malformed(detail) => Self::malformed(detail),
            other => Self::Site(other),
        }
    }
}

impl From<DbErr> for ApiProblem {
    fn from(error: DbErr) -> Self {
        Self::Site(error.into())
    }
}

impl IntoResponse for ApiProblem {
    fn into_response(self) -> Response {
        let words = match self {
            Self::Told(words) => words,
            Self::Site(problem) => return problem.into_response(),
        };
        let body = ProblemBody {
            kind: format!("/problems/{}", words.code),
            title: words.title,
            status: words.status.as_u16(),
            detail: &words.detail,
            code: words.code,
            errors: &words.errors,
        };
        let body = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = (words.status, [(CONTENT_TYPE, "application/problem+json")], body).into_response();
        let headers = response.headers_mut();
        if let Some(challenge) = words.challenge.and_then(|challenge| HeaderValue::from_str(&challenge).ok()) {
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        if let Some(seconds) = words.retry_after {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}
