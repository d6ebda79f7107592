//! Refusals: the only place that knows status codes. A person gets a page that says what to do next, a program gets RFC 9457.

use std::error::Error;
use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{ACCEPT, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sea_orm::DbErr;

use super::confirm::{Onward, Unconfirmed};
use super::pages::step_up;
use super::view::View;
use super::{App, api};

/// Why a request is not answered as asked.
#[derive(Debug)]
pub enum Problem {
    /// No such thing, or somebody else's.
    NotFound,
    /// Nobody is signed in: to the sign-in page, and back to this path of ours.
    SignInFirst { next: String },
    /// A page for who has just confirmed that it is them: to where that is done, and back to this path of ours.
    ConfirmFirst { next: String },
    /// A form for who has just confirmed that it is them. Nothing was changed; what was typed is kept.
    Unconfirmed,
    /// Staff must have a second factor, and this one has none yet: to where it is set up.
    FactorFirst,
    /// Signed in, but not in the role for it.
    WrongRole,
    /// The request is not of the form's or the interface's shape.
    Malformed(String),
    /// The state of things does not allow it now; says why and what to do.
    Conflict { title: &'static str, detail: String },
    /// Too many requests; come back after so many seconds.
    TooMany { retry_after: u64 },
    /// As many codes as we send in an hour were asked for one address; in so many seconds there may be another.
    TooManyCodes { retry_after: u64 },
    /// As many coupon codes as may be were tried on an order, which is over in so many seconds.
    TooManyTries { retry_after: u64 },
    /// Another host's name, or a request from another site.
    WrongOrigin,
    /// The database is busy or away; nothing was changed.
    Busy,
    /// A fault of ours: logged, and told without details.
    Internal(Arc<dyn Error + Send + Sync>),
}

impl Problem {
    /// A fault of ours.
    pub fn internal(error: impl Error + Send + Sync + 'static) -> Self {
        Self::Internal(Arc::new(error))
    }
}

impl From<DbErr> for Problem {
    fn from(error: DbErr) -> Self {
        // A pool that gives no connection, a lock that is not freed, a deadlock's victim: the same request may succeed later.
        let text = error.to_string();
        let passing = matches!(error, DbErr::ConnectionAcquire(_) | DbErr::Conn(_))
            || ["database is locked", "deadlock detected", "lock timeout", "could not serialize"]
                .iter()
                .any(|sign| text.contains(sign));
        if passing { Self::Busy } else { Self::internal(error) }
    }
}

impl From<axum::extract::rejection::PathRejection> for Problem {
    /// A path whose id does not parse names nothing of ours.
    fn from(_: axum::extract::rejection::PathRejection) -> Self {
        Self::NotFound
    }
}

impl From<askama::Error> for Problem {
    fn from(error: askama::Error) -> Self {
        Self::internal(error)
    }
}

/// What a problem says, to both kinds of reader.
#[derive(Debug, Clone)]
struct Told {
    status: StatusCode,
    kind: &'static str,
    title: &'static str,
    detail: String,
    remedy: &'static str,
    link: (&'static str, &'static str),
}

const HOME: (&str, &str) = ("/", "The course");

impl Problem {
    // A table of words, a problem a row.
    #[rustfmt::skip]
    fn told(&self) -> Told {
        let told = |status, kind, title, detail: &str, remedy| Told { status, kind, title, detail: detail.to_owned(), remedy, link: HOME };
        match self {
            Self::NotFound => told(StatusCode::NOT_FOUND, "not-found", "There is nothing here",
                "The page may have moved, or it belongs to another account.",
                "Check the address. If you followed a link from a mail, sign in with the address that received it."),
            Self::SignInFirst { .. } => Told { link: ("/sign-in", "Sign in"), ..told(StatusCode::UNAUTHORIZED, "sign-in", "Sign in first",
                "This page is for people signed in.",
                "Sign in and come back.") },
            Self::ConfirmFirst { .. } | Self::Unconfirmed => told(StatusCode::FORBIDDEN, "confirm-first", "Confirm that it is you",
                "This needs a confirmation of the last ten minutes. Nothing was changed.",
                "Confirm, and send it again."),
            Self::FactorFirst => told(StatusCode::FORBIDDEN, "second-factor-first", "Set up your second factor first",
                "Staff sign in with a second factor here.",
                "Set it up in your account."),
            Self::WrongRole => told(StatusCode::FORBIDDEN, "wrong-role", "This is not yours to open",
                "Your account does not have the role this page needs.",
                "If it should, ask an admin of the course to change your role."),
            Self::Malformed(detail) => told(StatusCode::BAD_REQUEST, "malformed", "That request could not be read",
                detail,
                "Go back, load the page again and send the form once more."),
            Self::Conflict { title, detail } => told(StatusCode::CONFLICT, "conflict", title,
                detail,
                "Load the page again to see how things stand."),
            Self::TooManyCodes { retry_after } => told(StatusCode::TOO_MANY_REQUESTS, "too-many-codes",
                "We sent several codes to this address already",
                &format!("There can be another in {} minutes.", retry_after.div_ceil(60)),
                "Use the newest code we mailed, on the page that asked for it. Look in the spam folder too."),
            Self::TooManyTries { .. } => told(StatusCode::TOO_MANY_REQUESTS, "too-many-tries",
                "No more codes can be tried",
                "Too many codes were tried on this order.",
                "Go back to the order and pay it without a code."),
            Self::TooMany { .. } => told(StatusCode::TOO_MANY_REQUESTS, "too-many", "Too many requests",
                "We received more requests from your network than we can answer at once.",
                "Wait a minute and try again. Nothing you sent was lost or done twice."),
            Self::WrongOrigin => told(StatusCode::FORBIDDEN, "wrong-origin", "That request came from elsewhere",
                "It was sent by another site or under another name, so it was not carried out.",
                "Open the page here and send the form from it."),
            Self::Busy => told(StatusCode::SERVICE_UNAVAILABLE, "busy", "We could not do that just now",
                "The service is busy. Nothing was changed.",
                "Wait a few seconds and try again."),
            Self::Internal(_) => told(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something went wrong on our side",
                "The fault is ours and has been noted.",
                "Try again in a few minutes. If it stays, write to us and give the time."),
        }
    }
}

/// Where staff go on who came from nowhere.
const STAFF_HOME: &str = "/staff/cohorts";

impl Problem {
    /// The page of ours that its reader needs first.
    fn leads_to(&self) -> Option<String> {
        let with_next = |page: &str, next: &String| {
            Some(format!("{page}?{}", serde_urlencoded::to_string([("next", next)]).unwrap_or_default()))
        };
        match self {
            Self::SignInFirst { next } => with_next("/sign-in", next),
            Self::ConfirmFirst { next } => with_next("/step-up", next),
            Self::FactorFirst => Some("/account/second-factor".to_owned()),
            _ => None,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        if let Some(location) = self.leads_to() {
            let mut response = StatusCode::SEE_OTHER.into_response();
            if let Ok(value) = HeaderValue::from_str(&location) {
                response.headers_mut().insert(LOCATION, value);
            }
            return response;
        }
        if let Self::Internal(error) = &self {
            tracing::error!(error = chain(error.as_ref()), "a request failed");
        }
        let told = self.told();
        let mut response = told.status.into_response();
        if let Self::Unconfirmed = self {
            response.extensions_mut().insert(Unconfirmed(Onward { next: STAFF_HOME.to_owned(), kept: None, had_file: false }));
        }
        let retry_after = match self {
            Self::TooMany { retry_after } | Self::TooManyCodes { retry_after } | Self::TooManyTries { retry_after } => {
                Some(retry_after)
            }
            Self::Busy => Some(3),
            _ => None,
        };
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response.extensions_mut().insert(told);
        response
    }
}

fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}

#[derive(askama::Template)]
#[template(path = "web/problem.html")]
struct ProblemPage<'a> {
    view: &'a View,
    told: &'a Told,
}

/// Gives every refusal its body, in the form its reader asked for; also those that the framework made on its own.
pub async fn render(State(app): State<App>, request: Request, next: Next) -> Response {
    let accepts = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok());
    let wants_page = !request.uri().path().starts_with(api::ROOT) && accepts.is_some_and(|accept| accept.contains("text/html"));
    let (parts, body) = request.into_parts();
    let mut asked = parts.clone();
    let response = next.run(Request::from_parts(parts, body)).await;
    let told = match response.extensions().get::<Told>() {
        Some(told) => told.clone(),
        None => match unsaid(&response) {
            Some(told) => told,
            None => return response,
        },
    };
    let (mut parts, _) = response.into_parts();
    parts.extensions.remove::<Told>();
    parts.headers.remove(axum::http::header::CONTENT_LENGTH);
    parts.headers.remove(CONTENT_TYPE);
    if let Some(Unconfirmed(onward)) = parts.extensions.remove::<Unconfirmed>()
        && wants_page
    {
        let answer = step_up::refused(&app, &mut asked, &onward).await;
        return answer.unwrap_or_else(|_| for_programs(&told));
    }
    let body = if wants_page { page(&frame(&app, &mut asked, &told).await, &told) } else { None };
    let mut answer = body.unwrap_or_else(|| for_programs(&told));
    *answer.status_mut() = told.status;
    for (name, value) in &parts.headers {
        answer.headers_mut().insert(name, value.clone());
    }
    answer
}

