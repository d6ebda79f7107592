//! The second factor, after the mailed code: only then there is a session.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum_extra::extract::CookieJar;
use serde::Deserialize;

use super::code::intent;
use crate::identity::{self, FactorAnswer, Finished, TokenHash};
use crate::kernel::ids::SignInId;
use crate::kernel::{Actor, Timestamp};
use crate::web::form::{FieldErrors, Fields};
use crate::web::pages::shown::span;
use crate::web::session::{PageSnapshot, token};
use crate::web::view::{View, page, page_with_errors};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/sign_in/factor.html")]
struct Page<'a> {
    view: &'a View,
    errors: &'a FieldErrors,
    sign_in: SignInId,
    typed: &'a str,
}

/// The sign-in that this browser began; another browser's, or one that is over, is not found.
async fn own(app: &App, jar: &CookieJar, conn: &PageSnapshot, id: &str) -> Result<(SignInId, TokenHash), Problem> {
    let id = id.parse().map_err(|_| Problem::NotFound)?;
    let browser = token(jar, app.cookies().browser).ok_or(Problem::NotFound)?.hash();
    let pending = identity::pending_sign_in(&conn.0, id).await?;
    let waits = pending.is_some_and(|pending| pending.waits_for(&browser, app.services.clocks.machine()));
    if waits { Ok((id, browser)) } else { Err(Problem::NotFound) }
}

/// The form.
pub async fn show(
    State(app): State<App>,
    view: View,
    jar: CookieJar,
    conn: PageSnapshot,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let (sign_in, _) = own(&app, &jar, &conn, &id).await?;
    page(&Page { view: &view, errors: &FieldErrors::default(), sign_in, typed: "" })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    code: String,
}

/// Judges the code; the right one signs in and goes on.
pub async fn answer(
    State(app): State<App>,
    view: View,
    jar: CookieJar,
    conn: PageSnapshot,
    Path(id): Path<String>,
    Fields(input): Fields<Input>,
) -> Result<Response, Problem> {
    let (sign_in, browser) = own(&app, &jar, &conn, &id).await?;
    drop(conn);
    let old = token(&jar, app.cookies().session).map(|token| token.hash());
    let finished = app
        .services
        .db
        .write(Actor::Visitor, async |txn| {
            identity::finish_sign_in(txn, &app.factor_keys, sign_in, &browser, &input.code, old.as_ref()).await
        })
        .await?;
    match finished {
        Finished::SignedIn { person, session, intent: stored } => {
            let jar = app.cookies().sign_in(jar, &session);
            let next = intent(stored)?.follow(&app, &person).await.unwrap_or_else(IntoResponse::into_response);
            Ok((jar, next).into_response())
        }
        Finished::NotYet(answer) => {
            let errors = FieldErrors::one("code", words(answer, app.services.clocks.machine()));
            page_with_errors(&Page { view: &view, errors: &errors, sign_in, typed: &input.code })
        }
        Finished::Dead => Err(Problem::NotFound),
    }
}

/// What is wrong with a typed second factor, at machine time `now`.
pub fn words(answer: FactorAnswer, now: Timestamp) -> String {
    match answer {
        FactorAnswer::Wrong { left: 1 } => "That code is not right. You have 1 more try".to_owned(),
        FactorAnswer::Wrong { left } => format!("That code is not right. You have {left} more tries"),
        FactorAnswer::Replayed => "This code was used already. Wait for the app’s next one".to_owned(),
        FactorAnswer::Locked { until } => format!("There were too many wrong codes. Try again in {}", span(now, until)),
        FactorAnswer::Right | FactorAnswer::NoFactor => "This cannot be confirmed by an app’s code any more".to_owned(),
    }
}
