//! Every enrolment, searched and filtered by its address.

use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use serde::Deserialize;

use super::{Choice, address, choices};
use crate::enrolment::EnrolmentState;
use crate::kernel::{ShownTime, Zone};
use crate::search::{self, Terms};
use crate::views::enrolments::{self, CohortName, Filter, Funding, Row, Total};
use crate::web::Problem;
use crate::web::session::{Admin, PageSnapshot};
use crate::web::view::{View, page};

/// Rows on a page.
const SIZE: u64 = 50;

/// The list as its address asks for it; a word that is none of ours counts as absent.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
    cohort: String,
    state: String,
    money: String,
    /// The last enrolment of the page before.
    after: String,
}

const STATES: [(&str, &str, Option<enrolments::State>); 5] = [
    ("", "Any", None),
    ("held", "Held", Some(enrolments::State::Held)),
    ("enrolled", "Enrolled", Some(enrolments::State::Enrolled)),
    ("lapsed", "Lapsed", Some(enrolments::State::Lapsed)),
    ("cancelled", "Cancelled", Some(enrolments::State::Cancelled)),
];
const MONEY: [(&str, &str, Option<Funding>); 5] = [
    ("", "Any", None),
    ("paid", "Paid by card", Some(Funding::Paid)),
    ("offline", "Paid another way", Some(Funding::Offline)),
    ("unpaid", "Unpaid", Some(Funding::Unpaid)),
    ("free", "Free of charge", Some(Funding::Free)),
];

/// [`search::WALKED`] and [`enrolments::COUNTED`], as they are written.
const MOST: &str = "500";
const _: () = assert!(search::WALKED == 500 && enrolments::COUNTED == 500);

impl Asked {
    /// The filter among these cohorts.
    pub fn filter(&self, cohorts: &[CohortName]) -> Filter {
        Filter {
            terms: Terms::parse(&self.q),
            cohort: cohorts.iter().find(|cohort| cohort.slug == self.cohort).map(|cohort| cohort.id),
            state: STATES.iter().find(|(word, ..)| *word == self.state).and_then(|(_, _, state)| *state),
            funding: MONEY.iter().find(|(word, ..)| *word == self.money).and_then(|(_, _, money)| *money),
        }
    }

    fn at(&self, path: &str, after: &str) -> String {
        let pairs = [("q", &*self.q), ("cohort", &self.cohort), ("state", &self.state), ("money", &self.money), ("after", after)];
        address(path, &pairs)
    }

    fn is_everything(&self) -> bool {
        [&self.q, &self.cohort, &self.state, &self.money, &self.after].iter().all(|field| field.is_empty())
    }
}

#[derive(Template)]
#[template(path = "web/pages/staff/enrolments.html")]
struct Page<'a> {
    view: &'a View,
    asked: &'a Asked,
    cohorts: Vec<Choice>,
    states: Vec<Choice>,
    money: Vec<Choice>,
    total: String,
    /// How many one page looks through where words fit many.
    walked: &'static str,
    rows: Vec<Line<'a>>,
    export: String,
    newest: Option<String>,
    older: Option<String>,
    zone: &'a str,
}

struct Line<'a> {
    of: &'a Row,
    state: (&'static str, String),
    money: &'static str,
    began: ShownTime,
}

/// The list.
pub async fn list(
    view: View,
    Admin(person): Admin,
    PageSnapshot(conn): PageSnapshot,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let cohorts = enrolments::cohort_names(&conn).await?;
    let prepared = enrolments::prepare(&conn, &asked.filter(&cohorts)).await?;
    let found = prepared.page(&conn, asked.after.parse().ok(), SIZE).await?;
    let total = prepared.total(&conn).await?;
    let path = "/staff/enrolments";
    let named = cohorts.iter().rev().map(|cohort| (cohort.slug.as_str(), cohort.name.as_str()));
    page(&Page {
        view: &view,
        cohorts: choices(std::iter::once(("", "Any")).chain(named), &asked.cohort),
        states: choices(STATES.map(|(word, words, _)| (word, words)), &asked.state),
        money: choices(MONEY.map(|(word, words, _)| (word, words)), &asked.money),
        total: counted(total),
        walked: MOST,
        rows: found.rows.iter().map(|of| line(of, &person.zone)).collect(),
        export: asked.at("/staff/enrolments.csv", ""),
        newest: (!asked.after.is_empty()).then(|| asked.at(path, "")),
        older: found.next.map(|next| asked.at(path, &next.to_string())),
        zone: person.zone.name(),
        asked: &asked,
    })
}

fn counted(total: Total) -> String {
    match total {
        Total::Exactly(1) => "1 enrolment".to_owned(),
        Total::Exactly(many) => format!("{many} enrolments"),
        Total::MoreThan(_) => format!("More than {MOST} enrolments"),
        Total::Uncounted => "More than are counted: add a word to find fewer".to_owned(),
    }
}

fn line<'a>(of: &'a Row, zone: &Zone) -> Line<'a> {
    let shown = |at| ShownTime::new(at, zone);
    let state = match of.enrolment.state {
        EnrolmentState::Held { until, .. } => ("wait", format!("Held until {}", shown(until).short())),
        EnrolmentState::Enrolled { .. } => ("done", "Enrolled".to_owned()),
        EnrolmentState::Lapsed { .. } => ("", "Lapsed".to_owned()),
        EnrolmentState::Cancelled { .. } => ("", "Cancelled".to_owned()),
    };
    let money = MONEY.iter().find(|(_, _, money)| *money == Some(of.funding)).map_or("", |(_, words, _)| *words);
    Line { of, state, money, began: shown(of.enrolment.created_at) }
}
