//! What an admin does about a mail: try again, let go, drop.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::letter::find;
use crate::db::Txn;
use crate::kernel::Actor;
use crate::kernel::ids::LetterId;
use crate::kernel::text::{TextError, single_line};
use crate::mail::{self, LetterAct, LetterRefusal, LetterSheet, LetterState, acts_for};
use crate::views::told;
use crate::web::form::{FieldErrors, Fields, NoFields, Why};
use crate::web::session::{AdminNow, PageSnapshot};
use crate::web::view::{View, page, page_with_errors};
use crate::web::{App, Problem};

fn problem(refusal: LetterRefusal) -> Problem {
    match refusal {
        LetterRefusal::NoSuchLetter => Problem::NotFound,
        LetterRefusal::InHand => Problem::Conflict {
            title: "This mail is being sent",
            detail: "A worker has it at this moment, so it was left alone. Look again in a minute.".to_owned(),
        },
        LetterRefusal::NotNow => Problem::Conflict {
            title: "That cannot be done to this mail",
            detail: "Its state has changed, or does not allow it. Look at it again.".to_owned(),
        },
        LetterRefusal::Db(error) => error.into(),
    }
}

fn letter(id: &str) -> Result<LetterId, Problem> {
    id.parse().map_err(|_| Problem::NotFound)
}

fn done(id: LetterId, word: &str) -> Result<Response, Problem> {
    Ok(Redirect::to(&format!("/staff/outbox/{id}?done={word}")).into_response())
}

/// Tries again at once, for a reason or none.
pub async fn retry(
    State(app): State<App>,
    AdminNow(admin): AdminNow,
    Path(id): Path<String>,
    Fields(input): Fields<Why>,
) -> Result<Response, Problem> {
    let id = letter(&id)?;
    let reason = match single_line(&input.reason, Why::MOST) {
        Ok(reason) => Some(reason),
        Err(TextError::Empty) => None,
        Err(error) => return Err(Problem::Malformed(format!("The reason: {error}"))),
    };
    let retried = async |txn: &Txn| mail::retry(txn, id, reason.as_deref()).await;
    app.services.db.write(Actor::User(admin.id), retried).await.map_err(problem)?;
    done(id, "letter-retried")
}

/// Lets a held mail go.
pub async fn release(
    State(app): State<App>,
    AdminNow(admin): AdminNow,
    Path(id): Path<String>,
    _: Fields<NoFields>,
) -> Result<Response, Problem> {
    let id = letter(&id)?;
    app.services.db.write(Actor::User(admin.id), async |txn| mail::release(txn, id).await).await.map_err(problem)?;
    done(id, "letter-released")
}

#[derive(Template)]
#[template(path = "web/pages/outbox/drop.html")]
struct Drop<'a> {
    view: &'a View,
    errors: &'a FieldErrors,
    sheet: &'a LetterSheet,
    kind: String,
    reason: &'a str,
}

impl<'a> Drop<'a> {
    fn new(view: &'a View, errors: &'a FieldErrors, sheet: &'a LetterSheet, reason: &'a str) -> Self {
        Self { view, errors, sheet, kind: told::mail(&sheet.row.kind), reason }
    }
}

fn may_be_dropped(sheet: &LetterSheet) -> Result<(), Problem> {
    match sheet.row.state {
        LetterState::Leased => Err(problem(LetterRefusal::InHand)),
        state if acts_for(state, sheet.row.class, sheet.row.attempts).contains(&LetterAct::Drop) => Ok(()),
        _ => Err(problem(LetterRefusal::NotNow)),
    }
}

/// Says what dropping does, and asks why.
pub async fn ask_to_drop(
    view: View,
    _: AdminNow,
    PageSnapshot(conn): PageSnapshot,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let sheet = find(&conn, &id).await?;
    may_be_dropped(&sheet)?;
    page(&Drop::new(&view, &FieldErrors::default(), &sheet, ""))
}

/// Drops it.
pub async fn drop_letter(
    State(app): State<App>,
    view: View,
    AdminNow(admin): AdminNow,
    Path(id): Path<String>,
    Fields(input): Fields<Why>,
) -> Result<Response, Problem> {
    let sheet = find(&*app.services.db.snapshot().await?, &id).await?;
    may_be_dropped(&sheet)?;
    let reason = match input.read("Say why it is not to be sent: it is kept in the audit log") {
        Ok(reason) => reason,
        Err(errors) => return page_with_errors(&Drop::new(&view, &errors, &sheet, &input.reason)),
    };
    let (actor, id) = (Actor::User(admin.id), sheet.row.id);
    app.services.db.write(actor, async |txn| mail::drop_letter(txn, id, &reason).await).await.map_err(problem)?;
    done(id, "letter-dropped")
}
