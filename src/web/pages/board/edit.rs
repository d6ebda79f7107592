//! What an admin changes of a cohort that is open: seats, price, enrolment window, instructors.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::input::{CURRENCIES, Input};
use super::{Desk, done, stale};
use crate::acts::{self, Terms, TermsRefusal};
use crate::db::{Conn, Txn};
use crate::identity::{self, Person};
use crate::kernel::ids::UserId;
use crate::kernel::{Actor, Currency};
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
    currencies: &'static [Currency],
    /// Why the price stays.
    fixed: Option<String>,
}

/// What the form depends on.
struct Known {
    staff: Vec<Person>,
    fixed: Option<String>,
}

impl Known {
    async fn load(conn: &Conn, desk: &Desk) -> Result<Self, Problem> {
        let fixed = acts::price_is_fixed(conn, desk.board.cohort.id).await?;
        let fixed = fixed.then(|| {
            format!(
                "The price stays at {}: seats are held or were bought at it. Open another cohort to sell at another.",
                desk.board.cohort.price
            )
        });
        Ok(Self { staff: identity::teachers(conn).await?, fixed })
    }

    fn page<'a>(&'a self, view: &'a View, desk: &'a Desk, input: &'a Input, errors: &'a FieldErrors) -> Page<'a> {
        let fixed = self.fixed.clone();
        Page { view, errors, input, desk, staff: &self.staff, currencies: &CURRENCIES, fixed }
    }
}

/// The form as things stand.
pub async fn form(State(app): State<App>, view: View, _: AdminNow, desk: Desk) -> Result<Response, Problem> {
    let conn = app.services.db.snapshot().await?;
    let known = Known::load(&conn, &desk).await?;
    let instructors: Vec<UserId> = desk.board.instructors.iter().map(|person| person.id).collect();
    let input = Input::of(&desk.board.cohort, &instructors);
    page(&known.page(&view, &desk, &input, &FieldErrors::default()))
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
    let known = Known::load(&conn, &desk).await?;
    drop(conn);
    let cohort = &desk.board.cohort;
    let again = |errors: &FieldErrors| page_with_errors(&known.page(&view, &desk, &input, errors));
    let terms = match with_price(&input, &known, &desk).terms(&cohort.zone, &known.staff) {
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

/// A price that stands is not in the form: it is the cohort's.
fn with_price(input: &Input, known: &Known, desk: &Desk) -> Input {
    if known.fixed.is_none() || !input.price.is_empty() {
        return input.clone();
    }
    let Input { price, currency, .. } = Input::of(&desk.board.cohort, &[]);
    Input { price, currency, ..input.clone() }
}

/// The field that a refusal is about.
fn blamed(refusal: TermsRefusal) -> Result<FieldErrors, Problem> {
    match refusal {
        TermsRefusal::CapacityBelowTaken { taken } => {
            Ok(FieldErrors::one("capacity", format!("{taken} seats are taken already: enter that many or more")))
        }
        TermsRefusal::PriceFixed => Ok(FieldErrors::one("price", "Seats are held or were bought at the price: it stays")),
        TermsRefusal::NotAnInstructor(_) => Ok(FieldErrors::one("instructors", "Choose instructors from the list")),
        TermsRefusal::Stale { .. } => Err(stale()),
        TermsRefusal::NoSuchCohort => Err(Problem::NotFound),
        TermsRefusal::Db(error) => Err(error.into()),
        other => Err(Problem::internal(other)),
    }
}
