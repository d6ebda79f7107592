//! "I have read this".

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::reading::{Address, Wanted, again};
use super::{Halt, Paths};
use crate::kernel::Actor;
use crate::learning::model::MarkRefusal;
use crate::learning::{self, MarkReadRefusal, Marked};
use crate::web::form::{FieldErrors, Fields};
use crate::web::view::{Moment, View};
use crate::web::{App, Problem};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    #[serde(default)]
    reflection: String,
}

/// Marks the reading as read and leads back to its week. A second time changes nothing.
pub(super) async fn mark(
    State(app): State<App>,
    view: View,
    moment: Moment,
    address: Address,
    Fields(input): Fields<Input>,
) -> Result<Response, Halt> {
    let wanted = Wanted::parse(address)?;
    // Not the page's snapshot: none is held open while the change waits for its turn.
    let snapshot = app.services.db.snapshot().await?;
    let found = wanted.open(&snapshot, &app.plans, &view, &moment).await?;
    drop(snapshot);
    let module = found.place.module_at(wanted.week).ok_or(Problem::NotFound)?.id;
    let (user, reading) = (moment.subject.id, found.open.reading.id);
    let marked = app
        .services
        .db
        .write(Actor::User(user), async |txn| {
            learning::mark_read(txn, &app.plans, (user, wanted.enrolment), (module, reading), &input.reflection).await
        })
        .await;
    let told = match refusal_of(marked)? {
        None => return Ok(Redirect::to(&Paths(wanted.enrolment).week(wanted.week)).into_response()),
        Some(told) => told,
    };
    let shown = found.shown(wanted.week, &moment)?;
    Ok(again(&view, &shown, &FieldErrors::one("reflection", told), &input.reflection)?)
}

/// What to tell beside the field, or nothing where the week's page tells it all.
fn refusal_of(marked: Result<Marked, MarkReadRefusal>) -> Result<Option<String>, Halt> {
    match marked {
        // Locked: it was open a moment ago, and the page says why it is no more.
        Ok(_) | Err(MarkReadRefusal::Refused(MarkRefusal::Locked(_))) => Ok(None),
        Err(MarkReadRefusal::Db(error)) => Err(error.into()),
        Err(MarkReadRefusal::NotEnrolled | MarkReadRefusal::Refused(MarkRefusal::NotInCourse)) => Err(Problem::NotFound.into()),
        Err(MarkReadRefusal::Refused(refusal)) => Ok(Some(refusal.to_string())),
    }
}
