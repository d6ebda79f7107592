//! The hosted page: what Stripe Checkout is to the visitor, with buttons for whatever a card or a bank may do. Works without script.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use url::Url;

use super::state::{Act, Progress, Session};
use super::{PracticeError, PracticeGateway};

/// What Stripe replaces in a success URL.
const ID_PLACE: &str = "{CHECKOUT_SESSION_ID}";

pub(super) fn routes(practice: PracticeGateway) -> Router {
    Router::new()
        .route("/pay/{id}", get(show))
        .route("/pay/{id}/{button}", post(press))
        .route("/practice.css", get(stylesheet))
        .with_state(practice)
}

#[derive(Template)]
#[template(path = "gateway/practice/pay.html")]
struct PayPage<'a> {
    session: &'a Session,
    success_url: String,
}

#[derive(Template)]
#[template(path = "gateway/practice/missing.html")]
struct MissingPage;

/// A page that could not be made.
pub(super) enum Trouble {
    Missing,
    Broken,
}

impl From<PracticeError> for Trouble {
    fn from(error: PracticeError) -> Self {
        tracing::error!(%error, "the practice gateway could not keep its state");
        Self::Broken
    }
}

impl From<askama::Error> for Trouble {
    fn from(error: askama::Error) -> Self {
        tracing::error!(%error, "the practice gateway could not render a page");
        Self::Broken
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        match self {
            Self::Missing => match MissingPage.render() {
                Ok(page) => (StatusCode::NOT_FOUND, guarded(&[]), Html(page)).into_response(),
                Err(error) => Self::from(error).into_response(),
            },
            Self::Broken => (StatusCode::INTERNAL_SERVER_ERROR, "The practice gateway failed.").into_response(),
        }
    }
}

async fn show(State(practice): State<PracticeGateway>, Path(id): Path<String>) -> Result<Response, Trouble> {
    let session = find(&practice, &id)?;
    let page = PayPage { session: &session, success_url: success_url(&session) }.render()?;
    let targets = [Some(&session.purchase.success_url), session.purchase.cancel_url.as_ref()];
    let targets: Vec<&str> = targets.into_iter().flatten().map(String::as_str).collect();
    Ok((guarded(&targets), Html(page)).into_response())
}

async fn press(State(practice): State<PracticeGateway>, Path((id, button)): Path<(String, String)>) -> Result<Redirect, Trouble> {
    let act = match button.as_str() {
        "pay" => Act::Pay,
        "decline" => Act::Decline,
        "late" => Act::PayLate,
        "confirm" => Act::BankConfirms,
        "refuse" => Act::BankRefuses,
        "abandon" => {
            let session = find(&practice, &id)?;
            return Ok(Redirect::to(session.purchase.cancel_url.as_deref().unwrap_or(&session.page)));
        }
        _ => return Err(Trouble::Missing),
    };
    // A button of a page that time has overtaken changes nothing: the page then shows how things are.
    let done = practice.change(|state, change| state.act(&id, act, change))?;
    let session = find(&practice, &id)?;
    let paid_now = act == Act::Pay && (done.is_ok() || matches!(session.progress, Progress::Paid { .. }));
    Ok(Redirect::to(&if paid_now { success_url(&session) } else { session.page }))
}

async fn stylesheet() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("practice.css")).into_response()
}

fn find(practice: &PracticeGateway, id: &str) -> Result<Session, Trouble> {
    practice.read(|state, _| state.sessions.get(id).cloned())?.ok_or(Trouble::Missing)
}

fn success_url(session: &Session) -> String {
    session.purchase.success_url.replace(ID_PLACE, &session.id)
}

/// No inline code, nothing from elsewhere. Browsers hold `form-action` against the redirect that follows a form, too,
/// so the merchant's origins are in it.
pub(super) fn guarded(targets: &[&str]) -> HeaderMap {
    let mut forms = String::from("'self'");
    for origin in targets.iter().filter_map(|target| Url::parse(target).ok()).map(|url| url.origin().ascii_serialization()) {
        if !forms.ends_with(&origin) {
            forms.push(' ');
            forms.push_str(&origin);
        }
    }
    let policy = format!("default-src 'none'; style-src 'self'; form-action {forms}; base-uri 'none'; frame-ancestors 'none'");
    let mut headers = HeaderMap::new();
    if let Ok(policy) = HeaderValue::try_from(policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers
}
