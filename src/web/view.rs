//! What every page's frame shows: whose site it is, who is signed in, where the reader is.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::StatusCode;
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::http::request::Parts;
use axum::response::{Html, IntoResponse, Response};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::session::SignedIn;
use super::{App, Problem};
use crate::identity::Role;
use crate::kernel::{ShownTime, Timestamp, Zone};
use crate::organisation::Organisation;

/// The frame of a page.
#[derive(Debug, Clone)]
pub struct View {
    /// The short name; the site's host until there is one.
    pub organisation: Arc<str>,
    /// The contact address; the one that mail is from until there is one.
    pub contact: Arc<str>,
    /// All that is known of whose site it is.
    pub owner: Arc<Organisation>,
    pub development: bool,
    /// Whether there is a gateway, by which cards are paid.
    pub cards: bool,
    pub role: Option<Role>,
    path: String,
}

/// One entry of the main navigation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NavItem {
    pub href: &'static str,
    pub label: &'static str,
    /// What `aria-current` says: the page itself, or a page below it.
    pub current: Option<&'static str>,
}

impl View {
    /// The frame where nobody's session was asked for: refusals, and pages that look alike for all.
    pub fn bare(app: &App, path: &str) -> Self {
        let owner = app.site.owner();
        Self {
            organisation: owner.name.clone(),
            contact: owner.contact.clone(),
            owner: owner.organisation.clone(),
            development: app.development(),
            cards: app.services.gateway.is_set_up(),
            role: None,
            path: path.to_owned(),
        }
    }

    /// The main navigation for this reader.
    pub fn nav(&self) -> Vec<NavItem> {
        let mut entries = match self.role {
            None => vec![("/", "The course"), ("/cohorts", "Cohorts"), ("/sign-in", "Sign in")],
            Some(Role::Student) => vec![("/learn", "Your course"), ("/", "The course"), ("/cohorts", "Cohorts")],
            Some(Role::Instructor) => {
                vec![("/staff/cohorts", "Cohorts"), ("/staff/course", "Course"), ("/staff/readings", "Readings")]
            }
            Some(Role::Admin) => vec![
                ("/staff/today", "Today"),
                ("/staff/cohorts", "Cohorts"),
                ("/staff/enrolments", "Enrolments"),
                ("/admin/reports", "Reports"),
                ("/staff/course", "Course"),
                ("/staff/readings", "Readings"),
                ("/staff/people", "People"),
                ("/staff/settings", "Settings"),
            ],
        };
        if self.signed_in() {
            entries.push(("/account", "Account"));
        }
        if self.development {
            entries.extend([("/dev/mailbox", "Mailbox"), ("/dev/clock", "Clock")]);
        }
        let current = |href: &str| {
            if href == self.path {
                Some("page")
            } else {
                (href != "/" && self.path.starts_with(href) && self.path.as_bytes().get(href.len()) == Some(&b'/'))
                    .then_some("true")
            }
        };
        entries.into_iter().map(|(href, label)| NavItem { href, label, current: current(href) }).collect()
    }

    /// How the course can be paid: `by card, UPI or bank transfer`; `None` where nothing is set up.
    pub fn ways_to_pay(&self) -> Option<String> {
        let ways = [
            self.cards.then_some("card"),
            self.owner.upi.as_ref().map(|_| "UPI"),
            self.owner.bank.as_ref().map(|_| "bank transfer"),
        ];
        let ways: Vec<&str> = ways.into_iter().flatten().collect();
        let (last, first) = ways.split_last()?;
        Some(if first.is_empty() { format!("by {last}") } else { format!("by {} or {last}", first.join(", ")) })
    }

    /// Where a refused reader goes on: to their own pages, or where the refusal says.
    pub fn way_on(&self, otherwise: &(&'static str, &'static str)) -> (&'static str, &'static str) {
        match self.role {
            None => *otherwise,
            Some(Role::Student) => ("/learn", "Your course"),
            Some(Role::Instructor | Role::Admin) => ("/staff/cohorts", "Cohorts"),
        }
    }

    /// Whether somebody is signed in, so that there is a way out.
    pub fn signed_in(&self) -> bool {
        self.role.is_some()
    }
}

#[cfg(test)]
impl View {
    /// The frame of a student's page, for the tests of what pages show.
    pub(super) fn sample() -> Self {
        Self {
            organisation: "Example Journal".into(),
            contact: "office@journal.example".into(),
            owner: Arc::default(),
            development: false,
            cards: true,
            role: Some(Role::Student),
            path: "/learn".to_owned(),
        }
    }
}

