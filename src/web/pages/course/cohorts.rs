//! The list of cohorts.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::Offered;
use super::model::{CohortRow, CohortState, in_order};
use crate::catalogue;
use crate::web::session::{PageSnapshot, SignedIn};
use crate::web::view::{View, page};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/course/cohorts.html")]
struct Page<'a> {
    view: &'a View,
    title: &'a str,
    rows: Vec<CohortRow>,
    zone: String,
}

/// Every cohort: those to enrol in first.
pub async fn show(
    State(app): State<App>,
    view: View,
    reader: Option<SignedIn>,
    PageSnapshot(snapshot): PageSnapshot,
) -> Result<Response, Problem> {
    let zone = reader.map(|reader| reader.person.zone);
    let told = match &zone {
        Some(zone) => format!("Closing times are in your zone, {zone}."),
        None => "Closing times are in each cohort’s own zone.".to_owned(),
    };
    let Some(offered) = Offered::load(&snapshot).await? else {
        return page(&Page { view: &view, title: "The course", rows: Vec::new(), zone: told });
    };
    let weeks = catalogue::course_modules(&snapshot, offered.course.id).await?.len();
    let now = app.services.clocks.service();
    let row = |cohort| CohortRow::new(cohort, offered.counted(cohort), weeks, zone.as_ref(), &view.owner, now);
    let mut rows: Vec<CohortRow> = offered.cohorts.iter().map(row).collect();
    in_order(&mut rows);
    page(&Page { view: &view, title: &offered.course.title, rows, zone: told })
}
