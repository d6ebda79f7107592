//! Name, zone and country of the account. The name on a certificate is the enrolment's.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::identity::model::COUNTRIES;
use crate::identity::{self, Country, Details, Person};
use crate::kernel::{Actor, PersonName, Zone};
use crate::web::form::{FieldErrors, Fields};
use crate::web::pages::enrol::Zones;
use crate::web::pages::{Done, DoneQuery};
use crate::web::session::SignedIn;
use crate::web::view::{View, page, page_with_errors};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/account/details.html")]
struct Page<'a> {
    view: &'a View,
    errors: &'a FieldErrors,
    input: &'a Input,
    done: Option<Done>,
    countries: &'static [(&'static str, &'static str)],
    zones: &'static Zones,
}

impl<'a> Page<'a> {
    fn new(view: &'a View, errors: &'a FieldErrors, input: &'a Input, done: Option<Done>) -> Self {
        Self { view, errors, input, done, countries: COUNTRIES, zones: Zones::all() }
    }
}

/// The fields as sent. One that is missing counts as empty.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Input {
    name: String,
    zone: String,
    country: String,
}

impl Input {
    fn of(person: &Person) -> Self {
        Self {
            name: person.name.to_string(),
            zone: person.zone.name().to_owned(),
            country: person.country.map(|country| country.code().to_owned()).unwrap_or_default(),
        }
    }

    /// # Errors
    /// Every field that cannot be used, in the form's order.
    fn details(&self) -> Result<Details, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = self.name.parse::<PersonName>().map_err(|error| error.told("Enter your name"));
        let name = errors.parse("name", name);
        let zone = errors.parse("zone", self.zone.parse::<Zone>().map_err(|_| "Choose a time zone"));
        let country = errors.parse("country", self.country.parse::<Country>());
        match (name, zone, country) {
            (Some(name), Some(zone), Some(country)) => Ok(Details { name, zone, country }),
            _ => Err(errors),
        }
    }
}

/// The form.
pub async fn show(view: View, signed_in: SignedIn, Query(done): Query<DoneQuery>) -> Result<Response, Problem> {
    page(&Page::new(&view, &FieldErrors::default(), &Input::of(&signed_in.person), done.word()))
}

/// Saves it.
pub async fn save(
    State(app): State<App>,
    view: View,
    signed_in: SignedIn,
    Fields(input): Fields<Input>,
) -> Result<Response, Problem> {
    let details = match input.details() {
        Ok(details) => details,
        Err(errors) => return page_with_errors(&Page::new(&view, &errors, &input, None)),
    };
    let person = signed_in.person;
    let change = async |txn: &crate::db::Txn| identity::change_details(txn, &person, details).await;
    app.services.db.write(Actor::User(person.id), change).await?;
    Ok(Redirect::to("/account/details?done=saved").into_response())
}
