//! Who waits for a seat of a cohort, and taking somebody off the list.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};

use crate::catalogue;
use crate::db::Conn;
use crate::enrolment::{self, LeaveRefusal, WaitState};
use crate::kernel::ids::WaitId;
use crate::kernel::{Actor, ShownTime};
use crate::views::staff::{self, CohortRow};
use crate::views::waitlist::{self, Waiter};
use crate::web::form::{FieldErrors, Fields, Why};
use crate::web::pages::{Done, DoneQuery};
use crate::web::session::{Admin, PageSnapshot};
use crate::web::view::{View, page, page_with_errors};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/staff/waitlist.html")]
struct Page<'a> {
    view: &'a View,
    done: Option<Done>,
    cohort: &'a CohortRow,
    rows: Vec<Row>,
    offer_lasts: String,
    zone: &'a str,
}

struct Row {
    of: Waiter,
    joined: ShownTime,
    /// Until when a seat is kept for them.
    kept: Option<ShownTime>,
}

/// Those with an offer, then those who wait, in their order.
pub async fn list(
    State(app): State<App>,
    view: View,
    Admin(admin): Admin,
    PageSnapshot(conn): PageSnapshot,
    Path(slug): Path<String>,
    Query(done): Query<DoneQuery>,
) -> Result<Response, Problem> {
    let slug = slug.parse().map_err(|_| Problem::NotFound)?;
    let cohort = catalogue::cohort_by_slug(&conn, &slug).await?.ok_or(Problem::NotFound)?;
    let waiters = waitlist::of_cohort(&conn, cohort.id).await?;
    let cohort = staff::cohort(&conn, cohort, app.services.clocks.service()).await?;
    let row = |of: Waiter| Row {
        joined: ShownTime::new(of.wait.joined_at, &admin.zone),
        kept: match of.wait.state {
            WaitState::Offered { until, .. } => Some(ShownTime::new(until, &admin.zone)),
            _ => None,
        },
        of,
    };
    page(&Page {
        view: &view,
        done: done.word(),
        cohort: &cohort,
        rows: waiters.into_iter().map(row).collect(),
        offer_lasts: view.owner.offer_length.words(),
        zone: admin.zone.name(),
    })
}

#[derive(Template)]
#[template(path = "web/pages/staff/waitlist_remove.html")]
struct Remove<'a> {
    view: &'a View,
    errors: &'a FieldErrors,
    slug: &'a str,
    cohort: &'a str,
    waiter: &'a Waiter,
    reason: &'a str,
}

/// Somebody who waits: the cohort's slug and name, and who it is.
async fn find(conn: &Conn, id: &str) -> Result<(String, String, Waiter), Problem> {
    let id: WaitId = id.parse().map_err(|_| Problem::NotFound)?;
    let wait = enrolment::wait(conn, id).await?.ok_or(Problem::NotFound)?;
    let cohort = catalogue::cohort(conn, wait.cohort).await?.ok_or(Problem::NotFound)?;
    let waiter = waitlist::of_cohort(conn, cohort.id).await?.into_iter().find(|waiter| waiter.wait.id == id);
    Ok((cohort.slug.to_string(), cohort.name, waiter.ok_or_else(over)?))
}

fn over() -> Problem {
    let detail = "They left it, took a seat, or the waitlist has closed. Nothing was changed.".to_owned();
    Problem::Conflict { title: "They are not on the waitlist any more", detail }
}

/// Says what removing does, and asks why.
pub async fn ask(view: View, _: Admin, PageSnapshot(conn): PageSnapshot, Path(id): Path<String>) -> Result<Response, Problem> {
    let (slug, cohort, waiter) = find(&conn, &id).await?;
    let errors = FieldErrors::default();
    page(&Remove { view: &view, errors: &errors, slug: &slug, cohort: &cohort, waiter: &waiter, reason: "" })
}

/// Takes them off, and tells them.
pub async fn remove(
    State(app): State<App>,
    view: View,
    Admin(admin): Admin,
    Path(id): Path<String>,
    Fields(input): Fields<Why>,
) -> Result<Response, Problem> {
    let (slug, cohort, waiter) = find(&*app.services.db.snapshot().await?, &id).await?;
    let reason = match input.read("Say why: it is kept in the audit log") {
        Ok(reason) => reason,
        Err(errors) => {
            let (errors, reason) = (&errors, &input.reason);
            return page_with_errors(&Remove { view: &view, errors, slug: &slug, cohort: &cohort, waiter: &waiter, reason });
        }
    };
    let (actor, id) = (Actor::User(admin.id), waiter.wait.id);
    match app.services.db.write(actor, async |txn| enrolment::remove(txn, id, &reason).await).await {
        Ok(_) => Ok(Redirect::to(&format!("/staff/cohorts/{slug}/waitlist?done=taken-off-waitlist")).into_response()),
        Err(LeaveRefusal::NotLive) => Err(over()),
        Err(LeaveRefusal::NoSuchWait) => Err(Problem::NotFound),
        Err(LeaveRefusal::Db(error)) => Err(error.into()),
    }
}
