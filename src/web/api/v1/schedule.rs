//! Schedules, and what is open to a student. Both ask the one decision that pages and mails ask.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::shapes::{Instant, Moment};
use crate::catalogue::model::Unmet;
use crate::enrolment::{self, EnrolmentState};
use crate::kernel::ids::EnrolmentId;
use crate::kernel::{Slug, Timestamp};
use crate::schedule::model::{self, PlannedModule};
use crate::tokens::Scope;
use crate::views::board::{self, Board};
use crate::web::App;
use crate::web::api::input::Named;
use crate::web::api::routes::{ApiRoutes, Says};
use crate::web::api::{ApiProblem, Caller, json};
use crate::web::session::PageSnapshot;
use crate::{catalogue, learning};

pub(super) fn routes() -> ApiRoutes {
    let schedule = Says::new("getSchedule", "Schedule", "A cohort’s schedule, module by module")
        .more("`access` is that of a student who has just come and keeps up.")
        .gives::<Schedule>(200, "The schedule.");
    let access = Says::new("getAccess", "Schedule", "What is open to one student, and why or when the rest opens")
        .more("Who is not enrolled, or no more, has no modules.")
        .gives::<StudentAccess>(200, "The decision on each module.");
    ApiRoutes::default().get("/api/v1/cohorts/{cohort}/schedule", Scope::ScheduleRead, schedule, get_schedule).get(
        "/api/v1/enrolments/{enrolment}/access",
        Scope::ScheduleRead,
        access,
        get_access,
    )
}

/// A cohort's plan at one revision.
#[derive(Debug, Serialize, ToSchema)]
pub struct Schedule {
    /// The cohort's id.
    cohort: String,
    /// An IANA zone.
    zone: String,
    revision: i32,
    modules: Vec<ScheduledModule>,
}

/// One week of a cohort.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScheduledModule {
    id: String,
    /// The week, from 1.
    position: u32,
    title: String,
    /// Before it the module does not open.
    release: Moment,
    /// A module may have none.
    due: Option<Moment>,
    access: Access,
    required_readings: usize,
    /// Of those, the ones that can be read.
    required_readings_ready: usize,
    readings: Vec<ScheduledReading>,
}

/// A reading of a week, in reading order.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScheduledReading {
    id: String,
    title: String,
    required: bool,
    /// Whether there is something to read.
    ready: bool,
    minutes: u32,
}

