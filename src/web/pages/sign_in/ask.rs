//! The address to sign in with.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use serde::Deserialize;

use super::Intent;
use crate::identity::{self, Audience, CodeLimits, CodeRefusal};
use crate::kernel::ids::ChallengeId;
use crate::kernel::{Actor, EmailAddress};
use crate::web::form::{FieldErrors, Fields};
use crate::web::guard::is_local_path;
use crate::web::view::{View, page, page_with_errors};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/sign_in/ask.html")]
struct Page<'a> {
    view: &'a View,
    errors: &'a FieldErrors,
    email: &'a str,
    next: &'a str,
}

#[derive(Debug, Deserialize)]
pub struct Wanted {
    #[serde(default)]
    next: String,
}

/// The form.
pub async fn show(view: View, Query(wanted): Query<Wanted>) -> Result<Response, Problem> {
    let next = if is_local_path(&wanted.next) { wanted.next.as_str() } else { "" };
    page(&Page { view: &view, errors: &FieldErrors::default(), email: "", next })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    email: String,
    #[serde(default)]
    next: String,
}

/// Sends a code, whether or not the address is known.
pub async fn send(State(app): State<App>, view: View, jar: CookieJar, Fields(input): Fields<Input>) -> Result<Response, Problem> {
    let mut errors = FieldErrors::default();
    let Some(email) = errors.parse("email", input.email.parse::<EmailAddress>()) else {
        return page_with_errors(&Page { view: &view, errors: &errors, email: &input.email, next: &input.next });
    };
    let intent = Intent::SignIn { next: is_local_path(&input.next).then_some(input.next) };
    send_code(&app, jar, &email, &intent).await
}

/// Mails a code to `email` and leads to the page where it is entered.
///
/// # Errors
/// [`Problem::TooManyCodes`] where the address had as many as it may.
pub async fn send_code(app: &App, jar: CookieJar, email: &EmailAddress, intent: &Intent) -> Result<Response, Problem> {
    let (jar, challenge) = request_code(app, jar, email, intent).await?;
    Ok((jar, Redirect::to(&format!("/codes/{challenge}"))).into_response())
}

/// Mails a code to `email`, good in this browser.
///
/// # Errors
/// [`Problem::TooManyCodes`] where the address had as many as it may.
pub async fn request_code(
    app: &App,
    jar: CookieJar,
    email: &EmailAddress,
    intent: &Intent,
) -> Result<(CookieJar, ChallengeId), Problem> {
    let (jar, browser) = app.cookies().bind(jar, &app.services.random);
    let audience = if intent.registers() { Audience::Anybody } else { Audience::Members };
    let intent = serde_json::to_value(intent).map_err(Problem::internal)?;
    let settings = &app.services.settings.limits;
    let limits = CodeLimits { of_browser: settings.codes_per_hour, of_address: settings.codes_per_hour_of_address };
    let asked = app
        .services
        .db
        .write(Actor::Visitor, async |txn| identity::request_code(txn, email, &browser.hash(), intent, audience, limits).await)
        .await;
    match asked {
        Ok(challenge) => Ok((jar, challenge)),
        Err(CodeRefusal::TooMany { retry_at }) => {
            let wait = app.services.clocks.machine().duration_until(retry_at).as_secs();
            Err(Problem::TooManyCodes { retry_after: wait.max(1).unsigned_abs() })
        }
        Err(CodeRefusal::Db(error)) => Err(error.into()),
    }
}