/// The frame around a refusal: with the reader's own ways on, unless the fault may be the database's.
async fn frame(app: &App, asked: &mut Parts, told: &Told) -> View {
    if told.status.is_server_error() {
        return View::bare(app, asked.uri.path());
    }
    let Ok(view) = View::from_request_parts(asked, app).await;
    view
}

fn page(view: &View, told: &Told) -> Option<Response> {
    let html = askama::Template::render(&ProblemPage { view, told }).ok()?;
    Some(axum::response::Html(html).into_response())
}

fn for_programs(told: &Told) -> Response {
    let body = serde_json::json!({
        "type": format!("/problems/{}", told.kind),
        "title": told.title,
        "status": told.status.as_u16(),
        "detail": format!("{} {}", told.detail, told.remedy),
        "code": told.kind,
    });
    ([(CONTENT_TYPE, "application/problem+json")], Json(body)).into_response()
}

/// A refusal of the framework's own, which has no page yet.
fn unsaid(response: &Response) -> Option<Told> {
    let plain = response.headers().get(CONTENT_TYPE).is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    let told = |kind, title, detail: &str, remedy| Told {
        status: response.status(),
        kind,
        title,
        detail: detail.to_owned(),
        remedy,
        link: HOME,
    };
    match response.status() {
        _ if !plain => None,
        StatusCode::NOT_FOUND => Some(Problem::NotFound.told()),
        StatusCode::METHOD_NOT_ALLOWED => Some(told(
            "method",
            "This address does not take that kind of request",
            "A form's address was opened like a page, or the other way round.",
            "Go back to the page with the form.",
        )),
        StatusCode::PAYLOAD_TOO_LARGE => Some(told(
            "too-large",
            "That is too large",
            "What you sent is longer than we accept.",
            "Shorten it and send it again.",
        )),
        StatusCode::MISDIRECTED_REQUEST => Some(told(
            "wrong-host",
            "This is not our address",
            "The request named another host.",
            "Use the course's public address.",
        )),
        StatusCode::REQUEST_TIMEOUT => {
            Some(told("timeout", "That took too long", "The request did not finish in time.", "Try it again."))
        }
        StatusCode::FORBIDDEN => Some(Problem::WrongOrigin.told()),
        StatusCode::INTERNAL_SERVER_ERROR => Some(Told { ..Problem::Internal(Arc::new(std::fmt::Error)).told() }),
        status if status.is_client_error() => Some(told(
            "malformed",
            "That request could not be read",
            "It is not of the form this address takes.",
            "Go back, load the page again and send the form once more.",
        )),
        _ => None,
    }
}
