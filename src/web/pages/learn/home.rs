//! The dashboard: one enrolment's, or the list where a student has several.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use sea_orm::DbErr;

use super::Paths;
use super::dashboard::{Next, Seat, SeatState, WeekState, Work};
use super::orders::OrderShown;
use crate::db::Conn;
use crate::enrolment::{self, Enrolment, EnrolmentState};
use crate::kernel::ids::{EnrolmentId, OrderId};
use crate::organisation::Organisation;
use crate::payment::Payment;
use crate::schedule::Plans;
use crate::views::waitlist;
use crate::web::pages::certificate::{Printed, Worth};
use crate::web::pages::course::Offered;
use crate::web::pages::course::model::Offer;
use crate::web::pages::waitlist::{WaitShown, WaitShownState};
use crate::web::session::PageSnapshot;
use crate::web::view::{Moment, View, page};
use crate::web::{App, Problem};
use crate::{catalogue, certificates, learning, payment};

#[derive(Template)]
#[template(path = "web/pages/learn/dashboard.html")]
struct Dashboard<'a> {
    view: &'a View,
    name: String,
    seat: Seat,
    /// Of an enrolled student.
    work: Option<Work>,
    order: Option<OrderShown>,
    /// The newest of an enrolled student, and what it is worth.
    certificate: Option<Printed>,
    /// Whether the money is with a bank that has not decided.
    with_bank: bool,
    waits: Vec<WaitShown>,
    zone: &'a str,
}

#[derive(Template)]
#[template(path = "web/pages/learn/list.html")]
struct List<'a> {
    view: &'a View,
    seats: Vec<Seat>,
    waits: Vec<WaitShown>,
    zone: &'a str,
}

#[derive(Template)]
#[template(path = "web/pages/learn/empty.html")]
struct Empty<'a> {
    view: &'a View,
    email: &'a str,
    waits: Vec<WaitShown>,
    offer: Option<Offer>,
}

/// The dashboard of the only seat, the list of several, or what to do without any.
pub(super) async fn home(
    State(app): State<App>,
    view: View,
    moment: Moment,
    PageSnapshot(snapshot): PageSnapshot,
) -> Result<Response, Problem> {
    let seats = enrolment::active_of_user(&snapshot, moment.subject.id).await?;
    match seats.as_slice() {
        [] => {
            let offer = offer(&snapshot, &moment, &view.owner).await?;
            let waits = waits(&snapshot, &moment).await?;
            page(&Empty { view: &view, email: moment.subject.email.as_str(), waits, offer })
        }
        [only] => dashboard(&snapshot, &app.plans, &view, &moment, only).await,
        several => {
            let mut seats = Vec::new();
            for enrolment in several {
                seats.push(seat(&snapshot, enrolment, &moment).await?);
            }
            page(&List { view: &view, seats, waits: waits(&snapshot, &moment).await?, zone: moment.zone.name() })
        }
    }
}

/// The dashboard of one enrolment of the reader, of whatever state. Another's is not found.
pub(super) async fn show(
    State(app): State<App>,
    view: View,
    moment: Moment,
    PageSnapshot(snapshot): PageSnapshot,
    enrolment: Result<Path<EnrolmentId>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(id) = enrolment?;
    let enrolment = enrolment::of_user(&snapshot, moment.subject.id, id).await?.ok_or(Problem::NotFound)?;
    dashboard(&snapshot, &app.plans, &view, &moment, &enrolment).await
}

async fn dashboard(conn: &Conn, plans: &Plans, view: &View, moment: &Moment, enrolment: &Enrolment) -> Result<Response, Problem> {
    let work = match enrolment.state {
        EnrolmentState::Enrolled { .. } => work(conn, plans, moment, enrolment.id).await?,
        _ => None,
    };
    let certificate = match work {
        Some(_) => certificates::newest(conn, enrolment.id).await?.map(Printed::new),
        None => None,
    };
    let order = payment::orders_of_enrolment(conn, enrolment.id).await?.into_iter().next();
    let with_bank = match &order {
        Some(order) if matches!(enrolment.state, EnrolmentState::Held { .. }) => is_with_bank(conn, order.id).await?,
        _ => false,
    };
    page(&Dashboard {
        view,
        name: moment.subject.name.to_string(),
        seat: seat(conn, enrolment, moment).await?,
        work,
        certificate,
        order: order.map(OrderShown::from),
        with_bank,
        waits: waits(conn, moment).await?,
        zone: moment.zone.name(),
    })
}

/// Where the reader waits for a seat, or is offered one.
async fn waits(conn: &Conn, moment: &Moment) -> Result<Vec<WaitShown>, DbErr> {
    let waits = waitlist::of_person(conn, moment.subject.id).await?;
    Ok(waits.into_iter().map(|wait| WaitShown::new(wait, moment.now, &moment.zone)).collect())
}

async fn is_with_bank(conn: &Conn, order: OrderId) -> Result<bool, DbErr> {
    let payments = payment::payments_of_order(conn, order).await?;
    Ok(payments.iter().any(Payment::is_with_bank))
}

async fn work(conn: &Conn, plans: &Plans, moment: &Moment, id: EnrolmentId) -> Result<Option<Work>, Problem> {
    let Some(place) = learning::access(conn, plans, moment.subject.id, id).await? else { return Ok(None) };
    Ok(Some(Work::new(&place.inputs, Paths(id), moment.now, &moment.zone)))
}

async fn seat(conn: &Conn, enrolment: &Enrolment, moment: &Moment) -> Result<Seat, Problem> {
    let cohort = catalogue::cohort(conn, enrolment.cohort).await?.ok_or(Problem::NotFound)?;
    let state = SeatState::new(enrolment, moment.now, &moment.zone);
    Ok(Seat { enrolment: enrolment.id, course: cohort.course_title, cohort: cohort.name, state })
}

/// The cohort that a student without a seat could enrol in.
async fn offer(conn: &Conn, moment: &Moment, owner: &Organisation) -> Result<Option<Offer>, Problem> {
    let Some(offered) = Offered::load(conn).await? else { return Ok(None) };
    let weeks = catalogue::course_modules(conn, offered.course.id).await?.len();
    let next = offered.next(moment.now);
    Ok(next.map(|cohort| Offer::new(cohort, offered.taken(cohort), weeks, &moment.zone, owner, moment.now)))
}
