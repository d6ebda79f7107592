//! What needs no more than a button: disabling and enabling, ending sessions, mailing once more.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::person::find;
use super::{page_of, problem};
use crate::acts;
use crate::identity::{self, Account, AccountState, Person, PersonRefusal};
use crate::kernel::Actor;
use crate::kernel::ids::{SessionId, UserId};
use crate::web::form::{Fields, NoFields};
use crate::web::session::{Admin, AdminNow, PageSnapshot};
use crate::web::view::{View, page};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/people/disable.html")]
struct Disable<'a> {
    view: &'a View,
    person: &'a Person,
    teaches: &'a [String],
}

/// Says what disabling does.
pub async fn ask_to_disable(
    State(app): State<App>,
    view: View,
    _: AdminNow,
    PageSnapshot(conn): PageSnapshot,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let sheet = find(&app, &conn, &id).await?;
    page(&Disable { view: &view, person: &sheet.account.person, teaches: &sheet.teaches })
}

fn user(id: &str) -> Result<UserId, Problem> {
    id.parse().map_err(|_| Problem::NotFound)
}

fn done(user: UserId, word: &str) -> Result<Response, Problem> {
    Ok(Redirect::to(&page_of(user, word)).into_response())
}

/// Disables the account: its sessions end at once.
pub async fn disable(
    State(app): State<App>,
    AdminNow(admin): AdminNow,
    Path(id): Path<String>,
    _: Fields<NoFields>,
) -> Result<Response, Problem> {
    let user = user(&id)?;
    let disabled = app.services.db.write(Actor::User(admin.id), async |txn| identity::disable(txn, user).await).await;
    disabled.map_err(problem)?;
    done(user, "disabled")
}

/// Enables it again.
pub async fn enable(
    State(app): State<App>,
    AdminNow(admin): AdminNow,
    Path(id): Path<String>,
    _: Fields<NoFields>,
) -> Result<Response, Problem> {
    let user = user(&id)?;
    let enabled = app.services.db.write(Actor::User(admin.id), async |txn| identity::enable(txn, user).await).await;
    enabled.map_err(problem)?;
    done(user, "enabled")
}

/// Signs the person out everywhere.
pub async fn end_sessions(
    State(app): State<App>,
    Admin(admin): Admin,
    Path(id): Path<String>,
    _: Fields<NoFields>,
) -> Result<Response, Problem> {
    let user = user(&id)?;
    let ended = app.services.db.write(Actor::User(admin.id), async |txn| identity::end_sessions_of(txn, user).await).await;
    ended.map_err(problem)?;
    done(user, "sessions-ended")
}

/// Signs the person out in one browser.
pub async fn end_session(
    State(app): State<App>,
    AdminNow(admin): AdminNow,
    Path((id, session)): Path<(String, String)>,
    _: Fields<NoFields>,
) -> Result<Response, Problem> {
    let user = user(&id)?;
    let session: SessionId = session.parse().map_err(|_| Problem::NotFound)?;
    let db = &app.services.db;
    let ended = db.write(Actor::User(admin.id), async |txn| identity::end_session_of(txn, user, session).await).await;
    if ended.map_err(problem)? { done(user, "signed-out") } else { Err(Problem::NotFound) }
}

/// Mails once more what brings the person in: staff the invitation, a student the confirmation of each enrolment.
pub async fn mail_again(
    State(app): State<App>,
    Admin(admin): Admin,
    Path(id): Path<String>,
    _: Fields<NoFields>,
) -> Result<Response, Problem> {
    let user = user(&id)?;
    let conn = app.services.db.snapshot().await?;
    let Account { person, state } = identity::account(&conn, user).await?.ok_or(Problem::NotFound)?;
    drop(conn);
    let db = &app.services.db;
    let actor = Actor::User(admin.id);
    if person.role.is_staff() {
        db.write(actor, async |txn| identity::invite_again(txn, user).await).await.map_err(problem)?;
        return done(user, "mailed");
    }
    if state != AccountState::Active {
        return Err(problem(PersonRefusal::Disabled));
    }
    match db.write(actor, async |txn| acts::confirm_again(txn, &person).await).await? {
        0 => {
            let detail = "They are enrolled in no cohort, so there is nothing to confirm.".to_owned();
            Err(Problem::Conflict { title: "There is no confirmation to send", detail })
        }
        _ => done(user, "mailed"),
    }
}
