//! The form as sent: a proof of the address first where nobody is signed in, then the seat.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;

use super::form::{again, find, find_for, to_order};
use super::input::Input;
use super::refused::{self, Refused};
use crate::acts::enrol::{self, Application, EnrolRefusal};
use crate::enrolment::HoldRefusal;
use crate::identity::Person;
use crate::kernel::Actor;
use crate::views::offer::Offer;
use crate::web::form::Fields;
use crate::web::pages::sign_in::{self, Intent};
use crate::web::session::SignedIn;
use crate::web::view::{View, page_in_conflict};
use crate::web::{App, Problem};

/// Takes the application: straight to the seat for somebody signed in, by a code for others.
pub async fn send(
    State(app): State<App>,
    view: View,
    signed_in: Option<SignedIn>,
    jar: CookieJar,
    Path(slug): Path<String>,
    Fields(input): Fields<Input>,
) -> Result<Response, Problem> {
    let conn = app.services.db.snapshot().await?;
    let offer = find_for(&app, &conn, &slug, signed_in.as_ref().map(|signed_in| &signed_in.person)).await?;
    drop(conn);
    if let Some(SignedIn { person, .. }) = signed_in {
        if input.email.as_deref().is_some_and(|email| !email.eq_ignore_ascii_case(person.email.as_str())) {
            return Err(Problem::Malformed("You have signed in since this form was opened.".to_owned()));
        }
        return match input.application() {
            Ok(application) => take(&app, &view, &person, offer, application).await,
            Err(errors) => again(&view, &offer, Some(&person), &input, &errors),
        };
    }
    if let Some(why) = Refused::now(&offer) {
        return refuse(&view, &offer, why, None);
    }
    match input.application_with_email() {
        Ok((email, application)) => {
            let intent = Intent::Enrol { cohort: offer.slug.clone(), application };
            sign_in::send_code(&app, jar, &email, &intent).await
        }
        Err(errors) => again(&view, &offer, None, &input, &errors),
    }
}

/// What follows a proved address: the seat of the cohort that the form was for.
///
/// # Errors
/// [`Problem::NotFound`] if there is no such cohort any more.
pub async fn enrol(app: &App, person: &Person, slug: &str, application: Application) -> Result<Response, Problem> {
    let conn = app.services.db.snapshot().await?;
    let offer = find(app, &conn, slug).await?;
    drop(conn);
    // The request that proved the address came from somebody not yet signed in.
    let mut view = View::bare(app, "/cohorts");
    view.role = Some(person.role);
    take(app, &view, person, offer, application).await
}

async fn take(app: &App, view: &View, person: &Person, offer: Offer, application: Application) -> Result<Response, Problem> {
    let limit = app.services.settings.limits.holds_per_person;
    let taken = app
        .services
        .db
        .write(Actor::User(person.id), async |txn| enrol::enrol(txn, person, offer.id, application, limit).await)
        .await;
    let refusal = match taken {
        Ok(order) => return Ok(Redirect::to(&format!("/orders/{order}")).into_response()),
        Err(EnrolRefusal::Hold(refusal)) => refusal,
        Err(EnrolRefusal::Order(error)) => return Err(Problem::internal(error)),
        Err(EnrolRefusal::Db(error)) => return Err(error.into()),
    };
    match refusal {
        HoldRefusal::Full => refuse(view, &offer.as_full(), Refused::Full, Some(person)),
        HoldRefusal::NotOpenYet { opens_at } => refuse(view, &offer, Refused::NotOpenYet { opens_at }, Some(person)),
        HoldRefusal::Closed { closed_at } => refuse(view, &offer, Refused::Closed { closed_at }, Some(person)),
        HoldRefusal::TooManyHolds { limit } => refuse(view, &offer, Refused::TooManyHolds { limit }, Some(person)),
        HoldRefusal::AlreadyHeld(enrolment) => {
            let conn = app.services.db.snapshot().await?;
            to_order(&conn, enrolment).await
        }
        HoldRefusal::AlreadyEnrolled(_) => Ok(Redirect::to("/learn").into_response()),
        HoldRefusal::NoSuchCohort => Err(Problem::NotFound),
        HoldRefusal::Db(error) => Err(error.into()),
    }
}

/// What stands in the way: 409, for the form was in order.
fn refuse(view: &View, offer: &Offer, why: Refused, person: Option<&Person>) -> Result<Response, Problem> {
    let zone = person.map_or(&offer.zone, |person| &person.zone);
    page_in_conflict(&refused::page(view, offer, why, zone))
}
