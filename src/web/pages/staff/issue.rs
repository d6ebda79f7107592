//! The receipt or invoice that a paid order does not have, issued by an admin.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::order::find;
use crate::db::Conn;
use crate::documents::Calendar;
use crate::kernel::Actor;
use crate::kernel::shown::plain_date;
use crate::organisation;
use crate::payment::{self, Lacking};
use crate::views::order::Sheet;
use crate::web::form::{Fields, NoFields};
use crate::web::session::{AdminNow, PageSnapshot};
use crate::web::view::{View, page};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/staff/issue.html")]
struct Page<'a> {
    view: &'a View,
    sheet: &'a Sheet,
    /// What it will bear.
    today: String,
}

fn not_now() -> Problem {
    Problem::Conflict {
        title: "There is nothing to issue",
        detail:
            "The order has its document, was not paid, or waits for something else, which its page names. Nothing was changed."
                .to_owned(),
    }
}

/// An order that wants nothing but to have its document issued.
async fn lacking(app: &App, conn: &Conn, id: &str) -> Result<Sheet, Problem> {
    let sheet = find(app, conn, id).await?;
    if sheet.lacking == Some(Lacking::Nothing) { Ok(sheet) } else { Err(not_now()) }
}

/// Says what it means.
pub async fn ask(
    State(app): State<App>,
    view: View,
    _: AdminNow,
    PageSnapshot(conn): PageSnapshot,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let sheet = lacking(&app, &conn, &id).await?;
    let calendar = Calendar::of(&organisation::current(&conn).await?.tax);
    let today = plain_date(calendar.day(app.services.clocks.service()));
    page(&Page { view: &view, sheet: &sheet, today })
}

/// Issues it.
pub async fn issue(
    State(app): State<App>,
    AdminNow(admin): AdminNow,
    Path(id): Path<String>,
    _: Fields<NoFields>,
) -> Result<Response, Problem> {
    let order = lacking(&app, &*app.services.db.snapshot().await?, &id).await?.order.id;
    app.services.db.write(Actor::User(admin.id), async |txn| payment::issue_document(txn, order).await).await?;
    Ok(Redirect::to(&format!("/staff/orders/{order}?done=issued")).into_response())
}
