//! Sends a student their confirmation once more.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::history::find;
use crate::acts::{self, ResendRefusal};
use crate::kernel::Actor;
use crate::web::form::{Fields, NoFields};
use crate::web::session::Staff;
use crate::web::{App, Problem};

/// Posts the letter.
pub async fn resend(
    State(app): State<App>,
    Staff(person): Staff,
    Path(id): Path<String>,
    Fields(NoFields {}): Fields<NoFields>,
) -> Result<Response, Problem> {
    let conn = app.services.db.snapshot().await?;
    let id = find(&app, &conn, &person, &id).await?.enrolment.id;
    drop(conn);
    let sent = async |txn: &crate::db::Txn| acts::resend_confirmation(txn, id).await;
    match app.services.db.write(Actor::User(person.id), sent).await {
        Ok(()) => Ok(Redirect::to(&format!("/staff/enrolments/{id}?done=mailed")).into_response()),
        Err(ResendRefusal::NotEnrolled) => Err(Problem::Conflict {
            title: "The student is not enrolled",
            detail: "There is nothing to confirm. Nothing was sent.".to_owned(),
        }),
        Err(ResendRefusal::Db(error)) => Err(error.into()),
    }
}
