//! Correcting the name that a certificate will bear, before it is issued.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::cohort;
use crate::catalogue::model::Cohort;
use crate::certificates::{self, NameRefusal};
use crate::db::Conn;
use crate::enrolment::{self, Enrolment};
use crate::identity::Person;
use crate::kernel::ids::EnrolmentId;
use crate::kernel::{Actor, PersonName};
use crate::pdf;
use crate::web::form::{FieldErrors, Fields};
use crate::web::session::AdminNow;
use crate::web::view::{View, page, page_with_errors};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/staff/certificates/name.html")]
struct Page<'a> {
    view: &'a View,
    errors: &'a FieldErrors,
    cohort: &'a Cohort,
    enrolment: &'a Enrolment,
    name: &'a str,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    #[serde(default)]
    pub(super) name: String,
}

impl Input {
    /// # Errors
    /// The name cannot be used, or cannot be printed.
    pub(super) fn printable(&self) -> Result<PersonName, FieldErrors> {
        let name: PersonName =
            self.name.parse().map_err(|error: crate::kernel::text::TextError| FieldErrors::one("name", error.to_string()))?;
        let missing = pdf::unprintable(name.as_str());
        if missing.is_empty() {
            return Ok(name);
        }
        let told = format!(
            "The certificate’s font cannot print {}. Write the name in Latin, Greek or Cyrillic letters",
            pdf::shown(&missing)
        );
        Err(FieldErrors::one("name", told))
    }
}

impl From<NameRefusal> for Problem {
    fn from(refusal: NameRefusal) -> Self {
        match refusal {
            NameRefusal::Issued => Self::Conflict {
                title: "The certificate is issued",
                detail: "Its page issues a successor with the corrected name.".to_owned(),
            },
            NameRefusal::Db(error) => error.into(),
        }
    }
}

/// The cohort and an enrolment of it that has no certificate yet.
async fn found(conn: &Conn, person: &Person, slug: &str, enrolment: &str) -> Result<(Cohort, Enrolment), Problem> {
    let cohort = cohort(conn, person, slug).await?;
    let id: EnrolmentId = enrolment.parse().map_err(|_| Problem::NotFound)?;
    let enrolment = enrolment::enrolment(conn, id).await?.filter(|enrolment| enrolment.cohort == cohort.id);
    let enrolment = enrolment.ok_or(Problem::NotFound)?;
    if certificates::newest(conn, id).await?.is_some() {
        return Err(NameRefusal::Issued.into());
    }
    Ok((cohort, enrolment))
}

/// The form.
pub(super) async fn form(
    State(app): State<App>,
    view: View,
    AdminNow(person): AdminNow,
    Path((slug, enrolment)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let snapshot = app.services.db.snapshot().await?;
    let (cohort, enrolment) = found(&snapshot, &person, &slug, &enrolment).await?;
    let name = enrolment.certificate_name.as_str();
    page(&Page { view: &view, errors: &FieldErrors::default(), cohort: &cohort, enrolment: &enrolment, name })
}

/// Corrects it.
pub(super) async fn correct(
    State(app): State<App>,
    view: View,
    AdminNow(person): AdminNow,
    Path((slug, enrolment)): Path<(String, String)>,
    Fields(input): Fields<Input>,
) -> Result<Response, Problem> {
    let snapshot = app.services.db.snapshot().await?;
    let (cohort, enrolment) = found(&snapshot, &person, &slug, &enrolment).await?;
    drop(snapshot);
    let name = match input.printable() {
        Ok(name) => name,
        Err(errors) => {
            let (errors, name) = (&errors, input.name.as_str());
            return page_with_errors(&Page { view: &view, errors, cohort: &cohort, enrolment: &enrolment, name });
        }
    };
    let work = async |txn: &crate::db::Txn| certificates::correct_name(txn, enrolment.id, name).await;
    app.services.db.write(Actor::User(person.id), work).await?;
    Ok(Redirect::to(&format!("/staff/cohorts/{}/certificates?done=renamed", cohort.slug)).into_response())
}
