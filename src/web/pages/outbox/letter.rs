//! One mail: where it stands, what it says, and what can be done about it.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;

use super::words::{self, Said};
use crate::db::Conn;
use crate::kernel::{ShownTime, Timestamp};
use crate::mail::{self, Class, LetterAct, LetterSheet, LetterState, Written, acts_for};
use crate::views::told;
use crate::web::pages::{Done, DoneQuery};
use crate::web::session::{Admin, PageSnapshot};
use crate::web::view::{View, page};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/outbox/letter.html")]
struct Page<'a> {
    view: &'a View,
    done: Option<Done>,
    sheet: &'a LetterSheet,
    kind: String,
    class: &'static str,
    said: Said,
    made: ShownTime,
    due: ShownTime,
    /// The next attempt, of one that failed.
    again: Option<ShownTime>,
    limit: Option<ShownTime>,
    acts: &'static [LetterAct],
    may_come_twice: bool,
}

/// The letter of this id.
pub(super) async fn find(conn: &Conn, id: &str) -> Result<LetterSheet, Problem> {
    let id = id.parse().map_err(|_| Problem::NotFound)?;
    mail::letter(conn, id).await?.ok_or(Problem::NotFound)
}

const fn class(class: Class) -> &'static str {
    match class {
        Class::Transactional => "Confirmation: sent until it arrived",
        Class::Reminder => "Reminder: in doubt, it counts as sent",
        Class::Secret => "Holds a code: of no use later",
    }
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
    let sheet = find(&conn, &id).await?;
    let row = &sheet.row;
    let shown = |at: Timestamp| ShownTime::new(at, &admin.zone);
    let offset = app.services.clocks.offset();
    // An attempt's time is the machine's; readers live in service time.
    let again = sheet.retry_at.filter(|_| row.state == LetterState::Pending);
    page(&Page {
        view: &view,
        done: done.word(),
        kind: told::mail(&row.kind),
        class: class(row.class),
        said: words::said(row, &admin.zone),
        made: shown(row.created_at),
        due: shown(row.due_at),
        again: again.map(|at| shown(crate::kernel::time::shifted(at, offset))),
        limit: sheet.not_after.map(shown),
        acts: acts_for(row.state, row.class, row.attempts),
        may_come_twice: row.state == LetterState::InDoubt,
        sheet: &sheet,
    })
}
