//! A transfer that a student says to have made, and that has not come.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::order::find;
use crate::kernel::{Actor, ShownTime};
use crate::payment::{self, DeclineRefusal};
use crate::views::order::Sheet;
use crate::web::form::{Fields, NoFields};
use crate::web::session::{AdminNow, PageSnapshot};
use crate::web::view::{View, page};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/staff/transfer.html")]
struct Page<'a> {
    view: &'a View,
    sheet: &'a Sheet,
    reference: &'a str,
    way: &'static str,
    told: ShownTime,
}

/// Says what it means.
pub async fn ask(
    State(app): State<App>,
    view: View,
    AdminNow(person): AdminNow,
    PageSnapshot(conn): PageSnapshot,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let sheet = find(&app, &conn, &id).await?;
    let transfer = sheet.transfer.as_ref().ok_or(Problem::NotFound)?;
    let told = transfer.told.as_ref().ok_or(Problem::NotFound)?;
    let (reference, way) = (told.reference.as_str(), transfer.way.name());
    page(&Page { view: &view, sheet: &sheet, reference, way, told: ShownTime::new(told.at, &person.zone) })
}

/// Clears the reference, and tells the student.
pub async fn decline(
    State(app): State<App>,
    AdminNow(person): AdminNow,
    Path(id): Path<String>,
    _: Fields<NoFields>,
) -> Result<Response, Problem> {
    let order = id.parse().map_err(|_| Problem::NotFound)?;
    let work = async |txn: &crate::db::Txn| payment::decline_transfer(txn, order).await;
    match app.services.db.write(Actor::User(person.id), work).await {
        // Somebody was quicker: nothing is told any more, all the same.
        Ok(()) | Err(DeclineRefusal::NothingTold) => Ok(Redirect::to(&format!("/staff/orders/{order}")).into_response()),
        Err(DeclineRefusal::NoSuchOrder) => Err(Problem::NotFound),
        Err(DeclineRefusal::Db(error)) => Err(error.into()),
    }
}
