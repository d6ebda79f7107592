//! Cohorts as staff plan them: opened, scheduled week by week on the board, published, and changed while they run.

mod detach;
mod edit;
mod input;
mod moving;
mod new;
mod prices;
mod publish;
mod reading;
mod refund_rule;
mod rows;
mod show;
mod week;

use std::collections::HashMap;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};

use crate::acts::{self, Moved, PlanChange, ReplanRefusal};
use crate::catalogue::model::{KeyRefusal, ReadingKey};
use crate::db::Txn;
use crate::identity::Person;
use crate::kernel::{Actor, Timestamp};
use crate::readings::Card;
use crate::schedule::model::PlannedModule;
use crate::views::board::{self, Board};
use crate::web::routes::{Access, Routes};
use crate::web::session::{PageSnapshot, Staff};
use crate::web::{App, Problem};

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/staff/cohorts/new", Access::AdminNow, new::form)
        .post("/staff/cohorts/new", Access::AdminNow, new::open)
        .get("/staff/cohorts/{slug}/edit", Access::AdminNow, edit::form)
        .post("/staff/cohorts/{slug}/edit", Access::AdminNow, edit::save)
        .get("/staff/cohorts/{slug}/refund-rule", Access::AdminNow, refund_rule::form)
        .post("/staff/cohorts/{slug}/refund-rule", Access::AdminNow, refund_rule::save)
        .get("/staff/cohorts/{slug}/board", Access::Staff, show::show)
        .get("/staff/cohorts/{slug}/board/publish", Access::Staff, publish::confirm)
        .post("/staff/cohorts/{slug}/board/publish", Access::Staff, publish::publish)
        .get("/staff/cohorts/{slug}/board/unpublish", Access::Staff, publish::confirm_back)
        .post("/staff/cohorts/{slug}/board/unpublish", Access::Staff, publish::take_back)
        .get("/staff/cohorts/{slug}/board/weeks/{week}", Access::Staff, week::show)
        .get("/staff/cohorts/{slug}/board/weeks/{week}/release", Access::Staff, moving::show)
        .post("/staff/cohorts/{slug}/board/weeks/{week}/release", Access::Staff, moving::send)
        .post("/staff/cohorts/{slug}/board/weeks/{week}/readings", Access::Staff, week::attach)
        .get("/staff/cohorts/{slug}/board/weeks/{week}/readings/{reading}", Access::Staff, reading::show)
        .post("/staff/cohorts/{slug}/board/weeks/{week}/readings/{reading}", Access::Staff, reading::restate)
        .post("/staff/cohorts/{slug}/board/weeks/{week}/readings/{reading}/order", Access::Staff, reading::order)
        .get("/staff/cohorts/{slug}/board/weeks/{week}/readings/{reading}/detach", Access::Staff, detach::confirm)
        .post("/staff/cohorts/{slug}/board/weeks/{week}/readings/{reading}/detach", Access::Staff, detach::detach)
}

/// A member of staff at the board of a cohort of theirs; another's cohort is not found.
pub(super) struct Desk {
    pub(super) person: Person,
    pub(super) board: Board,
    /// Service time.
    pub(super) now: Timestamp,
    path: HashMap<String, String>,
}

impl FromRequestParts<App> for Desk {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Staff(person) = Staff::from_request_parts(parts, app).await?;
        let Path(path) = Path::<HashMap<String, String>>::from_request_parts(parts, app).await?;
        let slug = path.get("slug").and_then(|slug| slug.parse().ok()).ok_or(Problem::NotFound)?;
        let now = app.services.clocks.service();
        let PageSnapshot(conn) = PageSnapshot::from_request_parts(parts, app).await?;
        let board = board::board(&conn, &app.plans, &person, &slug).await?.ok_or(Problem::NotFound)?;
        Ok(Self { person, board, now, path })
    }
}

impl Desk {
    /// The week that the address names.
    fn week(&self) -> Result<PlannedModule<'_>, Problem> {
        let week = self.path.get("week").and_then(|week| week.parse().ok());
        week.and_then(|week| self.board.week(week)).ok_or(Problem::NotFound)
    }

    /// The reading of that week that the address names.
    fn reading(&self) -> Result<(&ReadingKey, &Card), Problem> {
        let module = self.week()?.module;
        let slug = self.path.get("reading").ok_or(Problem::NotFound)?;
        self.board.keyed(module, slug).ok_or(Problem::NotFound)
    }

    /// The board's address.
    fn home(&self) -> String {
        format!("/staff/cohorts/{}/board", self.board.cohort.slug)
    }

    /// A week's address.
    fn week_home(&self, week: u32) -> String {
        format!("{}/weeks/{week}", self.home())
    }

    /// Changes the plan that the form was made for.
    async fn replan(&self, app: &App, seen: &str, change: PlanChange) -> Result<Moved, ReplanRefusal> {
        let cohort = self.board.cohort.id;
        // A revision that does not parse is none that anybody saw.
        let seen = seen.parse().unwrap_or(0);
        let work = async |txn: &Txn| acts::replan(txn, &app.plans, cohort, seen, change.clone()).await;
        app.services.db.write(Actor::User(self.person.id), work).await
    }
}

/// A refusal that no field is to blame for.
fn refused(refusal: ReplanRefusal) -> Problem {
    match refusal {
        ReplanRefusal::Stale { .. } => stale(),
        ReplanRefusal::Keys(KeyRefusal::There) => Problem::Conflict {
            title: "The reading is in the week already",
            detail: "Somebody attached it meanwhile. Nothing was changed.".to_owned(),
        },
        ReplanRefusal::Keys(full @ KeyRefusal::TooMany) => {
            Problem::Conflict { title: "The week is full", detail: format!("{full}. Nothing was changed.") }
        }
        ReplanRefusal::NoSuchCohort
        | ReplanRefusal::NoSuchModule
        | ReplanRefusal::NoSuchReading
        | ReplanRefusal::Keys(KeyRefusal::NotThere) => Problem::NotFound,
        ReplanRefusal::Db(error) => error.into(),
    }
}

/// The form was made for an earlier revision.
fn stale() -> Problem {
    Problem::Conflict {
        title: "The board has changed meanwhile",
        detail: "Somebody changed this cohort after you opened the page, so your change was not made.".to_owned(),
    }
}

/// What was done last, as the page says it. The words of the address are a fixed list.
fn told(done: &str) -> Option<&'static str> {
    Some(match done {
        "opened" => "The cohort is open to staff. Look the weeks through, then publish it.",
        "changed" => "The cohort is changed.",
        "moved" => "The release is moved.",
        "published" => "The cohort is published. Anybody can enrol while its enrolment is open.",
        "unpublished" => "The cohort is hidden from the public again.",
        "attached" => "The reading is attached.",
        "detached" => "The reading is detached.",
        "ordered" => "The order is changed.",
        "restated" => "The reading is changed.",
        _ => return None,
    })
}

/// On to a page that says what was done.
fn done(page: &str, word: &str) -> Response {
    Redirect::to(&format!("{page}?done={word}")).into_response()
}
