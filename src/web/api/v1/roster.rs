//! Who is in a cohort, and how they get on.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::cohorts;
use super::shapes::{Instant, Money};
use crate::catalogue::{self, model::Verdict};
use crate::kernel::ids::EnrolmentId;
use crate::kernel::{Slug, Timestamp};
use crate::learning::{self, model::progress};
use crate::schedule::model::Inputs;
use crate::tokens::Scope;
use crate::views::enrolments::{self, Filter, Funding, Row, State as SeatState};
use crate::web::App;
use crate::web::api::input::{Asked, Named};
use crate::web::api::paging::Paging;
use crate::web::api::routes::{ApiRoutes, Says};
use crate::web::api::{ApiProblem, Caller};
use crate::web::session::PageSnapshot;

pub(super) fn routes() -> ApiRoutes {
    let states = json!({ "type": "string", "enum": STATES.map(|(word, _)| word) });
    let roster = Says::new("listRoster", "Roster", "A cohort’s enrolments, with whose they are and how they get on")
        .pages::<Enrolment>()
        .query("state", "Only those that stand so.", states);
    let show = Says::new("getEnrolment", "Roster", "One enrolment").gives::<Enrolment>(200, "The enrolment.");
    ApiRoutes::default().get("/api/v1/cohorts/{cohort}/roster", Scope::RosterRead, roster, list_roster).get(
        "/api/v1/enrolments/{enrolment}",
        Scope::RosterRead,
        show,
        get_enrolment,
    )
}

const STATES: [(&str, SeatState); 4] = [
    ("held", SeatState::Held),
    ("enrolled", SeatState::Enrolled),
    ("lapsed", SeatState::Lapsed),
    ("cancelled", SeatState::Cancelled),
];

/// One student in one cohort.
#[derive(Debug, Serialize, ToSchema)]
pub struct Enrolment {
    id: String,
    /// The cohort's id.
    cohort: String,
    cohort_slug: String,
    student: Student,
    /// As the certificate will bear it.
    certificate_name: String,
    /// `held`, `enrolled`, `lapsed` or `cancelled`. The first two take a seat.
    #[schema(examples("enrolled"))]
    state: &'static str,
    paid_by: Funds,
    created_at: Instant,
    enrolled_at: Option<Instant>,
    ended_at: Option<Instant>,
    progress: Progress,
    /// The newest, where there are several.
    order: Option<OrderOwed>,
}

/// Whose an enrolment is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Student {
    id: String,
    name: String,
    email: String,
    /// ISO 3166-1 alpha-2.
    country: Option<String>,
    last_seen_at: Option<Instant>,
}

/// What a seat was given for.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Funds {
    /// Nothing yet, or nothing any more.
    Unpaid,
    Card,
    /// Another way, recorded by an admin.
    Offline,
    Free,
}

/// How far a student has come.
#[derive(Debug, Serialize, ToSchema)]
pub struct Progress {
    modules: usize,
    /// Of which every required reading is read.
    modules_complete: usize,
    required_readings: usize,
    required_readings_read: usize,
    /// When the last required reading was read, once all are.
    completed_at: Option<Instant>,
}

/// An order, as far as a roster shows it.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderOwed {
    id: String,
    number: String,
    total: Money,
}

fn progress_of(inputs: Option<&Inputs>, now: Timestamp) -> Progress {
    let Some(inputs) = inputs else {
        return Progress { modules: 0, modules_complete: 0, required_readings: 0, required_readings_read: 0, completed_at: None };
    };
    let progress = progress(inputs, now);
    let (required, left) = progress
        .modules
        .iter()
        .fold((0, 0), |(required, left), module| (required + module.required(), left + module.required_left()));
    Progress {
        modules: progress.modules.len(),
        modules_complete: progress.modules.iter().filter(|module| module.required_left() == 0).count(),
        required_readings: required,
        required_readings_read: required - left,
        completed_at: match progress.completion {
            Verdict::Met { at } => at.map(Into::into),
            Verdict::Unmet(_) => None,
        },
    }
}

fn shown(row: Row, inputs: Option<&Inputs>, now: Timestamp) -> Enrolment {
    let order = row.order.map(|owed| OrderOwed { id: owed.id.to_string(), number: owed.number, total: owed.total.into() });
    Enrolment {
        id: row.enrolment.id.to_string(),
        cohort: row.enrolment.cohort.to_string(),
        cohort_slug: row.slug,
        student: Student {
            id: row.enrolment.user.to_string(),
            name: row.name,
            email: row.email,
            country: row.country,
            last_seen_at: row.last_seen.map(Into::into),
        },
        certificate_name: row.enrolment.certificate_name.to_string(),
        state: row.enrolment.state.word(),
        paid_by: match row.funding {
            Funding::Unpaid => Funds::Unpaid,
            Funding::Paid => Funds::Card,
            Funding::Offline => Funds::Offline,
            Funding::Free => Funds::Free,
        },
        created_at: row.enrolment.created_at.into(),
        enrolled_at: row.enrolled_at.map(Into::into),
        ended_at: row.ended_at.map(Into::into),
        progress: progress_of(inputs, now),
        order,
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    cursor: Option<String>,
    limit: Option<String>,
    state: Option<String>,
}

impl Query {
    fn state(&self) -> Result<Option<SeatState>, ApiProblem> {
        let Some(asked) = &self.state else { return Ok(None) };
        let known = STATES.iter().find(|(word, _)| word == asked).map(|(_, state)| Some(*state));
        known.ok_or_else(|| ApiProblem::parameter("state", "Choose held, enrolled, lapsed or cancelled"))
    }
}

async fn list_roster(
    State(app): State<App>,
    caller: Caller,
    uri: Uri,
    PageSnapshot(conn): PageSnapshot,
    Named(slug): Named<Slug>,
    Asked(query): Asked<Query>,
) -> Result<Response, ApiProblem> {
    let paging = Paging::parse("roster", query.cursor.as_deref(), query.limit.as_deref())?;
    let filter = Filter { state: query.state()?, ..Filter::default() };
    let cohort = cohorts::find(&conn, &caller, &slug).await?;
    let prepared = enrolments::prepare(&conn, &Filter { cohort: Some(cohort.id), ..filter }).await?;
    let page = prepared.page(&conn, paging.before.map(EnrolmentId), paging.limit).await?;
    let ids: Vec<EnrolmentId> = page.rows.iter().map(|row| row.enrolment.id).collect();
    let inputs = learning::inputs_of(&conn, &app.plans, (cohort.id, cohort.revision), &ids).await?;
    let now = app.services.clocks.service();
    let rows: Vec<_> = page.rows.into_iter().map(|row| with(row, &inputs, now)).collect();
    paging.answer(&uri, &rows, page.next.map(|next| next.0))
}

fn with(row: Row, inputs: &BTreeMap<EnrolmentId, Inputs>, now: Timestamp) -> Enrolment {
    let its = inputs.get(&row.enrolment.id);
    shown(row, its, now)
}

async fn get_enrolment(
    State(app): State<App>,
    PageSnapshot(conn): PageSnapshot,
    Named(id): Named<EnrolmentId>,
) -> Result<Response, ApiProblem> {
    let row = enrolments::one(&conn, id).await?.ok_or_else(ApiProblem::not_found)?;
    let cohort = catalogue::cohort(&conn, row.enrolment.cohort).await?.ok_or_else(ApiProblem::not_found)?;
    let inputs = learning::inputs_of(&conn, &app.plans, (cohort.id, cohort.revision), &[id]).await?;
    crate::web::api::json(&with(row, &inputs, app.services.clocks.service()))
}
