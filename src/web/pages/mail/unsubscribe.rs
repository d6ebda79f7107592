//! The way out of reminders that needs no signing in: a page with a button, and a mail program's one click (RFC 8058).

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;

use crate::db::Conn;
use crate::identity::{self, Person};
use crate::kernel::Actor;
use crate::reminders;
use crate::reminders::model::{MailGroup, UnsubscribeKey, Wish};
use crate::web::session::PageSnapshot;
use crate::web::view::{View, page};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/mail/unsubscribe.html")]
struct Page<'a> {
    view: &'a View,
    token: &'a str,
    /// Masked: the link may have been passed on with its mail.
    email: String,
    what: &'static str,
    is_off: bool,
}

impl<'a> Page<'a> {
    fn new(view: &'a View, token: &'a str, person: &Person, group: MailGroup, wish: Wish) -> Self {
        let what = match group {
            MailGroup::CourseNews => "course news",
            MailGroup::Nudges => "reminders",
        };
        Self { view, token, email: person.email.masked(), what, is_off: wish == Wish::Off }
    }
}

/// Whose mails, and which, the link is about; one that we did not make leads nowhere.
async fn read(app: &App, conn: &Conn, token: &str) -> Result<(Person, MailGroup), Problem> {
    let key = UnsubscribeKey::new(app.services.settings.server.secret.clone());
    let (user, group) = key.read(token).ok_or(Problem::NotFound)?;
    Ok((identity::person(conn, user).await?.ok_or(Problem::NotFound)?, group))
}

/// Asks; it changes nothing, as programs open links on their own.
pub async fn ask(
    State(app): State<App>,
    view: View,
    PageSnapshot(snapshot): PageSnapshot,
    token: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(token) = token?;
    let (person, group) = read(&app, &snapshot, &token).await?;
    let wish = reminders::wishes(&snapshot, person.id).await?.of(group);
    page(&Page::new(&view, &token, &person, group, wish))
}

/// Turns the mails off. The body is not read: a mail program's says `List-Unsubscribe=One-Click`, as a form or in parts, and the
/// link says all. It is answered with a page and not led on, as a mail program does not follow (RFC 8058 section 3.1).
pub async fn stop(State(app): State<App>, view: View, token: Result<Path<String>, PathRejection>) -> Result<Response, Problem> {
    let Path(token) = token?;
    let snapshot = app.services.db.snapshot().await?;
    let (person, group) = read(&app, &snapshot, &token).await?;
    drop(snapshot);
    app.services.db.write(Actor::Visitor, async |txn| reminders::turn_off(txn, person.id, group).await).await?;
    page(&Page::new(&view, &token, &person, group, Wish::Off))
}
