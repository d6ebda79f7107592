//! One person: what the account has, and what an admin can do for it.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;

use super::list::state;
use crate::db::Conn;
use crate::enrolment::EnrolmentState;
use crate::identity::{AccountState, Role, SessionRow};
use crate::kernel::ids::SessionId;
use crate::kernel::{ShownTime, Timestamp};
use crate::views::people::{self, PersonSheet, SeatRow};
use crate::web::pages::{Done, DoneQuery};
use crate::web::session::{Admin, PageSnapshot};
use crate::web::view::{View, page};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/people/person.html")]
struct Page<'a> {
    view: &'a View,
    done: Option<Done>,
    sheet: &'a PersonSheet,
    state: (&'static str, &'static str),
    since: ShownTime,
    sessions: Vec<Session>,
    zone: &'a str,
    seats: Vec<(&'a SeatRow, &'static str)>,
    own: bool,
    active: bool,
    /// What can be mailed once more.
    mail: Option<&'static str>,
}

/// A browser that the person is signed in with.
struct Session {
    id: SessionId,
    created: ShownTime,
    seen: ShownTime,
}

/// The person of this id.
pub(super) async fn find(app: &App, conn: &Conn, id: &str) -> Result<PersonSheet, Problem> {
    let id = id.parse().map_err(|_| Problem::NotFound)?;
    people::person(conn, id, app.services.clocks.machine()).await?.ok_or(Problem::NotFound)
}

/// The page.
pub async fn show(
    State(app): State<App>,
    view: View,
    Admin(admin): Admin,
    PageSnapshot(conn): PageSnapshot,
    Path(id): Path<String>,
    Query(done): Query<DoneQuery>,
) -> Result<Response, Problem> {
    let sheet = find(&app, &conn, &id).await?;
    let shown = |at: Timestamp| ShownTime::new(at, &admin.zone);
    let session = |row: &SessionRow| Session { id: row.id, created: shown(row.created_at), seen: shown(row.last_seen_at) };
    let active = sheet.account.state == AccountState::Active;
    page(&Page {
        view: &view,
        done: done.word(),
        state: state(sheet.account.state),
        since: shown(sheet.account.person.created_at),
        sessions: sheet.sessions.iter().map(session).collect(),
        zone: admin.zone.name(),
        seats: sheet.seats.iter().map(|seat| (seat, seat_word(seat))).collect(),
        own: sheet.account.person.id == admin.id,
        active,
        mail: if active { mail(&sheet) } else { None },
        sheet: &sheet,
    })
}

fn mail(sheet: &PersonSheet) -> Option<&'static str> {
    let enrolled = sheet.seats.iter().any(|seat| matches!(seat.enrolment.state, EnrolmentState::Enrolled { .. }));
    match sheet.account.person.role {
        Role::Student => enrolled.then_some("Send the confirmation again"),
        Role::Instructor | Role::Admin => Some("Send the invitation again"),
    }
}

fn seat_word(seat: &SeatRow) -> &'static str {
    match seat.enrolment.state {
        EnrolmentState::Held { .. } => "Seat held",
        EnrolmentState::Enrolled { .. } => "Enrolled",
        EnrolmentState::Lapsed { .. } => "Lapsed",
        EnrolmentState::Cancelled { .. } => "Cancelled",
    }
}
