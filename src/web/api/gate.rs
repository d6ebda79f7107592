//! What stands before every route of the API: the token, its limit, and the headers of the answer.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::ApiProblem;
use crate::kernel::Actor;
use crate::tokens::{self, Bearer, BearerRefusal, Scope, Secret};
use crate::web::session::PageSnapshot;
use crate::web::view::tag_of;
use crate::web::{App, Problem};

/// The program that asks, and in whose name.
#[derive(Debug, Clone)]
pub struct Caller(Arc<Bearer>);

impl Caller {
    pub fn person(&self) -> &crate::identity::Person {
        &self.0.person
    }

    pub fn token(&self) -> &tokens::Token {
        &self.0.token
    }

    /// As whom it changes things.
    pub fn actor(&self) -> Actor {
        self.0.token.actor()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiProblem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(ApiProblem::token_missing)
    }
}

/// The text after `Bearer` (RFC 6750 section 2.1); a header that is there twice counts as absent.
fn shown(headers: &HeaderMap) -> Option<&str> {
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let (Some(only), None) = (all.next(), all.next()) else { return None };
    let (scheme, rest) = only.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| rest.trim())
}

/// Who shows a token in these headers, and notes that it was used. Nothing else is looked at.
///
/// # Errors
/// 401 for none, and for one that opens nothing. A text that is no token of ours asks nothing of the database.
pub async fn authenticate(parts: &mut Parts, app: &App) -> Result<Caller, ApiProblem> {
    let secret: Secret = shown(&parts.headers)
        .ok_or_else(ApiProblem::token_missing)?
        .parse()
        .map_err(|error: tokens::model::SecretError| ApiProblem::token_refused(&error.to_string()))?;
    let PageSnapshot(conn) = PageSnapshot::from_request_parts(parts, app).await?;
    let now = app.services.clocks.machine();
    let bearer = tokens::authenticate(&conn, &secret, now).await.map_err(|refusal| match refusal {
        BearerRefusal::Db(error) => error.into(),
        refusal => ApiProblem::token_refused(&refusal.to_string()),
    })?;
    if bearer.token.is_due_to_be_marked(now) {
        let (id, actor) = (bearer.token.id, bearer.token.actor());
        drop(conn);
        PageSnapshot::give_back(parts);
        let marked = app.services.db.write(actor, async |txn| tokens::mark_used(txn, id).await).await;
        // It can be answered all the same.
        if let Err(error) = marked {
            tracing::warn!(%error, "a token could not be marked as used");
        }
    }
    Ok(Caller(Arc::new(bearer)))
}

/// Lets a request in that shows a token, within its limit, and ends its answer.
pub async fn gate(State(app): State<App>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let caller = match authenticate(&mut parts, &app).await {
        Ok(caller) => caller,
        Err(problem) => return problem.into_response(),
    };
    let left = app.api_limits.count(caller.token().id, app.services.clocks.machine());
    let mut response = if left.allowed {
        let known = matches!(parts.method, Method::GET | Method::HEAD).then(|| parts.headers.get(IF_NONE_MATCH).cloned());
        parts.extensions.insert(caller);
        let response = next.run(Request::from_parts(parts, body)).await;
        match known {
            Some(known) if response.status() == StatusCode::OK => tagged(response, known.as_ref()).await,
            _ => response,
        }
    } else {
        ApiProblem::too_many(left.resets_in).into_response()
    };
    left.tell(response.headers_mut());
    response
}

/// Refuses a token that does not allow `scope`.
pub async fn allow(State(scope): State<Scope>, caller: Caller, request: Request, next: Next) -> Response {
    if caller.token().scopes.allow(scope) { next.run(request).await } else { ApiProblem::scope_missing(scope).into_response() }
}

/// Gives a read its tag (RFC 9110 section 8.8.3); 304 without a body to who has this very answer.
pub(super) async fn tagged(response: Response, known: Option<&HeaderValue>) -> Response {
    let (mut parts, body) = response.into_parts();
    let body = match to_bytes(body, usize::MAX).await {
        Ok(body) => body,
        Err(error) => return Problem::internal(error).into_response(),
    };
    let tag = tag_of(&body);
    let same = known.and_then(|known| known.to_str().ok()).is_some_and(|known| is_among(known, &tag));
    if let Ok(value) = HeaderValue::from_str(&tag) {
        parts.headers.insert(ETAG, value);
    }
    parts.headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    if same {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(CONTENT_TYPE);
        parts.headers.remove(CONTENT_LENGTH);
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, Body::from(body))
}

/// The weak comparison of RFC 9110 section 13.1.2.
fn is_among(known: &str, tag: &str) -> bool {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    known.trim() == "*" || known.split(',').any(|known| bare(known) == bare(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_shown_in_one_header_alone() {
        let of = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(AUTHORIZATION, HeaderValue::from_str(value).unwrap());
            }
            shown(&headers).map(str::to_owned)
        };
        assert_eq!(of(&["Bearer abc"]), Some("abc".to_owned()));
        assert_eq!(of(&["bearer  abc "]), Some("abc".to_owned()));
        for none in [&[][..], &["abc"], &["Basic abc"], &["Bearer"], &["Bearer abc", "Bearer abc"]] {
            assert_eq!(of(none), None, "{none:?}");
        }
    }

    #[test]
    fn a_tag_is_compared_weakly() {
        for known in ["*", "W/\"a\"", "\"a\"", "\"x\", W/\"a\""] {
            assert!(is_among(known, "W/\"a\""), "{known}");
        }
        for other in ["", "a", "\"b\"", "W/\"ab\""] {
            assert!(!is_among(other, "W/\"a\""), "{other}");
        }
    }
}
