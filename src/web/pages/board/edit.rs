//! What an admin changes of a cohort that is open: seats, price, enrolment window, instructors.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::input::Input;
use super::{Desk, done, stale};
use crate::acts::{self, Terms, TermsRefusal};
use crate::db::Txn;
use crate::identity::{self, Person};
use crate::kernel::Actor;
use crate::kernel::ids::UserId;
use crate::web::form::{FieldErrors, Fields};
use crate::web::session::AdminNow;
use crate::web::view::{View, page, page_with_errors};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/board/edit.html")]
struct Page<'a> {
    view: &'a View,
    errors: &'a FieldErrors,
    input: &'a Input,
    desk: &'a Desk,
    staff: &'a [Person],
}

fn page_of<'a>(view: &'a View, desk: &'a Desk, staff: &'a [Person], input: &'a Input, errors: &'a FieldErrors) -> Page<'a> {
    Page { view, errors, input, desk, staff }
}

/// The form as things stand.
pub async fn form(State(app): State<App>, view: View, _: AdminNow, desk: Desk) -> Result<Response, Problem> {
    let conn = app.services.db.snapshot().await?;
    let staff = identity::teachers(&conn).await?;
    let instructors: Vec<UserId> = desk.board.instructors.iter().map(|person| person.id).collect();
    let input = Input::of(&desk.board.cohort, &instructors);
    page(&page_of(&view, &desk, &staff, &input, &FieldErrors::default()))
}

/// Changes it.
pub async fn save(
    State(app): State<App>,
    view: View,
    AdminNow(person): AdminNow,
    desk: Desk,
    Fields(sent): Fields<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let input = Input::read(sent, &["revision"])?;
    let conn = app.services.db.snapshot().await?;
    let staff = identity::teachers(&conn).await?;
    drop(conn);
    let cohort = &desk.board.cohort;
    let again = |errors: &FieldErrors| page_with_errors(&page_of(&view, &desk, &staff, &input, errors));
    let terms = match input.terms(&cohort.zone, &staff) {
        Ok(terms) => terms,
        Err(errors) => return again(&errors),
    };
    let seen = input.revision.parse().unwrap_or(0);
    let work = async |txn: &Txn| acts::change_terms(txn, cohort.id, seen, Terms::clone(&terms)).await;
    match app.services.db.write(Actor::User(person.id), work).await {
        Ok(_) => Ok(done(&desk.home(), "changed")),
        Err(refusal) => again(&blamed(refusal)?),
    }
}

/// The field that a refusal is about.
fn blamed(refusal: TermsRefusal) -> Result<FieldErrors, Problem> {
    match refusal {
        TermsRefusal::CapacityBelowTaken { taken } => {
            Ok(FieldErrors::one("capacity", format!("{taken} seats are taken already: enter that many or more")))
        }
        TermsRefusal::NotAnInstructor(_) => Ok(FieldErrors::one("instructors", "Choose instructors from the list")),
        TermsRefusal::Stale { .. } => Err(stale()),
        TermsRefusal::NoSuchCohort => Err(Problem::NotFound),
        TermsRefusal::Db(error) => Err(error.into()),
        other => Err(Problem::internal(other)),
    }
}
