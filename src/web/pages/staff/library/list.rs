//! The library, with a search and filters in the address.

use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use serde::Deserialize;

use crate::views::library::{self, Readiness, Shelf, ShelfRow, Used, Wanted};
use crate::web::Problem;
use crate::web::pages::shown::counted;
use crate::web::pages::staff::picker::source;
use crate::web::pages::staff::{Choice, address, choices};
use crate::web::session::{PageSnapshot, Staff};
use crate::web::view::{View, page};

/// What is looked for. A word that is no choice of the form counts as none.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    find: String,
    ready: String,
    used: String,
    page: String,
}

const READY: [(&str, &str, Readiness); 3] =
    [("", "Any", Readiness::Any), ("yes", "Yes", Readiness::Ready), ("no", "Not yet", Readiness::NotReady)];
const USED: [(&str, &str, Used); 4] = [
    ("", "Anywhere", Used::Anywhere),
    ("course", "In the course", Used::InCourse),
    ("cohort", "In a cohort", Used::InCohort),
    ("nowhere", "Nowhere", Used::Nowhere),
];

#[derive(Template)]
#[template(path = "web/pages/staff/library/list.html")]
struct Page<'a> {
    view: &'a View,
    asked: &'a Asked,
    ready: Vec<Choice>,
    used: Vec<Choice>,
    /// Whether all is shown: nothing was looked for.
    is_whole: bool,
    count: String,
    rows: Vec<Row<'a>>,
    shelf: &'a Shelf,
    before: Option<String>,
    after: Option<String>,
}

struct Row<'a> {
    of: &'a ShelfRow,
    source: String,
    used: String,
}

/// A page of the library.
pub async fn show(
    view: View,
    Staff(_): Staff,
    PageSnapshot(conn): PageSnapshot,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let asked = Asked { find: asked.find.chars().take(100).collect(), ..asked };
    let shelf = library::shelf(&conn, &asked.wanted()).await?;
    let row = |of| Row { of, source: source(&of.card), used: used(of) };
    page(&Page {
        view: &view,
        ready: choices(READY.map(|(word, words, _)| (word, words)), &asked.ready),
        used: choices(USED.map(|(word, words, _)| (word, words)), &asked.used),
        is_whole: asked.find.trim().is_empty() && asked.ready.is_empty() && asked.used.is_empty(),
        count: counted(usize::try_from(shelf.total).unwrap_or(usize::MAX), "reading"),
        rows: shelf.rows.iter().map(row).collect(),
        before: (shelf.page > 1).then(|| asked.at(shelf.page - 1)),
        after: (shelf.page < shelf.pages).then(|| asked.at(shelf.page + 1)),
        shelf: &shelf,
        asked: &asked,
    })
}

impl Asked {
    fn wanted(&self) -> Wanted {
        let ready = READY.iter().find(|(word, ..)| *word == self.ready).map_or(Readiness::Any, |(_, _, ready)| *ready);
        let used = USED.iter().find(|(word, ..)| *word == self.used).map_or(Used::Anywhere, |(_, _, used)| *used);
        Wanted { find: self.find.clone(), ready, used, without: Vec::new(), page: self.page.parse().unwrap_or(1) }
    }

    /// The address of another page of the same list.
    fn at(&self, page: u64) -> String {
        address(
            "/staff/readings",
            &[("find", &self.find), ("ready", &self.ready), ("used", &self.used), ("page", &page.to_string())],
        )
    }
}

fn used(row: &ShelfRow) -> String {
    match (row.in_course, row.cohorts) {
        (false, 0) => "Nowhere yet".to_owned(),
        (true, 0) => "The course".to_owned(),
        (false, cohorts) => counted(cohorts, "cohort"),
        (true, cohorts) => format!("The course, {}", counted(cohorts, "cohort")),
    }
}
