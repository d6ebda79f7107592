//! A seat free of charge, with the reason.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::page_of;
use crate::acts::{self, FreeRefusal, FreeSeat};
use crate::catalogue::{self, model::Cohort};
use crate::db::Conn;
use crate::enrolment::{self, HoldRefusal};
use crate::kernel::text::{TextError, single_line};
use crate::kernel::{Actor, EmailAddress, PersonName};
use crate::web::form::{FieldErrors, Fields};
use crate::web::session::{AdminNow, PageSnapshot};
use crate::web::view::{View, page, page_with_errors};
use crate::web::{App, Problem};

/// The longest reason.
const REASON: usize = 200;

#[derive(Template)]
#[template(path = "web/pages/people/free.html")]
struct Page<'a> {
    view: &'a View,
    errors: &'a FieldErrors,
    cohort: &'a Cohort,
    left: u32,
    input: &'a Input,
}

/// The fields as sent. One that is missing counts as empty.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Input {
    name: String,
    email: String,
    reason: String,
}

impl Input {
    /// # Errors
    /// Every field that cannot be used, in the form's order.
    fn seat(&self, cohort: &Cohort) -> Result<FreeSeat, FieldErrors> {
        let mut errors = FieldErrors::default();
        let told = |empty: &'static str| move |error: TextError| error.told(empty);
        let name = errors.parse("name", self.name.parse::<PersonName>().map_err(told("Enter their full name")));
        let email = self.email.parse::<EmailAddress>();
        let email = errors.parse("email", email.map_err(told("Enter an email address like name@example.org")));
        let reason = single_line(&self.reason, REASON).map_err(told("Say why the seat is free: it is kept in the audit log"));
        let reason = errors.parse("reason", reason);
        match (name, email, reason) {
            (Some(name), Some(email), Some(reason)) => Ok(FreeSeat { email, name, zone: cohort.zone.clone(), reason }),
            _ => Err(errors),
        }
    }
}

async fn find(conn: &Conn, slug: &str) -> Result<(Cohort, u32), Problem> {
    let slug = slug.parse().map_err(|_| Problem::NotFound)?;
    let cohort = catalogue::cohort_by_slug(conn, &slug).await?.ok_or(Problem::NotFound)?;
    if cohort.published_at.is_none() {
        let detail = "Publish it on its board first. Until then nobody can have a seat.".to_owned();
        return Err(Problem::Conflict { title: "The cohort is not published", detail });
    }
    let left = cohort.capacity.saturating_sub(enrolment::seats_taken(conn, cohort.id).await?);
    Ok((cohort, left))
}

/// The form.
pub async fn show(
    view: View,
    _: AdminNow,
    PageSnapshot(conn): PageSnapshot,
    Path(slug): Path<String>,
) -> Result<Response, Problem> {
    let (cohort, left) = find(&conn, &slug).await?;
    page(&Page { view: &view, errors: &FieldErrors::default(), cohort: &cohort, left, input: &Input::default() })
}

/// Enrols, and mails the confirmation.
pub async fn enrol(
    State(app): State<App>,
    view: View,
    AdminNow(admin): AdminNow,
    Path(slug): Path<String>,
    Fields(input): Fields<Input>,
) -> Result<Response, Problem> {
    let (cohort, left) = find(&*app.services.db.snapshot().await?, &slug).await?;
    let again = |errors: &FieldErrors| page_with_errors(&Page { view: &view, errors, cohort: &cohort, left, input: &input });
    let seat = match input.seat(&cohort) {
        Ok(seat) => seat,
        Err(errors) => return again(&errors),
    };
    let actor = Actor::User(admin.id);
    match app.services.db.write(actor, async |txn| acts::enrol_free(txn, cohort.id, seat).await).await {
        Ok((person, _)) => Ok(Redirect::to(&page_of(person, "enrolled")).into_response()),
        Err(FreeRefusal::Db(error) | FreeRefusal::Seat(HoldRefusal::Db(error))) => Err(error.into()),
        Err(refusal) => again(&FieldErrors::one("email", words(&refusal))),
    }
}

fn words(refusal: &FreeRefusal) -> &'static str {
    match refusal {
        FreeRefusal::Disabled => "The account with this address is disabled: enable it first",
        FreeRefusal::Seat(HoldRefusal::Full) => "All seats of this cohort are taken",
        FreeRefusal::Seat(HoldRefusal::AlreadyEnrolled(_)) => "They are enrolled in this cohort already",
        FreeRefusal::Seat(HoldRefusal::AlreadyHeld(_)) => {
            "They hold a seat in this cohort and may be paying for it: wait until it lapses, or record the payment on their order"
        }
        FreeRefusal::Seat(HoldRefusal::NoSuchCohort) => "Publish the cohort first: until then nobody can have a seat",
        _ => "They cannot be enrolled in this cohort",
    }
}
