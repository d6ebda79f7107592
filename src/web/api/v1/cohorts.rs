//! Cohorts: the runs of courses, with what is left of their seats.

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::shapes::{Day, Instant, Money};
use crate::catalogue::model;
use crate::db::Conn;
use crate::enrolment::{Phase, Window};
use crate::kernel::Slug;
use crate::tokens::Scope;
use crate::views::board;
use crate::views::staff::{self, CohortRow};
use crate::web::App;
use crate::web::api::input::{Asked, Named};
use crate::web::api::paging::Paging;
use crate::web::api::routes::{ApiRoutes, Says};
use crate::web::api::{ApiProblem, Caller, json};
use crate::web::session::PageSnapshot;

pub(super) fn routes() -> ApiRoutes {
    let list = Says::new("listCohorts", "Catalogue", "All cohorts")
        .more("Those that are not published yet are among them, with `published_at` null.")
        .pages::<Cohort>();
    let show =
        Says::new("getCohort", "Catalogue", "One cohort, with what is left of its seats").gives::<Cohort>(200, "The cohort.");
    ApiRoutes::default().get("/api/v1/cohorts", Scope::CatalogueRead, list, list_cohorts).get(
        "/api/v1/cohorts/{cohort}",
        Scope::CatalogueRead,
        show,
        get_cohort,
    )
}

/// One run of a course.
#[derive(Debug, Serialize, ToSchema)]
pub struct Cohort {
    id: String,
    /// Its address.
    slug: String,
    name: String,
    /// The course's id.
    course: String,
    course_title: String,
    /// An IANA zone: its civil times are meant there.
    zone: String,
    /// The day that the schedule counts from, in `zone`.
    starts_on: Day,
    weeks: u32,
    capacity: u32,
    /// Seats held, enrolled or offered to somebody on the waitlist.
    taken: u32,
    /// Of those taken, the ones not paid yet.
    held: u32,
    /// Of one seat, in the first currency; what is asked early is told apart.
    price: Money,
    /// Of one seat, in each currency.
    prices: Vec<Price>,
    /// Whether the prices are with tax.
    tax_included: bool,
    /// From this moment on no early price holds.
    early_until: Option<Instant>,
    enrolment: EnrolmentWindow,
    waitlist: Waitlist,
    /// Since when the public knows it.
    published_at: Option<Instant>,
    /// Counts its changes.
    revision: i32,
}

/// What a seat costs in one currency.
#[derive(Debug, Serialize, ToSchema)]
pub struct Price {
    price: Money,
    /// What is asked instead until `early_until`.
    early: Option<Money>,
}

/// When a cohort takes enrolments.
#[derive(Debug, Serialize, ToSchema)]
pub struct EnrolmentWindow {
    state: WindowState,
    opens_at: Instant,
    /// The first moment at which it takes none any more.
    closes_at: Instant,
}

/// Who waits for a seat of a cohort.
#[derive(Debug, Serialize, ToSchema)]
pub struct Waitlist {
    /// Whether people can join it: the cohort takes enrolments, has not started and has no seat left.
    open: bool,
    waiting: u32,
    /// Seats that are kept for people on it, who have not answered yet; they count as taken.
    offered: u32,
}

/// Where an enrolment window stands. A full cohort's may be open.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum WindowState {
    NotOpenYet,
    Open,
    Closed,
}

fn price(price: &model::Price) -> Price {
    Price { price: price.regular().into(), early: price.early().map(Into::into) }
}

impl From<CohortRow> for Cohort {
    fn from(row: CohortRow) -> Self {
        let cohort = row.cohort;
        let state = match row.window {
            Window::NotOpenYet { .. } => WindowState::NotOpenYet,
            Window::Open => WindowState::Open,
            Window::Closed { .. } => WindowState::Closed,
        };
        Self {
            id: cohort.id.to_string(),
            slug: cohort.slug.to_string(),
            course: cohort.course.to_string(),
            course_title: row.course,
            zone: cohort.zone.name().to_owned(),
            starts_on: cohort.starts_on.into(),
            weeks: row.weeks,
            capacity: cohort.capacity,
            taken: row.taken,
            held: row.held,
            price: cohort.prices.first().regular().into(),
            prices: cohort.prices.all().map(price).collect(),
            tax_included: cohort.prices.tax() == model::TaxBasis::Included,
            early_until: cohort.prices.early_until().map(Into::into),
            enrolment: EnrolmentWindow {
                state,
                opens_at: cohort.window.opens().into(),
                closes_at: cohort.window.closes().into(),
            },
            waitlist: Waitlist {
                open: row.waitlist == Phase::Open && row.taken >= cohort.capacity,
                waiting: row.waiting,
                offered: row.offered,
            },
            published_at: cohort.published_at.map(Into::into),
            revision: cohort.revision,
            name: cohort.name,
        }
    }
}

/// The cohort at this address that the caller may see.
pub(super) async fn find(conn: &Conn, caller: &Caller, slug: &Slug) -> Result<model::Cohort, ApiProblem> {
    board::of_staff(conn, caller.person(), slug).await?.ok_or_else(ApiProblem::not_found)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    cursor: Option<String>,
    limit: Option<String>,
}

async fn list_cohorts(
    State(app): State<App>,
    caller: Caller,
    uri: Uri,
    PageSnapshot(conn): PageSnapshot,
    Asked(query): Asked<Query>,
) -> Result<Response, ApiProblem> {
    let paging = Paging::parse("cohorts", query.cursor.as_deref(), query.limit.as_deref())?;
    let all = staff::cohorts(&conn, caller.person(), app.services.clocks.service()).await?;
    let (rows, next) = paging.cut(all, |row| row.cohort.id.0);
    paging.answer(&uri, &rows.into_iter().map(Cohort::from).collect::<Vec<_>>(), next)
}

async fn get_cohort(
    State(app): State<App>,
    caller: Caller,
    PageSnapshot(conn): PageSnapshot,
    Named(slug): Named<Slug>,
) -> Result<Response, ApiProblem> {
    let cohort = find(&conn, &caller, &slug).await?;
    let row = staff::cohort(&conn, cohort, app.services.clocks.service()).await?;
    json(&Cohort::from(row))
}
