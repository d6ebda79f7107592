//! A student's own course: what is next, its weeks, its readings.

mod dashboard;
mod home;
mod locked;
mod mark;
mod module;
mod reading;

use askama::Template;
use axum::response::{IntoResponse, Response};

use crate::catalogue::model::CohortModule;
use crate::db::Conn;
use crate::enrolment::{self, EnrolmentState};
use crate::kernel::Slug;
use crate::kernel::ids::EnrolmentId;
use crate::learning;
use crate::schedule::Plans;
use crate::schedule::model::{Access as Opened, Inputs};
use crate::web::Problem;
use crate::web::routes::{Access, Routes};
use crate::web::view::{Moment, View, page_refusing};
use locked::{Lock, WeekLink};

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/learn", Access::SignedIn, home::home)
        .get("/learn/{enrolment}", Access::SignedIn, home::show)
        .get("/learn/{enrolment}/weeks/{week}", Access::SignedIn, module::show)
        .get("/learn/{enrolment}/weeks/{week}/readings/{reading}", Access::SignedIn, reading::show)
        .post("/learn/{enrolment}/weeks/{week}/readings/{reading}/read", Access::SignedIn, mark::mark)
}

/// The addresses of one enrolment's pages.
#[derive(Debug, Clone, Copy)]
struct Paths(EnrolmentId);

impl Paths {
    fn home(self) -> String {
        format!("/learn/{}", self.0)
    }

    fn week(self, week: u32) -> String {
        format!("/learn/{}/weeks/{week}", self.0)
    }

    fn reading(self, week: u32, reading: &Slug) -> String {
        format!("/learn/{}/weeks/{week}/readings/{reading}", self.0)
    }

    fn link(self, week: u32) -> WeekLink {
        WeekLink { href: self.week(week), week }
    }
}

/// Why a page of a week is not shown: a problem, or a page that says what opens it.
#[derive(Debug)]
enum Halt {
    Problem(Problem),
    Told(Box<Response>),
}

impl<E: Into<Problem>> From<E> for Halt {
    fn from(error: E) -> Self {
        Self::Problem(error.into())
    }
}

impl IntoResponse for Halt {
    fn into_response(self) -> Response {
        match self {
            Self::Problem(problem) => problem.into_response(),
            Self::Told(page) => *page,
        }
    }
}

#[derive(Template)]
#[template(path = "web/pages/learn/no_seat.html")]
struct NoSeat<'a> {
    view: &'a View,
    enrolment: EnrolmentId,
    why: &'static str,
}

/// What decides the reader's access in this enrolment of theirs. A foreign or unknown one is not found; one that is not
/// enrolled is told so, 403.
async fn attend(conn: &Conn, plans: &Plans, view: &View, moment: &Moment, id: EnrolmentId) -> Result<Inputs, Halt> {
    let enrolment = enrolment::of_user(conn, moment.subject.id, id).await?.ok_or(Problem::NotFound)?;
    let why = match enrolment.state {
        EnrolmentState::Enrolled { .. } => return Ok(learning::access(conn, plans, &enrolment, moment.now).await?),
        EnrolmentState::Held { .. } => "Your seat is held while you pay. Its weeks open once the payment is confirmed.",
        EnrolmentState::Lapsed { .. } => "The seat was not paid in time and has lapsed.",
        EnrolmentState::Cancelled { .. } => "The enrolment was cancelled.",
    };
    Err(Halt::Told(Box::new(page_refusing(&NoSeat { view, enrolment: id, why })?)))
}

/// The week, if it is open for the reader; a locked one is told, 403, and nothing of it is shown.
fn open_week<'a>(inputs: &'a Inputs, view: &View, moment: &Moment, paths: Paths, week: u32) -> Result<&'a CohortModule, Halt> {
    let module = inputs.plan.modules().iter().find(|module| module.position == week).ok_or(Problem::NotFound)?;
    match inputs.access(module.id, moment.now).ok_or(Problem::NotFound)? {
        Opened::Open { .. } => Ok(module),
        Opened::Locked { why, opens_at, scheduled_for } => {
            let lock = Lock { why: &why, opens_at, scheduled_for };
            let locked = locked::Locked::new(inputs, module, &lock, paths, moment.now, &moment.zone);
            Err(Halt::Told(Box::new(locked::render(view, &locked)?)))
        }
    }
}
