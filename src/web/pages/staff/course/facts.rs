//! The course's own facts, as they are edited.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::input::FactsInput;
use super::{refused, taught, to};
use crate::catalogue::{self, EditRefusal};
use crate::kernel::Actor;
use crate::web::form::{FieldErrors, Fields};
use crate::web::session::{PageSnapshot, Staff};
use crate::web::view::{View, page, page_in_conflict, page_with_errors};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/staff/course/facts.html")]
struct Page<'a> {
    view: &'a View,
    errors: &'a FieldErrors,
    input: &'a FactsInput,
    is_stale: bool,
}

/// The form.
pub async fn show(view: View, Staff(_): Staff, PageSnapshot(conn): PageSnapshot) -> Result<Response, Problem> {
    let input = FactsInput::of(&taught(&conn).await?);
    page(&Page { view: &view, errors: &FieldErrors::default(), input: &input, is_stale: false })
}

/// Saves it.
pub async fn save(
    State(app): State<App>,
    view: View,
    Staff(person): Staff,
    Fields(input): Fields<FactsInput>,
) -> Result<Response, Problem> {
    let course = taught(&*app.services.db.snapshot().await?).await?;
    let facts = match input.facts() {
        Ok(facts) => facts,
        Err(errors) => return page_with_errors(&Page { view: &view, errors: &errors, input: &input, is_stale: false }),
    };
    let edit = app
        .services
        .db
        .write(Actor::User(person.id), async |txn| catalogue::edit_course(txn, course.id, input.version, facts).await);
    match edit.await {
        Ok(_) => Ok(to("/staff/course?done=course-saved")),
        Err(EditRefusal::Stale) => {
            let version = taught(&*app.services.db.snapshot().await?).await?.version;
            let input = FactsInput { version, ..input };
            page_in_conflict(&Page { view: &view, errors: &FieldErrors::default(), input: &input, is_stale: true })
        }
        Err(other) => Err(refused(other)),
    }
}
