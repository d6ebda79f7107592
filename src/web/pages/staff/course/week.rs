//! One week of the course: its readings and its texts.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;

use super::input::WeekInput;
use super::{Week, path, refused, to};
use crate::catalogue::model::{CourseModule, ReadingKey};
use crate::catalogue::{self, EditRefusal};
use crate::db::Conn;
use crate::kernel::Actor;
use crate::kernel::ids::ReadingId;
use crate::readings::Card;
use crate::web::form::{FieldErrors, Fields};
use crate::web::pages::staff::picker::source;
use crate::web::pages::{Done, DoneQuery};
use crate::web::pages::{cards, learn};
use crate::web::session::{PageSnapshot, Staff};
use crate::web::view::{View, page, page_in_conflict, page_with_errors};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/staff/course/week.html")]
struct Page<'a> {
    view: &'a View,
    done: Option<Done>,
    errors: &'a FieldErrors,
    input: &'a WeekInput,
    is_stale: bool,
    href: String,
    week: &'a CourseModule,
    is_only: bool,
    rows: Vec<Row<'a>>,
}

/// A reading of the week.
struct Row<'a> {
    key: &'a ReadingKey,
    card: &'a Card,
    source: String,
    is_first: bool,
    is_last: bool,
}

/// What is said beside the week itself.
struct Said<'a> {
    done: Option<Done>,
    errors: &'a FieldErrors,
    input: &'a WeekInput,
    is_stale: bool,
}

/// The week.
pub async fn show(
    view: View,
    Staff(_): Staff,
    PageSnapshot(conn): PageSnapshot,
    Path(id): Path<String>,
    Query(done): Query<DoneQuery>,
) -> Result<Response, Problem> {
    let week = Week::find(&conn, &id).await?;
    let (errors, input) = (FieldErrors::default(), WeekInput::of(week.module()));
    let said = Said { done: done.word(), errors: &errors, input: &input, is_stale: false };
    let cards = cards(&conn, &week.module().readings).await?;
    page(&shown(&view, &week, &cards, said))
}

fn shown<'a>(view: &'a View, week: &'a Week, cards: &'a BTreeMap<ReadingId, Card>, said: Said<'a>) -> Page<'a> {
    let keys = &week.module().readings;
    let last = keys.len().saturating_sub(1);
    let row = |(at, key): (usize, &'a ReadingKey)| {
        let card = cards.get(&key.reading)?;
        Some(Row { key, card, source: source(card), is_first: at == 0, is_last: at == last })
    };
    Page {
        view,
        done: said.done,
        errors: said.errors,
        input: said.input,
        is_stale: said.is_stale,
        href: path(week.module()),
        week: week.module(),
        is_only: week.weeks.len() == 1,
        rows: keys.iter().enumerate().filter_map(row).collect(),
    }
}

/// The week as a student will see it.
pub async fn preview(
    view: View,
    Staff(_): Staff,
    PageSnapshot(conn): PageSnapshot,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let week = Week::find(&conn, &id).await?;
    let cards = cards(&conn, &week.module().readings).await?;
    learn::preview(&view, &week.weeks, week.at, &cards)
}

/// Saves the texts.
pub async fn save(
    State(app): State<App>,
    view: View,
    Staff(person): Staff,
    Path(id): Path<String>,
    Fields(input): Fields<WeekInput>,
) -> Result<Response, Problem> {
    let conn = app.services.db.snapshot().await?;
    let week = Week::find(&conn, &id).await?;
    let cards = cards(&conn, &week.module().readings).await?;
    drop(conn);
    let again = |errors: &FieldErrors| {
        let said = Said { done: None, errors, input: &input, is_stale: false };
        page_with_errors(&shown(&view, &week, &cards, said))
    };
    let texts = match input.texts() {
        Ok(texts) => texts,
        Err(errors) => return again(&errors),
    };
    let edit = app
        .services
        .db
        .write(Actor::User(person.id), async |txn| catalogue::edit_module(txn, week.module().id, input.version, texts).await);
    match edit.await {
        Ok(()) => Ok(to(&format!("{}?done=week-saved", path(week.module())))),
        Err(EditRefusal::NotBackwards(why)) => {
            again(&FieldErrors::one("waits_for", format!("Week {} is not before this one", why.named)))
        }
        Err(EditRefusal::Stale) => stale(&*app.services.db.snapshot().await?, &view, &id, input).await,
        Err(other) => Err(refused(other)),
    }
}

/// The page as it stands now, with what was typed.
async fn stale(conn: &Conn, view: &View, id: &str, input: WeekInput) -> Result<Response, Problem> {
    let week = Week::find(conn, id).await?;
    let input = WeekInput { version: week.module().version, ..input };
    let cards = cards(conn, &week.module().readings).await?;
    let said = Said { done: None, errors: &FieldErrors::default(), input: &input, is_stale: true };
    page_in_conflict(&shown(view, &week, &cards, said))
}
