//! Joining: a button for who is signed in, a short form and a code for others.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;

use super::input::{Input, Joining};
use crate::db::Conn;
use crate::enrolment::{self, JoinRefusal};
use crate::identity::Person;
use crate::identity::model::COUNTRIES;
use crate::kernel::{Actor, EmailAddress, ShownTime};
use crate::organisation::model::OfferLength;
use crate::views::offer::Offer;
use crate::web::form::{FieldErrors, Fields};
use crate::web::pages::enrol::{self, Refused, Zones};
use crate::web::pages::sign_in::{self, Intent};
use crate::web::session::{PageSnapshot, SignedIn};
use crate::web::view::{View, page, page_in_conflict, page_with_errors};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/waitlist/join.html")]
struct Page<'a> {
    view: &'a View,
    errors: &'a FieldErrors,
    offer: &'a Offer,
    length: OfferLength,
    input: &'a Input,
    /// The address of whom is signed in: there is nothing to fill in then.
    signed_in: Option<&'a str>,
    countries: &'static [(&'static str, &'static str)],
    zones: &'static Zones,
}

fn form<'a>(view: &'a View, offer: &'a Offer, person: Option<&'a Person>, input: &'a Input, errors: &'a FieldErrors) -> Page<'a> {
    Page {
        view,
        errors,
        offer,
        length: view.owner.offer_length,
        input,
        signed_in: person.map(|person| person.email.as_str()),
        countries: COUNTRIES,
        zones: Zones::all(),
    }
}

/// The form; for who has a seat or a place already, the way to it; where no waitlist is open, what there is instead.
pub async fn show(
    State(app): State<App>,
    view: View,
    signed_in: Option<SignedIn>,
    PageSnapshot(conn): PageSnapshot,
    Path(slug): Path<String>,
) -> Result<Response, Problem> {
    let offer = enrol::find(&app, &conn, &slug).await?;
    let person = signed_in.map(|signed_in| signed_in.person);
    if let Some(person) = &person
        && let Some(elsewhere) = place_or_seat(&conn, person, &offer).await?
    {
        return Ok(elsewhere);
    }
    if !offer.may_join() {
        return instead(&view, &offer, person.as_ref());
    }
    let input = Input { zone: offer.zone.name().to_owned(), ..Input::default() };
    page(&form(&view, &offer, person.as_ref(), &input, &FieldErrors::default()))
}

async fn place_or_seat(conn: &Conn, person: &Person, offer: &Offer) -> Result<Option<Response>, Problem> {
    if let Some(wait) = enrolment::wait_for(conn, person.id, offer.id).await? {
        return Ok(Some(Redirect::to(&format!("/waitlist/{}", wait.id)).into_response()));
    }
    enrol::seat(conn, person, offer).await
}

/// Where nobody can join: to the seats that there are, or what stands in the way.
fn instead(view: &View, offer: &Offer, person: Option<&Person>) -> Result<Response, Problem> {
    let Some(why) = Refused::now(offer) else {
        return Ok(Redirect::to(&format!("/cohorts/{}/enrol", offer.slug)).into_response());
    };
    let zone = person.map_or(&offer.zone, |person| &person.zone);
    page_in_conflict(&enrol::refused_page(view, offer, why, zone))
}

/// Takes the form: straight onto the waitlist for somebody signed in, by a code for others.
pub async fn send(
    State(app): State<App>,
    view: View,
    signed_in: Option<SignedIn>,
    jar: CookieJar,
    Path(slug): Path<String>,
    Fields(input): Fields<Input>,
) -> Result<Response, Problem> {
    let conn = app.services.db.snapshot().await?;
    let offer = enrol::find(&app, &conn, &slug).await?;
    drop(conn);
    if let Some(SignedIn { person, .. }) = signed_in {
        if !input.email.is_empty() && !input.email.eq_ignore_ascii_case(person.email.as_str()) {
            return Err(Problem::Malformed("You have signed in since this form was opened.".to_owned()));
        }
        return put(&app, &view, &person, &offer).await;
    }
    if !offer.may_join() {
        return instead(&view, &offer, None);
    }
    match input.read() {
        Ok((email, joining)) => ask_for_code(&app, jar, &offer, &email, joining).await,
        Err(errors) => page_with_errors(&form(&view, &offer, None, &input, &errors)),
    }
}

async fn ask_for_code(
    app: &App,
    jar: CookieJar,
    offer: &Offer,
    email: &EmailAddress,
    joining: Joining,
) -> Result<Response, Problem> {
    let intent = Intent::Join { cohort: offer.slug.clone(), joining };
    sign_in::send_code(app, jar, email, &intent).await
}

/// What follows a proved address: a place on the waitlist of the cohort that the form was for.
///
/// # Errors
/// [`Problem::NotFound`] if there is no such cohort any more.
pub async fn join(app: &App, person: &Person, slug: &str) -> Result<Response, Problem> {
    let conn = app.services.db.snapshot().await?;
    let offer = enrol::find(app, &conn, slug).await?;
    drop(conn);
    // The request that proved the address came from somebody not yet signed in.
    let mut view = View::bare(app, "/cohorts");
    view.role = Some(person.role);
    put(app, &view, person, &offer).await
}

async fn put(app: &App, view: &View, person: &Person, offer: &Offer) -> Result<Response, Problem> {
    let (db, user) = (&app.services.db, person.id);
    let refusal = match db.write(Actor::User(user), async |txn| enrolment::join(txn, offer.id, user).await).await {
        Ok(wait) => return Ok(Redirect::to(&format!("/waitlist/{}", wait.id)).into_response()),
        Err(refusal) => refusal,
    };
    match refusal {
        JoinRefusal::AlreadyWaiting(wait) => Ok(Redirect::to(&format!("/waitlist/{wait}")).into_response()),
        JoinRefusal::SeatsFree => Ok(Redirect::to(&format!("/cohorts/{}/enrol", offer.slug)).into_response()),
        JoinRefusal::AlreadyHeld(seat) => enrol::to_order(&*db.snapshot().await?, seat).await,
        JoinRefusal::AlreadyEnrolled(_) => Ok(Redirect::to("/learn").into_response()),
        JoinRefusal::NotOpenYet { .. } | JoinRefusal::Over { .. } => over(view, person, offer, &refusal),
        JoinRefusal::NoSuchCohort => Err(Problem::NotFound),
        JoinRefusal::Db(error) => Err(error.into()),
    }
}

/// Enrolment was closed meanwhile, or the cohort has started: 409, for the form was in order.
fn over(view: &View, person: &Person, offer: &Offer, refusal: &JoinRefusal) -> Result<Response, Problem> {
    let detail = match refusal {
        JoinRefusal::NotOpenYet { opens_at } => {
            let opens = ShownTime::new(*opens_at, &person.zone);
            format!("Enrolment opens on {}, {}. Nobody needs to wait before that.", opens.short(), opens.zone)
        }
        _ if Refused::now(offer).is_some_and(|why| why != Refused::Full) => return instead(view, offer, Some(person)),
        _ => "The cohort has started, so no seat would be offered any more. Choose a later cohort.".to_owned(),
    };
    Err(Problem::Conflict { title: "The waitlist is not open", detail })
}
