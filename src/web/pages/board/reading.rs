//! One reading of a week: whether it is required, why it is read, and its place in the order.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::week::{need, why};
use super::{Desk, done, refused};
use crate::acts::PlanChange;
use crate::catalogue::model::{KeyChange, Need, Shift};
use crate::readings::Card;
use crate::views::board;
use crate::web::form::{FieldErrors, Fields};
use crate::web::view::{View, page, page_with_errors};
use crate::web::{App, Problem};

/// The form.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Input {
    revision: String,
    need: String,
    why: String,
}

#[derive(Template)]
#[template(path = "web/pages/board/reading.html")]
struct Page<'a> {
    view: &'a View,
    errors: &'a FieldErrors,
    input: &'a Input,
    desk: &'a Desk,
    home: String,
    week: u32,
    card: &'a Card,
    /// How many have completed the course, while the reading is optional.
    completed: usize,
}

/// The form as things stand.
pub async fn show(State(app): State<App>, view: View, desk: Desk) -> Result<Response, Problem> {
    let (key, _) = desk.reading()?;
    let input = Input { need: Need::of(key).word().to_owned(), why: key.why.clone(), ..Input::default() };
    page(&shown(&app, &view, &desk, &input, &FieldErrors::default()).await?)
}

async fn shown<'a>(
    app: &App,
    view: &'a View,
    desk: &'a Desk,
    input: &'a Input,
    errors: &'a FieldErrors,
) -> Result<Page<'a>, Problem> {
    let (key, card) = desk.reading()?;
    let week = desk.week()?.module.position;
    let completed = if key.required {
        0
    } else {
        let conn = app.services.db.snapshot().await?;
        board::students(&conn, &app.plans, &desk.board).await?.completed(desk.now)
    };
    Ok(Page { view, errors, input, desk, home: desk.week_home(week), week, card, completed })
}

/// Changes what is said of the reading.
pub async fn restate(State(app): State<App>, view: View, desk: Desk, Fields(input): Fields<Input>) -> Result<Response, Problem> {
    let (key, _) = desk.reading()?;
    let module = desk.week()?.module;
    let mut errors = FieldErrors::default();
    let (need, why) = (need(&mut errors, &input.need), why(&mut errors, &input.why));
    let Some((need, why)) = need.zip(why) else {
        return page_with_errors(&shown(&app, &view, &desk, &input, &errors).await?);
    };
    let change = KeyChange::Restate { reading: key.reading, need, why };
    let change = PlanChange::Keys { module: module.id, change };
    desk.replan(&app, &input.revision, change).await.map_err(refused)?;
    Ok(done(&desk.week_home(module.position), "restated"))
}

/// A button that moves a reading.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Order {
    revision: String,
    towards: String,
}

/// Moves the reading past its neighbour.
pub async fn order(State(app): State<App>, desk: Desk, Fields(input): Fields<Order>) -> Result<Response, Problem> {
    let (key, _) = desk.reading()?;
    let module = desk.week()?.module;
    let to: Shift = input.towards.parse().map_err(|_| Problem::Malformed("The form does not say where to.".to_owned()))?;
    let change = PlanChange::Keys { module: module.id, change: KeyChange::Move { reading: key.reading, to } };
    desk.replan(&app, &input.revision, change).await.map_err(refused)?;
    Ok(done(&desk.week_home(module.position), "ordered"))
}
