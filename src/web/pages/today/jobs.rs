//! Work that was given up: tried again, or left undone for a reason.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::Value;

use crate::db::Conn;
use crate::jobs::{self, DeadJob, DeadJobRefusal};
use crate::kernel::Actor;
use crate::views::told;
use crate::web::form::{FieldErrors, Fields, NoFields, Why};
use crate::web::session::{AdminNow, PageSnapshot};
use crate::web::view::{View, page, page_with_errors};
use crate::web::{App, Problem};

/// Where that is which a job is about, as far as its ids say.
pub(super) fn about(payload: &Value) -> Option<String> {
    let of = |field: &str, page: &str| payload.get(field).and_then(Value::as_str).map(|id| format!("/staff/{page}/{id}"));
    of("enrolment", "enrolments").or_else(|| of("order", "orders"))
}

fn problem(refusal: DeadJobRefusal) -> Problem {
    match refusal {
        DeadJobRefusal::NotDead => Problem::NotFound,
        DeadJobRefusal::Db(error) => error.into(),
    }
}

/// Tries again at once.
pub async fn retry(
    State(app): State<App>,
    AdminNow(admin): AdminNow,
    Path(id): Path<String>,
    _: Fields<NoFields>,
) -> Result<Response, Problem> {
    let id = id.parse().map_err(|_| Problem::NotFound)?;
    app.services.db.write(Actor::User(admin.id), async |txn| jobs::retry_dead(txn, id).await).await.map_err(problem)?;
    Ok(Redirect::to("/staff/today?done=job-retried").into_response())
}

#[derive(Template)]
#[template(path = "web/pages/today/drop.html")]
struct Page<'a> {
    view: &'a View,
    errors: &'a FieldErrors,
    job: &'a DeadJob,
    kind: String,
    about: Option<String>,
    reason: &'a str,
}

impl<'a> Page<'a> {
    fn new(view: &'a View, errors: &'a FieldErrors, job: &'a DeadJob, reason: &'a str) -> Self {
        Self { view, errors, job, kind: told::job(&job.kind), about: about(&job.payload), reason }
    }
}

async fn find(conn: &Conn, id: &str) -> Result<DeadJob, Problem> {
    let id = id.parse().map_err(|_| Problem::NotFound)?;
    jobs::dead_job(conn, id).await?.ok_or(Problem::NotFound)
}

/// Says what leaving it means, and asks why.
pub async fn ask(view: View, _: AdminNow, PageSnapshot(conn): PageSnapshot, Path(id): Path<String>) -> Result<Response, Problem> {
    let job = find(&conn, &id).await?;
    page(&Page::new(&view, &FieldErrors::default(), &job, ""))
}

/// Leaves it undone.
pub async fn drop_job(
    State(app): State<App>,
    view: View,
    AdminNow(admin): AdminNow,
    Path(id): Path<String>,
    Fields(input): Fields<Why>,
) -> Result<Response, Problem> {
    let job = find(&*app.services.db.snapshot().await?, &id).await?;
    let reason = match input.read("Say why it is not to be done: it is kept in the audit log") {
        Ok(reason) => reason,
        Err(errors) => return page_with_errors(&Page::new(&view, &errors, &job, &input.reason)),
    };
    let actor = Actor::User(admin.id);
    app.services.db.write(actor, async |txn| jobs::drop_dead(txn, job.id, &reason).await).await.map_err(problem)?;
    Ok(Redirect::to("/staff/today?done=job-dropped").into_response())
}
