//! The cohorts that a member of staff sees.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::enrolment::Window;
use crate::identity::Role;
use crate::kernel::Timestamp;
use crate::kernel::shown::short_date;
use crate::views::board;
use crate::views::staff::{self, CohortRow};
use crate::web::session::{PageSnapshot, Staff};
use crate::web::view::{View, page};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/staff/cohorts.html")]
struct Page<'a> {
    view: &'a View,
    who: &'a str,
    /// An admin opens cohorts.
    admin: bool,
    rows: Vec<Row<'a>>,
}

struct Row<'a> {
    of: &'a CohortRow,
    starts: String,
    week: String,
    /// The look of the state, and the state.
    state: (&'static str, String),
    /// The weeks that will not open soon.
    short: Vec<u32>,
}

/// All cohorts for an admin; for an instructor their own.
pub async fn list(
    State(app): State<App>,
    view: View,
    Staff(person): Staff,
    PageSnapshot(conn): PageSnapshot,
) -> Result<Response, Problem> {
    let now = app.services.clocks.service();
    let cohorts = staff::cohorts(&conn, &person, now).await?;
    let short = board::short_weeks(&conn, &app.plans, &person, now).await?;
    let weeks =
        |of: &CohortRow| short.iter().filter(|short| short.cohort.id == of.cohort.id).map(|short| short.position).collect();
    let starts = |of: &CohortRow| short_date(of.cohort.starts_on);
    let row = |of| Row { of, starts: starts(of), week: week(of, now), state: state(of, now), short: weeks(of) };
    let admin = person.role == Role::Admin;
    page(&Page { view: &view, who: person.name.as_str(), admin, rows: cohorts.iter().map(row).collect() })
}

fn week(row: &CohortRow, now: Timestamp) -> String {
    match row.week(now) {
        Some(week) if week <= row.weeks => format!("{week} of {}", row.weeks),
        _ => "–".to_owned(),
    }
}

/// Where a cohort stands: not published before all, under way comes before full, full before open.
pub(super) fn state(row: &CohortRow, now: Timestamp) -> (&'static str, String) {
    if row.cohort.published_at.is_none() {
        return ("wait", "Not published".to_owned());
    }
    match (row.week(now), row.window) {
        (Some(week), _) if week > row.weeks => ("", "Finished".to_owned()),
        (Some(_), _) => ("done", "Under way".to_owned()),
        (None, _) if row.taken >= row.cohort.capacity => ("wait", "Full".to_owned()),
        (None, Window::Open) => ("next", "Open for enrolment".to_owned()),
        (None, Window::NotOpenYet { .. }) => ("wait", "Enrolment not open yet".to_owned()),
        (None, Window::Closed { .. }) => ("wait", "Enrolment closed".to_owned()),
    }
}
