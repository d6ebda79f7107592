//! The form, or why there is none to fill in.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::input::{Input, Zones};
use super::refused::{self, Refused};
use crate::db::Conn;
use crate::enrolment::{self, EnrolmentState};
use crate::identity::Person;
use crate::identity::model::COUNTRIES;
use crate::kernel::ShownTime;
use crate::kernel::ids::EnrolmentId;
use crate::organisation::model::StateCode;
use crate::views::offer::{self, Offer};
use crate::views::order;
use crate::web::form::FieldErrors;
use crate::web::session::{PageSnapshot, SignedIn};
use crate::web::view::{View, page, page_with_errors};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/enrol/form.html")]
struct Page<'a> {
    view: &'a View,
    errors: &'a FieldErrors,
    offer: &'a Offer,
    input: &'a Input,
    /// The address of whom is signed in.
    signed_in: Option<&'a str>,
    /// Whether the script may choose the device's zone: not where the person has chosen.
    guess_zone: bool,
    countries: &'static [(&'static str, &'static str)],
    states: Vec<StateCode>,
    zones: &'static Zones,
    /// Until when the seat is kept for the reader.
    kept: Option<ShownTime>,
}

fn form<'a>(view: &'a View, offer: &'a Offer, person: Option<&'a Person>, input: &'a Input, errors: &'a FieldErrors) -> Page<'a> {
    Page {
        view,
        errors,
        offer,
        input,
        signed_in: person.map(|person| person.email.as_str()),
        guess_zone: person.is_none() && errors.is_empty(),
        countries: COUNTRIES,
        states: by_name(),
        zones: Zones::all(),
        kept: person.zip(offer.kept_until).map(|(person, until)| ShownTime::new(until, &person.zone)),
    }
}

/// The States and Union territories of India, as people look for them.
fn by_name() -> Vec<StateCode> {
    let mut states: Vec<StateCode> = StateCode::all().collect();
    states.sort_by_key(|state| state.name());
    states
}

/// The form; for a cohort that takes nobody now, what stands in the way; for who has a seat, the way to it.
pub async fn show(
    State(app): State<App>,
    view: View,
    signed_in: Option<SignedIn>,
    PageSnapshot(conn): PageSnapshot,
    Path(slug): Path<String>,
) -> Result<Response, Problem> {
    let person = signed_in.map(|signed_in| signed_in.person);
    let offer = find_for(&app, &conn, &slug, person.as_ref()).await?;
    if let Some(person) = &person
        && let Some(seated) = seat(&conn, person, &offer).await?
    {
        return Ok(seated);
    }
    if let Some(why) = Refused::now(&offer) {
        let zone = person.as_ref().map_or(&offer.zone, |person| &person.zone);
        return page(&refused::page(&view, &offer, why, zone));
    }
    let input = Input::known(person.as_ref(), &offer.zone);
    page(&form(&view, &offer, person.as_ref(), &input, &FieldErrors::default()))
}

/// The form again, with what was wrong: 422.
pub(super) fn again(
    view: &View,
    offer: &Offer,
    person: Option<&Person>,
    input: &Input,
    errors: &FieldErrors,
) -> Result<Response, Problem> {
    page_with_errors(&form(view, offer, person, input, errors))
}

/// The cohort of this slug.
pub(in crate::web::pages) async fn find(app: &App, conn: &Conn, slug: &str) -> Result<Offer, Problem> {
    let slug = slug.parse().map_err(|_| Problem::NotFound)?;
    offer::by_slug(conn, &slug, app.services.clocks.service()).await?.ok_or(Problem::NotFound)
}

/// The cohort of this slug, as this person has it.
pub(super) async fn find_for(app: &App, conn: &Conn, slug: &str, person: Option<&Person>) -> Result<Offer, Problem> {
    let offer = find(app, conn, slug).await?;
    match person {
        Some(person) => Ok(offer.seen_by(conn, person.id, app.services.clocks.service()).await?),
        None => Ok(offer),
    }
}

/// Where somebody goes who has a seat in the cohort, or holds one.
pub(in crate::web::pages) async fn seat(conn: &Conn, person: &Person, offer: &Offer) -> Result<Option<Response>, Problem> {
    let active = enrolment::active_of_user(conn, person.id).await?;
    let Some(known) = active.iter().find(|enrolment| enrolment.cohort == offer.id) else { return Ok(None) };
    match known.state {
        EnrolmentState::Held { .. } => Ok(Some(to_order(conn, known.id).await?)),
        _ => Ok(Some(Redirect::to("/learn").into_response())),
    }
}

/// To the order that pays for a seat.
pub(in crate::web::pages) async fn to_order(conn: &Conn, enrolment: EnrolmentId) -> Result<Response, Problem> {
    let order = order::of_enrolment(conn, enrolment).await?.ok_or(Problem::NotFound)?;
    Ok(Redirect::to(&format!("/orders/{order}")).into_response())
}
