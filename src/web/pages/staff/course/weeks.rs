//! The weeks of the course: one more, another order, one less.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::input::{Move, OnVersion};
use super::{Week, path, refused, taught, to};
use crate::catalogue;
use crate::catalogue::model::{CourseModule, Shift};
use crate::kernel::Actor;
use crate::web::form::Fields;
use crate::web::session::{PageSnapshot, Staff};
use crate::web::view::{View, page};
use crate::web::{App, Problem};

/// Adds a week at the end, and goes to it.
pub async fn add(
    State(app): State<App>,
    Staff(person): Staff,
    Fields(OnVersion { version }): Fields<OnVersion>,
) -> Result<Response, Problem> {
    let course = taught(&*app.services.db.snapshot().await?).await?.id;
    let actor = Actor::User(person.id);
    let added = app.services.db.write(actor, async |txn| catalogue::add_module(txn, course, version).await).await;
    let week = added.map_err(refused)?;
    Ok(to(&format!("/staff/course/weeks/{week}?done=week-added")))
}

/// Moves a week up or down.
pub async fn shift(
    State(app): State<App>,
    Staff(person): Staff,
    Path(id): Path<String>,
    Fields(Move { to: word, version }): Fields<Move>,
) -> Result<Response, Problem> {
    let week = Week::find(&*app.services.db.snapshot().await?, &id).await?.module().id;
    let shift: Shift = word.parse().map_err(|_| Problem::Malformed("It does not say where to move the week.".to_owned()))?;
    let actor = Actor::User(person.id);
    app.services.db.write(actor, async |txn| catalogue::move_module(txn, week, version, shift).await).await.map_err(refused)?;
    Ok(to("/staff/course"))
}

#[derive(Template)]
#[template(path = "web/pages/staff/course/remove.html")]
struct Page<'a> {
    view: &'a View,
    week: &'a CourseModule,
    href: String,
    /// The weeks that wait for it, by number.
    waiting: Vec<u32>,
    is_only: bool,
}

/// What goes with the week.
pub async fn confirm(
    view: View,
    Staff(_): Staff,
    PageSnapshot(conn): PageSnapshot,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = Week::find(&conn, &id).await?;
    let week = found.module();
    let waits = |other: &&CourseModule| other.release_rule.modules().contains(&week.position);
    let waiting = found.weeks.iter().filter(waits).map(|other| other.position).collect();
    page(&Page { view: &view, week, href: path(week), waiting, is_only: found.weeks.len() == 1 })
}

/// Removes the week.
pub async fn remove(
    State(app): State<App>,
    Staff(person): Staff,
    Path(id): Path<String>,
    Fields(OnVersion { version }): Fields<OnVersion>,
) -> Result<Response, Problem> {
    let week = Week::find(&*app.services.db.snapshot().await?, &id).await?.module().id;
    let actor = Actor::User(person.id);
    app.services.db.write(actor, async |txn| catalogue::remove_module(txn, week, version).await).await.map_err(refused)?;
    Ok(to("/staff/course?done=week-removed"))
}
