//! Detaching a reading from a week, after a look at who has read it.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::{Desk, done, refused};
use crate::acts::PlanChange;
use crate::catalogue::model::{KeyChange, ReadingKey};
use crate::readings::Card;
use crate::views::board;
use crate::web::form::Fields;
use crate::web::view::{View, page};
use crate::web::{App, Problem};

/// So many readers are named.
const NAMED: usize = 12;

/// The button, and what it was shown for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Input {
    revision: String,
}

#[derive(Template)]
#[template(path = "web/pages/board/detach.html")]
struct Page<'a> {
    view: &'a View,
    desk: &'a Desk,
    home: String,
    week: u32,
    key: &'a ReadingKey,
    card: &'a Card,
    /// Who has read it: some names, and how many more.
    readers: Vec<String>,
    more: usize,
    open: usize,
    completed: usize,
}

/// What it would mean.
pub async fn confirm(State(app): State<App>, view: View, desk: Desk) -> Result<Response, Problem> {
    let (key, card) = desk.reading()?;
    let module = desk.week()?.module;
    let conn = app.services.db.snapshot().await?;
    let students = board::students(&conn, &app.plans, &desk.board).await?;
    let readers = students.readers(module.id, key.reading);
    page(&Page {
        view: &view,
        home: desk.week_home(module.position),
        week: module.position,
        key,
        card,
        more: readers.len().saturating_sub(NAMED),
        readers: readers.into_iter().take(NAMED).map(ToString::to_string).collect(),
        open: students.with_open(module.id, desk.now),
        completed: students.completed(desk.now),
        desk: &desk,
    })
}

/// Detaches it.
pub async fn detach(State(app): State<App>, desk: Desk, Fields(input): Fields<Input>) -> Result<Response, Problem> {
    let (key, _) = desk.reading()?;
    let module = desk.week()?.module;
    let change = PlanChange::Keys { module: module.id, change: KeyChange::Detach { reading: key.reading } };
    desk.replan(&app, &input.revision, change).await.map_err(refused)?;
    Ok(done(&desk.week_home(module.position), "detached"))
}
