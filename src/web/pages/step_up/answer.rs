//! The confirmation itself.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use sea_orm::DbErr;

use super::show::means;
use super::{Input, Means, Page};
use crate::db::Txn;
use crate::identity::{self, Answer, BrowserToken, FactorAnswer, TokenHash};
use crate::kernel::Actor;
use crate::kernel::ids::ChallengeId;
use crate::web::confirm::{Kept, Onward};
use crate::web::form::{FieldErrors, Fields};
use crate::web::pages::sign_in::{self, Intent};
use crate::web::session::{SignedIn, token};
use crate::web::view::{View, page, page_with_errors};
use crate::web::{App, Problem};

/// Mails a code to who has no second factor, and asks for it.
pub async fn mail(
    State(app): State<App>,
    view: View,
    signed_in: SignedIn,
    jar: CookieJar,
    Fields(input): Fields<Input>,
) -> Result<Response, Problem> {
    let person = &signed_in.person;
    let onward = input.onward();
    if means(&*app.services.db.snapshot().await?, person, "").await? == Means::App {
        return Ok(Redirect::to(&step_up(&onward, "")).into_response());
    }
    let (jar, challenge) = sign_in::request_code(&app, jar, &person.email, &Intent::Confirm).await?;
    if onward.kept.is_none() {
        return Ok((jar, Redirect::to(&step_up(&onward, &challenge.to_string()))).into_response());
    }
    // What was typed stands on the page alone: it goes on with it.
    let (errors, means) = (FieldErrors::default(), Means::Mailed(challenge));
    let page = page(&Page { view: &view, errors: &errors, email: &person.email, means, onward: &onward, typed: "" })?;
    Ok((jar, page).into_response())
}

fn step_up(onward: &Onward, by: &str) -> String {
    format!("/step-up?{}", serde_urlencoded::to_string([("next", onward.next.as_str()), ("by", by)]).unwrap_or_default())
}

/// What became of a confirmation.
enum Judged {
    Confirmed(BrowserToken),
    Wrong(String),
    /// The session ended meanwhile.
    SignedOut,
}

/// Judges the code; the right one confirms the session, and its person goes on to what they wanted.
pub async fn answer(
    State(app): State<App>,
    view: View,
    signed_in: SignedIn,
    jar: CookieJar,
    Fields(input): Fields<Input>,
) -> Result<Response, Problem> {
    let person = &signed_in.person;
    let means = means(&*app.services.db.snapshot().await?, person, &input.by).await?;
    let onward = input.onward();
    let browser = token(&jar, app.cookies().browser).map(|token| token.hash());
    let actor = Actor::User(person.id);
    let judged = app
        .services
        .db
        .write(actor, async |txn| judge(&app, txn, &signed_in, means, browser.as_ref(), &input.code).await)
        .await?;
    match judged {
        Judged::Confirmed(token) => Ok((app.cookies().sign_in(jar, &token), go_on(&view, &onward)?).into_response()),
        Judged::Wrong(words) => {
            let errors = FieldErrors::one("code", words);
            let typed = &input.code;
            page_with_errors(&Page { view: &view, errors: &errors, email: &person.email, means, onward: &onward, typed })
        }
        Judged::SignedOut => Err(Problem::SignInFirst { next: onward.next }),
    }
}

async fn judge(
    app: &App,
    txn: &Txn,
    signed_in: &SignedIn,
    means: Means,
    browser: Option<&TokenHash>,
    typed: &str,
) -> Result<Judged, DbErr> {
    let wrong = match means {
        Means::App => match identity::answer_factor(txn, &app.factor_keys, &signed_in.person, typed).await? {
            FactorAnswer::Right => None,
            other => Some(sign_in::words(other, txn.machine_now())),
        },
        Means::Mailed(challenge) => mailed(app, txn, signed_in, challenge, browser, typed).await?,
        Means::Mail => Some("Ask for a code first".to_owned()),
    };
    if let Some(words) = wrong {
        return Ok(Judged::Wrong(words));
    }
    let token = identity::confirm_session(txn, signed_in.person.id, signed_in.session).await?;
    Ok(token.map_or(Judged::SignedOut, Judged::Confirmed))
}

/// What is wrong with a mailed code, if anything.
async fn mailed(
    app: &App,
    txn: &Txn,
    signed_in: &SignedIn,
    challenge: ChallengeId,
    browser: Option<&TokenHash>,
    typed: &str,
) -> Result<Option<String>, DbErr> {
    const DEAD: &str = "This code no longer works. Ask for a new one below";
    let Some(browser) = browser else { return Ok(Some(DEAD.to_owned())) };
    let answer = identity::answer_code(txn, &app.code_key, challenge, browser, typed).await?;
    Ok(match answer {
        Answer::Right { email, intent } => {
            let meant = matches!(serde_json::from_value(intent), Ok(Intent::Confirm));
            (!meant || email != signed_in.person.email).then(|| DEAD.to_owned())
        }
        Answer::Wrong { left } => Some(sign_in::words(FactorAnswer::Wrong { left }, txn.machine_now())),
        Answer::Dead => Some(DEAD.to_owned()),
    })
}

#[derive(Template)]
#[template(path = "web/pages/step_up/again.html")]
struct Again<'a> {
    view: &'a View,
    kept: &'a Kept,
    fields: Vec<(String, String)>,
    next: &'a str,
}

/// To the page that was wanted; or to the form that was sent, to be sent again.
fn go_on(view: &View, onward: &Onward) -> Result<Response, Problem> {
    match &onward.kept {
        Some(kept) => page(&Again { view, kept, fields: kept.fields(), next: &onward.next }),
        None => Ok(Redirect::to(&onward.next).into_response()),
    }
}
