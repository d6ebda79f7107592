//! The code, and what follows the right one.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use serde::Deserialize;

use super::{Intent, ask};
use crate::identity::{self, Answer, Challenge, Entered, Person, TokenHash};
use crate::kernel::Actor;
use crate::kernel::ids::{ChallengeId, SignInId};
use crate::web::form::{FieldErrors, Fields, NoFields};
use crate::web::session::{PageSnapshot, token};
use crate::web::view::{View, page, page_with_errors};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/sign_in/code.html")]
struct Page<'a> {
    view: &'a View,
    errors: &'a FieldErrors,
    challenge: ChallengeId,
    email: &'a str,
    typed: &'a str,
    enrolling: bool,
    change: String,
}

impl<'a> Page<'a> {
    fn new(view: &'a View, errors: &'a FieldErrors, challenge: &'a Challenge, typed: &'a str) -> Result<Self, Problem> {
        let intent = intent(challenge.intent.clone())?;
        Ok(Self {
            view,
            errors,
            challenge: challenge.id,
            email: challenge.email.as_str(),
            typed,
            enrolling: intent.enrols(),
            change: intent.origin(),
        })
    }
}

pub(super) fn intent(stored: serde_json::Value) -> Result<Intent, Problem> {
    serde_json::from_value(stored).map_err(Problem::internal)
}

/// A challenge that this browser asked for; another browser's is not found.
async fn own(app: &App, jar: &CookieJar, snapshot: &PageSnapshot, id: &str) -> Result<Challenge, Problem> {
    let id: ChallengeId = id.parse().map_err(|_| Problem::NotFound)?;
    let browser = token(jar, app.cookies().browser).ok_or(Problem::NotFound)?;
    let challenge = identity::challenge(&snapshot.0, id).await?;
    challenge.filter(|challenge| challenge.was_asked_by(&browser.hash())).ok_or(Problem::NotFound)
}

/// The form. Opening it signs nobody in.
pub async fn show(
    State(app): State<App>,
    view: View,
    jar: CookieJar,
    snapshot: PageSnapshot,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let challenge = own(&app, &jar, &snapshot, &id).await?;
    page(&Page::new(&view, &FieldErrors::default(), &challenge, "")?)
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
    snapshot: PageSnapshot,
    Path(id): Path<String>,
    Fields(input): Fields<Input>,
) -> Result<Response, Problem> {
    let challenge = own(&app, &jar, &snapshot, &id).await?;
    drop(snapshot);
    let browser = token(&jar, app.cookies().browser).ok_or(Problem::NotFound)?.hash();
    let old = token(&jar, app.cookies().session).map(|token| token.hash());
    let judged = judge(&app, challenge.id, &browser, old.as_ref(), &input.code).await?;
    let wrong = match judged {
        Judged::SignedIn { person, session, intent } => {
            let jar = app.cookies().sign_in(jar, &session);
            // The code is used up: whatever comes of what follows, the browser keeps its session.
            let next = intent.follow(&app, &person).await.unwrap_or_else(IntoResponse::into_response);
            return Ok((jar, next).into_response());
        }
        Judged::FactorFirst(waiting) => return Ok(Redirect::to(&format!("/sign-in/{waiting}")).into_response()),
        Judged::Wrong { left: 1 } => "That code is not right. You have 1 more try".to_owned(),
        Judged::Wrong { left } => format!("That code is not right. You have {left} more tries"),
        Judged::Dead => "This code no longer works. Ask for a new one below".to_owned(),
    };
    let errors = FieldErrors::one("code", wrong);
    page_with_errors(&Page::new(&view, &errors, &challenge, &input.code)?)
}

/// One transaction: the code is judged and, if it is right, used up for a session, or for a wait for the second factor.
async fn judge(
    app: &App,
    challenge: ChallengeId,
    browser: &TokenHash,
    old: Option<&TokenHash>,
    typed: &str,
) -> Result<Judged, Problem> {
    app.services
        .db
        .write(Actor::Visitor, async |txn| {
            let answer = identity::answer_code(txn, &app.code_key, challenge, browser, typed).await?;
            let Answer::Right { email, intent } = answer else { return Ok(Judged::from(answer)) };
            let stored = intent.clone();
            let intent = self::intent(intent)?;
            let Some(person) = intent.person(txn, &email).await? else { return Ok(Judged::Dead) };
            Ok(match identity::enter(txn, &person, browser, stored, old).await? {
                Entered::Session(session) => Judged::SignedIn { person, session, intent: Box::new(intent) },
                Entered::FactorFirst(waiting) => Judged::FactorFirst(waiting),
            })
        })
        .await
}

enum Judged {
    SignedIn {
        person: Person,
        session: identity::BrowserToken,
        intent: Box<Intent>,
    },
    /// The address is proved; the second factor is not.
    FactorFirst(SignInId),
    Wrong {
        left: i32,
    },
    Dead,
}

impl From<Answer> for Judged {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Wrong { left } => Self::Wrong { left },
            Answer::Right { .. } | Answer::Dead => Self::Dead,
        }
    }
}

/// A new code for the same purpose.
pub async fn again(
    State(app): State<App>,
    jar: CookieJar,
    snapshot: PageSnapshot,
    Path(id): Path<String>,
    _: Fields<NoFields>,
) -> Result<Response, Problem> {
    let challenge = own(&app, &jar, &snapshot, &id).await?;
    drop(snapshot);
    ask::send_code(&app, jar, &challenge.email, &intent(challenge.intent)?).await
}

/// After the proof: where to.
pub(super) fn home_of(person: &Person) -> Redirect {
    match person.role {
        identity::Role::Student => Redirect::to("/learn"),
        identity::Role::Instructor => Redirect::to("/staff/cohorts"),
        identity::Role::Admin => Redirect::to("/staff/today"),
    }
}
