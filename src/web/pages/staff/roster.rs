//! Who is in a cohort, and how they get on.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::cohorts::state;
use super::{Choice, address, choices};
use crate::enrolment::EnrolmentState;
use crate::identity::{Person, Role};
use crate::kernel::ShownTime;
use crate::views::roster::{self, Pace, Roster, RosterRow, Show, Sort, Wanted};
use crate::web::session::{PageSnapshot, Staff};
use crate::web::view::{View, page};
use crate::web::{App, Problem};

/// The list as its address asks for it; a word that is none of ours counts as absent.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    show: String,
    sort: String,
    page: String,
}

const SHOWN: [(&str, &str, Show); 5] = [
    ("", "With a seat", Show::Seated),
    ("behind", "Behind", Show::Behind),
    ("complete", "Course complete", Show::Complete),
    ("held", "Held, not paid", Show::Held),
    ("ended", "Ended", Show::Ended),
];
const SORTED: [(&str, &str, Sort); 3] =
    [("", "Name", Sort::Name), ("progress", "Least read first", Sort::Progress), ("seen", "Longest away first", Sort::LastSeen)];

impl Asked {
    fn wanted(&self) -> Wanted {
        let show = SHOWN.iter().find(|(word, ..)| *word == self.show).map(|(_, _, show)| *show);
        let sort = SORTED.iter().find(|(word, ..)| *word == self.sort).map(|(_, _, sort)| *sort);
        let page = self.page.parse::<u32>().unwrap_or(1).clamp(1, 10_000) - 1;
        Wanted { show: show.unwrap_or_default(), sort: sort.unwrap_or_default(), page }
    }

    fn at(&self, path: &str, page: u32) -> String {
        let page = if page == 0 { String::new() } else { (page + 1).to_string() };
        address(path, &[("show", &self.show), ("sort", &self.sort), ("page", &page)])
    }
}

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
    shown: Vec<Choice>,
    sorted: Vec<Choice>,
    everybody: bool,
    rows: Vec<Row<'a>>,
    before: Option<String>,
    after: Option<String>,
}

struct Row<'a> {
    of: &'a RosterRow,
    state: (&'static str, String),
    last_seen: Option<ShownTime>,
    /// `Week 3 opens`, and when.
    extended: Vec<(u32, ShownTime)>,
}

/// The roster; of another instructor's cohort there is none.
pub async fn show(
    State(app): State<App>,
    view: View,
    Staff(person): Staff,
    PageSnapshot(conn): PageSnapshot,
    Path(slug): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let now = app.services.clocks.service();
    let slug = slug.parse().map_err(|_| Problem::NotFound)?;
    let wanted = asked.wanted();
    let roster = roster::roster(&conn, &app.plans, &person, &slug, wanted, now).await?.ok_or(Problem::NotFound)?;
    let path = format!("/staff/cohorts/{slug}/roster");
    page(&Page {
        view: &view,
        state: state(&roster.cohort, now),
        seats_left: roster.cohort.cohort.capacity.saturating_sub(roster.cohort.taken),
        zone: person.zone.name(),
        sees_orders: person.role == Role::Admin,
        shown: choices(SHOWN.map(|(word, words, _)| (word, words)), &asked.show),
        sorted: choices(SORTED.map(|(word, words, _)| (word, words)), &asked.sort),
        everybody: wanted.show == Show::Seated && wanted.page == 0,
        rows: roster.rows.iter().map(|of| row(of, &person)).collect(),
        before: wanted.page.checked_sub(1).map(|page| asked.at(&path, page)),
        after: roster.more.then(|| asked.at(&path, wanted.page + 1)),
        roster: &roster,
    })
}

fn row<'a>(of: &'a RosterRow, reader: &Person) -> Row<'a> {
    let shown = |at| ShownTime::new(at, &reader.zone);
    let extended = of.extended.iter().map(|&(week, at)| (week, shown(at))).collect();
    Row { of, state: seat(of, reader), last_seen: of.last_seen.map(shown), extended }
}

fn seat(row: &RosterRow, reader: &Person) -> (&'static str, String) {
    match row.enrolment.state {
        EnrolmentState::Held { until, .. } => {
            ("wait", format!("Seat held until {}", ShownTime::new(until, &reader.zone).short()))
        }
        EnrolmentState::Enrolled { .. } => match row.pace {
            Pace::Behind => ("bad", "Enrolled, behind".to_owned()),
            Pace::Complete => ("done", "Enrolled, complete".to_owned()),
            Pace::OnTime | Pace::NoSeat => ("done", "Enrolled".to_owned()),
        },
        EnrolmentState::Lapsed { .. } => ("", "Lapsed".to_owned()),
        EnrolmentState::Cancelled { .. } => ("", "Cancelled".to_owned()),
    }
}
