//! The front page: the course, and the one thing to do about it.

use askama::Template;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};

use super::Offered;
use super::model::{CourseShown, Offer, Week, zone_note};
use crate::catalogue;
use crate::catalogue::model::Cohort;
use crate::db::Conn;
use crate::kernel::Zone;
use crate::schedule::Plans;
use crate::web::kept::Stamp;
use crate::web::pages::cards;
use crate::web::session::{LazySnapshot, PageSnapshot, SignedIn};
use crate::web::view::View;
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

/// The course with the dates of the next open cohort, or without dates. Visitors have it as it was kept.
pub async fn show(
    State(app): State<App>,
    view: View,
    reader: Option<SignedIn>,
    snapshot: LazySnapshot,
) -> Result<Response, Problem> {
    if let Some(reader) = reader {
        let PageSnapshot(snapshot) = snapshot.open().await?;
        return Ok(Html(rendered(&app, &view, &snapshot, Some(&reader.person.zone)).await?).into_response());
    }
    let stamp = Stamp::now(&app.services);
    if let Some(page) = app.front.get(stamp) {
        return Ok(Html(page).into_response());
    }
    let PageSnapshot(snapshot) = snapshot.anew().await?;
    let page = rendered(&app, &view, &snapshot, None).await?;
    Ok(Html(app.front.keep(stamp, page)).into_response())
}

/// `readers` is the zone of the one signed in.
async fn rendered(app: &App, view: &View, conn: &Conn, readers: Option<&Zone>) -> Result<String, Problem> {
    let Some(offered) = Offered::load(conn).await? else { return Ok(NoCourse { view }.render()?) };
    let Some(cohort) = offered.next(app.services.clocks.service()) else {
        let weeks = undated(conn, &offered).await?;
        let course = CourseShown::new(&offered.course, weeks.len());
        return Ok(Page { view, course, offer: None, weeks, zone: None }.render()?);
    };
    let zone = readers.unwrap_or(&cohort.zone);
    let weeks = dated(conn, &app.plans, cohort, zone).await?;
    let page = Page {
        view,
        course: CourseShown::new(&offered.course, weeks.len()),
        offer: Some(Offer::new(cohort, offered.taken(cohort), weeks.len(), zone)),
        zone: Some(zone_note(zone, readers)),
        weeks,
    };
    Ok(page.render()?)
}

async fn dated(conn: &Conn, plans: &Plans, cohort: &Cohort, zone: &Zone) -> Result<Vec<Week>, Problem> {
    let plan = plans.get(conn, cohort.id, cohort.revision).await?;
    Ok(plan.planned().map(|week| Week::planned(week.module, plan.instant(week.release), plan.cards(), zone)).collect())
}

async fn undated(conn: &Conn, offered: &Offered) -> Result<Vec<Week>, Problem> {
    let modules = catalogue::course_modules(conn, offered.course.id).await?;
    let cards = cards(conn, modules.iter().flat_map(|module| &module.readings)).await?;
    Ok(modules.iter().map(|module| Week::undated(module, &cards)).collect())
}