/// Whether a module is open.
#[derive(Debug, Serialize, ToSchema)]
pub struct Access {
    state: AccessState,
    /// Of an open module: since when.
    since: Option<Instant>,
    /// Of a locked one: when it opens, where nothing but time is awaited.
    opens_at: Option<Instant>,
    /// Of a locked one: its release, past or to come.
    scheduled_for: Option<Instant>,
    /// Of a locked one: why.
    reasons: Vec<LockReason>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum AccessState {
    Open,
    Locked,
}

/// Why a module is not open.
#[derive(Debug, Serialize, ToSchema)]
pub struct LockReason {
    code: LockCode,
    /// The module that it is about, by position.
    module: Option<u32>,
    /// So many readings are missing.
    readings: Option<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum LockCode {
    /// The release lies ahead.
    NotYetTime,
    /// Required readings of an earlier module are unread.
    RequiredReadingsUnread,
    /// The rule names a module that the cohort does not have.
    NoSuchModule,
    /// Required readings of its own cannot be read yet: staff must act.
    RequiredReadingsNotReady,
}

impl From<model::Access> for Access {
    fn from(access: model::Access) -> Self {
        match access {
            model::Access::Open { since } => Self {
                state: AccessState::Open,
                since: Some(since.into()),
                opens_at: None,
                scheduled_for: None,
                reasons: Vec::new(),
            },
            model::Access::Locked { why, opens_at, scheduled_for } => Self {
                state: AccessState::Locked,
                since: None,
                opens_at: opens_at.map(Into::into),
                scheduled_for: Some(scheduled_for.into()),
                reasons: why.into_iter().map(reason).collect(),
            },
        }
    }
}

fn reason(reason: model::LockReason) -> LockReason {
    let (code, module, readings) = match reason {
        model::LockReason::NotYetTime => (LockCode::NotYetTime, None, None),
        model::LockReason::Awaits(Unmet::RequiredReadingsUnread { module, unread }) => {
            (LockCode::RequiredReadingsUnread, Some(module), Some(unread))
        }
        model::LockReason::Awaits(Unmet::NoSuchModule { module }) => (LockCode::NoSuchModule, Some(module), None),
        model::LockReason::RequiredReadingsNotReady { missing } => (LockCode::RequiredReadingsNotReady, None, Some(missing)),
    };
    LockReason { code, module, readings }
}

async fn get_schedule(
    State(app): State<App>,
    caller: Caller,
    PageSnapshot(conn): PageSnapshot,
    Named(slug): Named<Slug>,
) -> Result<Response, ApiProblem> {
    let board = board::board(&conn, &app.plans, caller.person(), &slug).await?.ok_or_else(ApiProblem::not_found)?;
    let decided = board.preview(app.services.clocks.service());
    let planned = board.plan.planned().zip(decided);
    json(&Schedule {
        cohort: board.cohort.id.to_string(),
        zone: board.plan.zone().name().to_owned(),
        revision: board.plan.revision(),
        modules: planned.map(|(planned, decided)| scheduled(&board, planned, decided.access)).collect(),
    })
}

fn scheduled(board: &Board, planned: PlannedModule<'_>, access: model::Access) -> ScheduledModule {
    let plan = &board.plan;
    let moment = |slot| Moment::new(plan.instant(slot), plan.civil(slot), plan.zone());
    let reading = |key: &catalogue::model::ReadingKey| {
        let card = board.cards.get(&key.reading)?;
        Some(ScheduledReading {
            id: key.reading.to_string(),
            title: card.title.clone(),
            required: key.required,
            ready: card.is_ready(),
            minutes: card.minutes,
        })
    };
    let (ready, required) = board.readiness(planned.module);
    ScheduledModule {
        id: planned.module.id.to_string(),
        position: planned.module.position,
        title: planned.module.title.clone(),
        release: moment(planned.release),
        due: planned.due.map(moment),
        access: access.into(),
        required_readings: required,
        required_readings_ready: ready,
        readings: planned.module.readings.iter().filter_map(reading).collect(),
    }
}

/// What is open to one student.
#[derive(Debug, Serialize, ToSchema)]
pub struct StudentAccess {
    /// The enrolment's id.
    enrolment: String,
    /// The cohort's id.
    cohort: String,
    /// Whether they are enrolled: who only holds a seat, or has one no more, has access to nothing.
    enrolled: bool,
    modules: Vec<ModuleAccess>,
}

/// The decision on one module.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModuleAccess {
    id: String,
    /// The week, from 1.
    position: u32,
    access: Access,
}

async fn get_access(
    State(app): State<App>,
    PageSnapshot(conn): PageSnapshot,
    Named(id): Named<EnrolmentId>,
) -> Result<Response, ApiProblem> {
    let now: Timestamp = app.services.clocks.service();
    let enrolment = enrolment::enrolment(&conn, id).await?.ok_or_else(ApiProblem::not_found)?;
    let cohort = catalogue::cohort(&conn, enrolment.cohort).await?.ok_or_else(ApiProblem::not_found)?;
    let enrolled = matches!(enrolment.state, EnrolmentState::Enrolled { .. });
    let mut inputs = learning::inputs_of(&conn, &app.plans, (cohort.id, cohort.revision), &[id]).await?;
    let decided = inputs.remove(&id).filter(|_| enrolled).map(|inputs| inputs.decide(now)).unwrap_or_default();
    let module = |module: model::ModuleAccess| ModuleAccess {
        id: module.module.to_string(),
        position: module.position,
        access: module.access.into(),
    };
    json(&StudentAccess {
        enrolment: id.to_string(),
        cohort: cohort.id.to_string(),
        enrolled,
        modules: decided.into_iter().map(module).collect(),
    })
}
