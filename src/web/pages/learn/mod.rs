//! A student's own course: what is next, its weeks, its readings.

mod cancel;
mod certificate;
mod dashboard;
mod home;
mod locked;
mod mark;
mod module;
mod orders;
mod preview;
mod reading;
#[cfg(test)]
mod tests;

use askama::Template;
use axum::response::{IntoResponse, Response};

use crate::db::Conn;
use crate::enrolment::{self, EnrolmentState};
use crate::kernel::Slug;
use crate::kernel::ids::EnrolmentId;
use crate::learning::Place;
use crate::schedule::model::Access as Opened;
use crate::web::Problem;
use crate::web::routes::{Access, Routes};
use crate::web::view::{Moment, View, page_refusing};
use locked::{Lock, WeekLink};

pub(super) use preview::preview;

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/learn", Access::SignedIn, home::home)
        .get("/learn/{enrolment}", Access::SignedIn, home::show)
        .get("/learn/{enrolment}/cancel", Access::SignedIn, cancel::ask)
        .post("/learn/{enrolment}/cancel", Access::SignedIn, cancel::cancel)
        .get("/learn/{enrolment}/certificate", Access::SignedIn, certificate::show)
        .get("/learn/{enrolment}/certificate.pdf", Access::SignedIn, certificate::save)
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

/// Why the reader has no page of a week here. Only of their own enrolment is anything told, 403: a foreign or unknown one, or
/// a week that the cohort does not have, is not found.
async fn refused(conn: &Conn, view: &View, moment: &Moment, id: EnrolmentId) -> Halt {
    told(conn, view, moment, id).await.map_or_else(Halt::Problem, |page| Halt::Told(Box::new(page)))
}

async fn told(conn: &Conn, view: &View, moment: &Moment, id: EnrolmentId) -> Result<Response, Problem> {
    let enrolment = enrolment::of_user(conn, moment.subject.id, id).await?.ok_or(Problem::NotFound)?;
    let why = match enrolment.state {
        EnrolmentState::Enrolled { .. } => return Err(Problem::NotFound),
        EnrolmentState::Held { .. } => "Your seat is held while you pay. Its weeks open once the payment is confirmed.",
        EnrolmentState::Lapsed { .. } => "The seat was not paid in time and has lapsed.",
        EnrolmentState::Cancelled { .. } => "The enrolment was cancelled.",
    };
    page_refusing(&NoSeat { view, enrolment: id, why })
}

/// The page of a locked week, in place of the week and of each of its readings.
fn locked_page(view: &View, moment: &Moment, place: &Place, week: u32, access: &Opened) -> Result<Response, Problem> {
    let module = place.module_at(week).ok_or(Problem::NotFound)?;
    let Opened::Locked { why, opens_at, scheduled_for } = access else { return Err(Problem::NotFound) };
    let lock = Lock { why, opens_at: *opens_at, scheduled_for: *scheduled_for };
    let paths = Paths(place.enrolment.id);
    locked::render(view, &locked::Locked::new(&place.inputs, module, &lock, paths, moment.now, &moment.zone))
}
