//! Who is in a cohort, and how they get on.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::cohorts::state;
use crate::enrolment::EnrolmentState;
use crate::identity::{Person, Role};
use crate::kernel::ShownTime;
use crate::views::staff::{self, Roster, RosterRow};
use crate::web::session::{PageSnapshot, Staff};
use crate::web::view::{View, page};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/staff/roster.html")]
struct Page<'a> {
    view: &'a View,
    roster: &'a Roster,
    state: (&'static str, String),
    seats_left: u32,
    zone: &'a str,
    /// Billing is no instructor's business.
    sees_orders: bool,
    rows: Vec<Row<'a>>,
}

struct Row<'a> {
    of: &'a RosterRow,
    state: (&'static str, String),
    last_seen: Option<ShownTime>,
}

/// The roster; of another instructor's cohort there is none.
pub async fn show(
    State(app): State<App>,
    view: View,
    Staff(person): Staff,
    PageSnapshot(conn): PageSnapshot,
    Path(slug): Path<String>,
) -> Result<Response, Problem> {
    let now = app.services.clocks.service();
    let slug = slug.parse().map_err(|_| Problem::NotFound)?;
    let roster = staff::roster(&conn, &person, &slug, now).await?.ok_or(Problem::NotFound)?;
    let row = |of: &'_ RosterRow| (seat(of, &person), of.last_seen.map(|at| ShownTime::new(at, &person.zone)));
    let rows = roster.rows.iter().map(|of| {
        let (state, last_seen) = row(of);
        Row { of, state, last_seen }
    });
    page(&Page {
        view: &view,
        state: state(&roster.cohort, now),
        seats_left: roster.cohort.cohort.capacity.saturating_sub(roster.cohort.taken),
        zone: person.zone.name(),
        sees_orders: person.role == Role::Admin,
        rows: rows.collect(),
        roster: &roster,
    })
}

fn seat(row: &RosterRow, reader: &Person) -> (&'static str, String) {
    match row.enrolment.state {
        EnrolmentState::Held { until, .. } => {
            ("wait", format!("Seat held until {}", ShownTime::new(until, &reader.zone).short()))
        }
        EnrolmentState::Enrolled { .. } => ("done", "Enrolled".to_owned()),
        EnrolmentState::Lapsed { .. } => ("", "Lapsed".to_owned()),
        EnrolmentState::Cancelled { .. } => ("", "Cancelled".to_owned()),
    }
}
