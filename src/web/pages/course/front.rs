//! The front page: the course, and the one thing to do about it.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::Offered;
use super::model::{CourseShown, Offer, Week, zone_note};
use crate::catalogue;
use crate::catalogue::model::Cohort;
use crate::db::Conn;
use crate::kernel::Zone;
use crate::schedule::Plans;
use crate::web::pages::cards;
use crate::web::session::{PageSnapshot, SignedIn};
use crate::web::view::{View, page};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/course/front.html")]
struct Page<'a> {
    view: &'a View,
    course: CourseShown,
    offer: Option<Offer>,
    weeks: Vec<Week>,
    /// In which zone the times are; absent where there are none.
    zone: Option<String>,
}

#[derive(Template)]
#[template(path = "web/pages/course/none.html")]
struct NoCourse<'a> {
    view: &'a View,
}

/// The course with the dates of the next open cohort, or without dates.
pub async fn show(
    State(app): State<App>,
    view: View,
    reader: Option<SignedIn>,
    PageSnapshot(snapshot): PageSnapshot,
) -> Result<Response, Problem> {
    let Some(offered) = Offered::load(&snapshot).await? else { return page(&NoCourse { view: &view }) };
    let readers = reader.map(|reader| reader.person.zone);
    let Some(cohort) = offered.next(app.services.clocks.service()) else {
        let weeks = undated(&snapshot, &offered).await?;
        let course = CourseShown::new(&offered.course, weeks.len());
        return page(&Page { view: &view, course, offer: None, weeks, zone: None });
    };
    let zone = readers.as_ref().unwrap_or(&cohort.zone);
    let weeks = dated(&snapshot, &app.plans, cohort, zone).await?;
    page(&Page {
        view: &view,
        course: CourseShown::new(&offered.course, weeks.len()),
        offer: Some(Offer::new(cohort, offered.taken(cohort), weeks.len(), zone)),
        zone: Some(zone_note(zone, readers.as_ref())),
        weeks,
    })
}

async fn dated(conn: &Conn, plans: &Plans, cohort: &Cohort, zone: &Zone) -> Result<Vec<Week>, Problem> {
    let plan = plans.get(conn, cohort.id, cohort.revision).await?;
    let cards = cards(conn, plan.modules().iter().flat_map(|module| &module.readings)).await?;
    Ok(plan.planned().map(|week| Week::planned(week.module, plan.instant(week.release), &cards, zone)).collect())
}

async fn undated(conn: &Conn, offered: &Offered) -> Result<Vec<Week>, Problem> {
    let modules = catalogue::course_modules(conn, offered.course.id).await?;
    let cards = cards(conn, modules.iter().flat_map(|module| &module.readings)).await?;
    Ok(modules.iter().map(|module| Week::undated(module, &cards)).collect())
}