impl FromRequestParts<App> for View {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let signed_in = <SignedIn as OptionalFromRequestParts<App>>::from_request_parts(parts, app).await.ok().flatten();
        let mut view = Self::bare(app, parts.uri.path());
        view.role = signed_in.map(|signed_in| signed_in.person.role);
        Ok(view)
    }
}

/// Who a student's page is for, and when: the only clock and session that such a page sees.
#[derive(Debug, Clone)]
pub struct Moment {
    pub subject: crate::identity::Person,
    pub now: Timestamp,
    pub zone: Zone,
}

impl FromRequestParts<App> for Moment {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let signed_in = <SignedIn as FromRequestParts<App>>::from_request_parts(parts, app).await?;
        let zone = signed_in.person.zone.clone();
        Ok(Self { subject: signed_in.person, now: app.services.clocks.service(), zone })
    }
}

impl Moment {
    /// `at` in the reader's zone.
    pub fn shown(&self, at: Timestamp) -> ShownTime {
        ShownTime::new(at, &self.zone)
    }
}

/// A rendered page, 200.
///
/// # Errors
/// [`Problem::Internal`] if the template fails.
pub fn page(template: &impl askama::Template) -> Result<Response, Problem> {
    Ok(Html(template.render()?).into_response())
}

/// A form's page again, with what was wrong marked and the input kept: 422 (RFC 9110 section 15.5.21).
///
/// # Errors
/// [`Problem::Internal`] if the template fails.
pub fn page_with_errors(template: &impl askama::Template) -> Result<Response, Problem> {
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(template.render()?)).into_response())
}

/// A page for visitors that a browser may keep but must ask about each time (RFC 9111 section 5.2.2.4), so that a change shows at
/// once; 304 for one that has this very page.
pub fn page_to_ask_about(page: Bytes, asked: &HeaderMap) -> Response {
    let tag = tag_of(&page);
    let known = asked.get(header::IF_NONE_MATCH).and_then(|known| known.to_str().ok());
    let mut response = if known.is_some_and(|known| known.split(',').any(|known| known.trim() == tag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Html(page).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::VARY, HeaderValue::from_static("cookie"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

/// The tag of a body (RFC 9110 section 8.8.3). Weak: it may be sent compressed or not.
pub fn tag_of(body: &[u8]) -> String {
    format!("W/\"{}\"", BASE64_URL_SAFE_NO_PAD.encode(&Sha256::digest(body)[..12]))
}

/// A PDF to save under this name: letters, digits and hyphens.
pub fn pdf_to_save(name: &str, bytes: Vec<u8>) -> Response {
    let saved = format!("attachment; filename=\"{name}.pdf\"");
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("application/pdf"));
    let saved = HeaderValue::from_str(&saved).unwrap_or(HeaderValue::from_static("attachment"));
    ([kind, (header::CONTENT_DISPOSITION, saved)], bytes).into_response()
}

/// A page of its own for what is not there, that says more than the general one: 404.
///
/// # Errors
/// [`Problem::Internal`] if the template fails.
pub fn page_not_found(template: &impl askama::Template) -> Result<Response, Problem> {
    Ok((StatusCode::NOT_FOUND, Html(template.render()?)).into_response())
}

/// A page for a form that is in order, but not as things stand: somebody changed meanwhile what it changes, or there is no room: 409 (RFC 9110 section 15.5.10).
///
/// # Errors
/// [`Problem::Internal`] if the template fails.
pub fn page_in_conflict(template: &impl askama::Template) -> Result<Response, Problem> {
    Ok((StatusCode::CONFLICT, Html(template.render()?)).into_response())
}

/// A page that says that something of others does not answer, and when to try again, in seconds: 503 (RFC 9110 section 15.6.4).
///
/// # Errors
/// [`Problem::Internal`] if the template fails.
pub fn page_to_retry(template: &impl askama::Template, seconds: u64) -> Result<Response, Problem> {
    let later = [(header::RETRY_AFTER, seconds.to_string())];
    Ok((StatusCode::SERVICE_UNAVAILABLE, later, Html(template.render()?)).into_response())
}

/// To who has it already, with the headers that it would have had: 304 (RFC 9110 section 15.4.5).
pub fn not_modified(headers: impl IntoResponse) -> Response {
    (StatusCode::NOT_MODIFIED, headers).into_response()
}

/// A page that shows something the reader may not have yet, with why: 403.
///
/// # Errors
/// [`Problem::Internal`] if the template fails.
pub fn page_refusing(template: &impl askama::Template) -> Result<Response, Problem> {
    Ok((StatusCode::FORBIDDEN, Html(template.render()?)).into_response())
}
