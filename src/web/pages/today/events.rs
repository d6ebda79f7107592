//! A notification of the gateway: what became of it, replayed, or put aside for a reason.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};

use crate::db::Conn;
use crate::kernel::{Actor, ShownTime, Zone};
use crate::payment::{self, KeptEvent, ReplayRefusal};
use crate::web::form::{FieldErrors, Fields, NoFields, Why};
use crate::web::pages::{Done, DoneQuery};
use crate::web::session::{Admin, AdminNow, PageSnapshot};
use crate::web::view::{View, page, page_with_errors};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/today/event.html")]
struct Page<'a> {
    view: &'a View,
    done: Option<Done>,
    errors: &'a FieldErrors,
    event: &'a KeptEvent,
    received: ShownTime,
    processed: Option<ShownTime>,
    /// Why a replay that was asked for just now did not end well.
    failed: Option<&'a str>,
    reason: &'a str,
}

impl<'a> Page<'a> {
    fn new(view: &'a View, errors: &'a FieldErrors, event: &'a KeptEvent, zone: &Zone) -> Self {
        let at = |at| ShownTime::new(at, zone);
        let (received, processed) = (at(event.received_at), event.processed_at.map(at));
        Self { view, done: None, errors, event, received, processed, failed: None, reason: "" }
    }
}

async fn find(conn: &Conn, id: &str) -> Result<KeptEvent, Problem> {
    payment::kept_event(conn, id).await?.ok_or(Problem::NotFound)
}

/// The page.
pub async fn show(
    view: View,
    Admin(admin): Admin,
    PageSnapshot(conn): PageSnapshot,
    Path(id): Path<String>,
    Query(done): Query<DoneQuery>,
) -> Result<Response, Problem> {
    let event = find(&conn, &id).await?;
    page(&Page { done: done.word(), ..Page::new(&view, &FieldErrors::default(), &event, &admin.zone) })
}

/// Deals with it now; the page says how that ended.
pub async fn replay(
    State(app): State<App>,
    view: View,
    AdminNow(admin): AdminNow,
    Path(id): Path<String>,
    _: Fields<NoFields>,
) -> Result<Response, Problem> {
    match payment::replay_event(&app.services, Actor::User(admin.id), &id).await {
        Ok(_) => Ok(Redirect::to(&format!("/staff/today/events/{id}?done=replayed")).into_response()),
        Err(ReplayRefusal::NoSuchEvent) => Err(Problem::NotFound),
        Err(ReplayRefusal::Db(error)) => Err(error.into()),
        Err(ReplayRefusal::Failed(why)) => {
            let event = find(&*app.services.db.snapshot().await?, &id).await?;
            page_with_errors(&Page { failed: Some(&why), ..Page::new(&view, &FieldErrors::default(), &event, &admin.zone) })
        }
    }
}

/// Leaves it undone; one that was dealt with meanwhile stays so.
pub async fn put_aside(
    State(app): State<App>,
    view: View,
    AdminNow(admin): AdminNow,
    Path(id): Path<String>,
    Fields(input): Fields<Why>,
) -> Result<Response, Problem> {
    let event = find(&*app.services.db.snapshot().await?, &id).await?;
    let reason = match input.read("Say why it is put aside: it is kept in the audit log") {
        Ok(reason) => reason,
        Err(errors) => {
            return page_with_errors(&Page { reason: &input.reason, ..Page::new(&view, &errors, &event, &admin.zone) });
        }
    };
    let actor = Actor::User(admin.id);
    app.services.db.write(actor, async |txn| payment::put_event_aside(txn, &event.id, &reason).await).await?;
    Ok(Redirect::to("/staff/today?done=put-aside").into_response())
}
