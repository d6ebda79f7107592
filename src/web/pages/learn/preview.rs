//! A week of the course as the students of the next cohort will see it, for who writes it.

use std::collections::BTreeMap;

use askama::Template;
use axum::response::Response;

use super::module::{ModuleShown, ReadingState, Turn, rows};
use crate::catalogue::model::CourseModule;
use crate::kernel::ids::ReadingId;
use crate::learning::KeyedReading;
use crate::readings::Card;
use crate::web::Problem;
use crate::web::pages::shown::minutes_words;
use crate::web::view::{View, page};

#[derive(Template)]
#[template(path = "web/pages/learn/preview.html")]
struct Page<'a> {
    view: &'a View,
    module: &'a ModuleShown,
    /// Where the week is edited.
    editor: String,
}

/// The week at this place among `weeks`, open, with nothing read. Its links lead to staff's pages.
///
/// # Errors
/// The template's.
pub(in crate::web::pages) fn preview(
    view: &View,
    weeks: &[CourseModule],
    at: usize,
    cards: &BTreeMap<ReadingId, Card>,
) -> Result<Response, Problem> {
    let module = weeks.get(at).ok_or(Problem::NotFound)?;
    page(&Page { view, module: &shown(weeks, at, module, cards), editor: editor(module) })
}

fn editor(module: &CourseModule) -> String {
    format!("/staff/course/weeks/{}", module.id)
}

fn shown(weeks: &[CourseModule], at: usize, module: &CourseModule, cards: &BTreeMap<ReadingId, Card>) -> ModuleShown {
    let keyed = module
        .readings
        .iter()
        .filter_map(|key| Some(KeyedReading { key: key.clone(), card: cards.get(&key.reading)?.clone(), read_at: None }));
    let readings: Vec<_> = keyed.collect();
    let left: u32 = readings.iter().map(|reading| reading.card.minutes).sum();
    let turn = |at: Option<usize>| {
        let module = weeks.get(at?)?;
        let href = format!("{}/preview", editor(module));
        Some(Turn { href, week: module.position, title: module.title.clone(), opens: None })
    };
    ModuleShown {
        week: module.position,
        weeks: weeks.len(),
        home: "/staff/course".to_owned(),
        title: module.title.clone(),
        dek: module.dek.clone(),
        outcomes: module.outcomes.clone(),
        read: 0,
        left: (left > 0).then(|| minutes_words(left)),
        due: None,
        readings: rows(&readings, |slug| format!("/staff/readings/{slug}")),
        questions: module.questions.clone(),
        prompt: module.reflection_prompt.clone(),
        before: turn(at.checked_sub(1)),
        after: turn(at.checked_add(1)),
    }
}
