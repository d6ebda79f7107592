//! Money that waited, settled outside: what was done about it, in the admin's words.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::{next, why};
use crate::db::Conn;
use crate::kernel::Actor;
use crate::kernel::text::single_line;
use crate::payment::{self, ResolveRefusal};
use crate::views::today::{self, QueueRow};
use crate::web::form::{FieldErrors, Fields};
use crate::web::session::{AdminNow, PageSnapshot};
use crate::web::view::{View, page, page_with_errors};
use crate::web::{App, Problem};

/// The longest account of what was done, in characters.
const RESOLUTION: usize = 500;

#[derive(Template)]
#[template(path = "web/pages/today/resolve.html")]
struct Page<'a> {
    view: &'a View,
    errors: &'a FieldErrors,
    row: &'a QueueRow,
    why: &'static str,
    next: &'static str,
    resolution: &'a str,
}

impl<'a> Page<'a> {
    fn new(view: &'a View, errors: &'a FieldErrors, row: &'a QueueRow, resolution: &'a str) -> Self {
        Self { view, errors, row, why: why(row.exception.reason), next: next(&row.exception), resolution }
    }
}

async fn find(conn: &Conn, id: &str) -> Result<QueueRow, Problem> {
    let id = id.parse().map_err(|_| Problem::NotFound)?;
    today::entry(conn, id).await?.ok_or(Problem::NotFound)
}

/// The form.
pub async fn ask(view: View, _: AdminNow, PageSnapshot(conn): PageSnapshot, Path(id): Path<String>) -> Result<Response, Problem> {
    let row = find(&conn, &id).await?;
    page(&Page::new(&view, &FieldErrors::default(), &row, ""))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Input {
    resolution: String,
}

/// Takes it off the list.
pub async fn resolve(
    State(app): State<App>,
    view: View,
    AdminNow(admin): AdminNow,
    Path(id): Path<String>,
    Fields(input): Fields<Input>,
) -> Result<Response, Problem> {
    let row = find(&*app.services.db.snapshot().await?, &id).await?;
    let words =
        single_line(&input.resolution, RESOLUTION).map_err(|error| error.told("Say what was done: it is kept in the audit log"));
    let mut errors = FieldErrors::default();
    let Some(words) = errors.parse("resolution", words) else {
        return page_with_errors(&Page::new(&view, &errors, &row, &input.resolution));
    };
    let (actor, entry) = (Actor::User(admin.id), row.exception.id);
    match app.services.db.write(actor, async |txn| payment::resolve(txn, entry, &words).await).await {
        // Somebody was quicker: it is off the list all the same.
        Ok(()) | Err(ResolveRefusal::AlreadyResolved) => Ok(Redirect::to("/staff/today?done=resolved").into_response()),
        Err(ResolveRefusal::NoSuchEntry) => Err(Problem::NotFound),
        Err(ResolveRefusal::Db(error)) => Err(error.into()),
    }
}
