//! The board: every week with its times, its state, and what is wrong with it.

use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use serde::Deserialize;

use super::rows::{Seen, WeekRow, preview, rows, words};
use super::{Desk, told};
use crate::identity::Role;
use crate::kernel::ShownTime;
use crate::kernel::shown::short_date;
use crate::kernel::time::DateTime;
use crate::views::board::Board;
use crate::web::Problem;
use crate::web::form::FieldErrors;
use crate::web::view::{View, page, page_with_errors};

#[derive(Template)]
#[template(path = "web/pages/board/board.html")]
struct Page<'a> {
    view: &'a View,
    errors: &'a FieldErrors,
    board: &'a Board,
    done: Option<&'static str>,
    admin: bool,
    starts: String,
    published: Option<ShownTime>,
    instructors: String,
    /// What will not open soon: the week, when, and how to mend it.
    urgent: Vec<(u32, ShownTime, String)>,
    rows: Vec<WeekRow>,
    /// The moment looked at, as the field has it.
    at: String,
    seen: Option<(ShownTime, Vec<Seen>)>,
}

/// What the address asks for beside the board.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    done: String,
    /// A civil moment of the cohort's zone.
    at: String,
}

impl Asked {
    pub(super) fn done(&self) -> &str {
        &self.done
    }
}

/// The board, and with `at` what a student sees at that moment.
pub async fn show(view: View, desk: Desk, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let Desk { board, now, person, .. } = &desk;
    let mut errors = FieldErrors::default();
    let mut moment = None;
    if !asked.at.is_empty() {
        let civil = asked.at.parse::<DateTime>().map_err(|_| "Choose a date and time");
        moment = errors.parse("at", civil).map(|civil| board.cohort.zone.instant(civil));
    }
    let shown = |at| ShownTime::new(at, &board.cohort.zone);
    let urgent = board.findings(*now).into_iter().filter(|finding| finding.is_urgent(*now));
    let shown_page = Page {
        view: &view,
        errors: &errors,
        board,
        done: told(&asked.done),
        admin: person.role == Role::Admin,
        starts: short_date(board.cohort.starts_on),
        published: board.cohort.published_at.map(shown),
        instructors: names(board),
        urgent: urgent.map(|finding| (finding.position, shown(finding.release), words(board, &finding.problem))).collect(),
        rows: rows(board, *now),
        seen: moment.map(|at| (shown(at), preview(board, at))),
        at: asked.at,
    };
    if errors.is_empty() { page(&shown_page) } else { page_with_errors(&shown_page) }
}

fn names(board: &Board) -> String {
    let names: Vec<&str> = board.instructors.iter().map(|person| person.name.as_str()).collect();
    if names.is_empty() { "Nobody yet".to_owned() } else { names.join(", ") }
}
