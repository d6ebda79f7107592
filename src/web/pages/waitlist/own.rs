//! One's own place: how far one is, the seat that is offered, and what became of it.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};

use crate::enrolment::{self, LeaveRefusal, WaitState};
use crate::kernel::ids::{EnrolmentId, WaitId};
use crate::kernel::{Actor, ShownTime, Slug, Timestamp, Zone};
use crate::views::waitlist::{self, PersonsWait};
use crate::web::form::{Fields, NoFields};
use crate::web::pages::shown::ShownDay;
use crate::web::pages::{Done, DoneQuery};
use crate::web::session::{PageSnapshot, SignedIn};
use crate::web::view::{Moment, View, page};
use crate::web::{App, Problem};

/// A wait as its reader sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitShown {
    pub id: WaitId,
    pub slug: Slug,
    pub course: String,
    pub cohort: String,
    pub starts: ShownDay,
    pub joined: ShownTime,
    /// When nothing is offered any more.
    pub ends: ShownTime,
    /// Whether that is still to come: more can join.
    pub is_open: bool,
    pub state: WaitShownState,
}

/// Where it stands for its reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WaitShownState {
    /// The number in line: 1 is the next.
    Waiting(u32),
    Offered(ShownTime),
    Accepted(EnrolmentId),
    /// Also when its time is over and nobody has passed it on yet.
    Lapsed,
    Left,
    Closed,
}

impl WaitShown {
    /// At service time `now`.
    pub fn new(of: PersonsWait, now: Timestamp, zone: &Zone) -> Self {
        let PersonsWait { wait, cohort, terms, position } = of;
        let state = match wait.state {
            WaitState::Waiting => WaitShownState::Waiting(position.unwrap_or(1)),
            WaitState::Offered { until, .. } if until > now => WaitShownState::Offered(ShownTime::new(until, zone)),
            WaitState::Offered { .. } | WaitState::Lapsed { .. } => WaitShownState::Lapsed,
            WaitState::Accepted { enrolment, .. } => WaitShownState::Accepted(enrolment),
            WaitState::Left { .. } => WaitShownState::Left,
            WaitState::Closed { .. } => WaitShownState::Closed,
        };
        Self {
            id: wait.id,
            slug: cohort.slug,
            course: cohort.course_title,
            cohort: cohort.name,
            starts: ShownDay::after(cohort.starts_on, 0),
            joined: ShownTime::new(wait.joined_at, zone),
            ends: ShownTime::new(terms.waitlist_ends_at(), zone),
            is_open: now < terms.waitlist_ends_at(),
            state,
        }
    }
}

#[derive(Template)]
#[template(path = "web/pages/waitlist/own.html")]
struct Page<'a> {
    view: &'a View,
    done: Option<Done>,
    wait: WaitShown,
    offer_lasts: String,
    zone: &'a str,
}

/// The reader's own; another's is not found.
pub async fn show(
    view: View,
    moment: Moment,
    PageSnapshot(conn): PageSnapshot,
    Path(id): Path<String>,
    Query(done): Query<DoneQuery>,
) -> Result<Response, Problem> {
    let id: WaitId = id.parse().map_err(|_| Problem::NotFound)?;
    let wait = enrolment::wait(&conn, id).await?.filter(|wait| wait.user == moment.subject.id).ok_or(Problem::NotFound)?;
    let wait = waitlist::shown(&conn, wait).await?.ok_or(Problem::NotFound)?;
    let wait = WaitShown::new(wait, moment.now, &moment.zone);
    let offer_lasts = view.owner.offer_length.words();
    page(&Page { view: &view, done: done.word(), wait, offer_lasts, zone: moment.zone.name() })
}

/// Leaves the waitlist, or declines what it offers.
pub async fn leave(
    State(app): State<App>,
    SignedIn { person, .. }: SignedIn,
    Path(id): Path<String>,
    _: Fields<NoFields>,
) -> Result<Response, Problem> {
    let id: WaitId = id.parse().map_err(|_| Problem::NotFound)?;
    let user = person.id;
    match app.services.db.write(Actor::User(user), async |txn| enrolment::leave(txn, user, id).await).await {
        Ok(_) => Ok(Redirect::to(&format!("/waitlist/{id}?done=left-waitlist")).into_response()),
        // It ended otherwise meanwhile: the page says how.
        Err(LeaveRefusal::NotLive) => Ok(Redirect::to(&format!("/waitlist/{id}")).into_response()),
        Err(LeaveRefusal::NoSuchWait) => Err(Problem::NotFound),
        Err(LeaveRefusal::Db(error)) => Err(error.into()),
    }
}
