//! Bringing a reading in: by upload, by paste, or by citation. Nothing is kept before its record was looked at.

use askama::Template;
use axum::extract::State;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::edit::{RecordPage, Said};
use super::input::Input;
use super::upload;
use crate::kernel::{Actor, Slug};
use crate::readings::import::{ImportError, ImportedArticle, parse_article, parse_file};
use crate::readings::{self, AddRefusal, NewReading, Reading};
use crate::web::form::{FieldErrors, Fields};
use crate::web::session::Staff;
use crate::web::view::{View, page, page_with_errors};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/staff/library/new.html")]
struct Page<'a> {
    view: &'a View,
    errors: &'a FieldErrors,
    text: &'a str,
}

/// The ways to bring one in.
pub async fn choose(view: View, Staff(_): Staff) -> Result<Response, Problem> {
    page(&Page { view: &view, errors: &FieldErrors::default(), text: "" })
}

/// A text as pasted.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pasted {
    text: String,
}

/// Shows what a pasted text is read as. Nothing is kept.
pub async fn paste(view: View, Staff(_): Staff, Fields(Pasted { text }): Fields<Pasted>) -> Result<Response, Problem> {
    preview(&view, "text", &text, parse_article(&text))
}

/// Shows what an uploaded file is read as. Nothing is kept.
pub async fn upload(view: View, Staff(_): Staff, form: Result<Multipart, MultipartRejection>) -> Result<Response, Problem> {
    match upload::file(form).await {
        Ok(bytes) => preview(&view, "file", "", parse_file(&bytes)),
        Err(answer) => Ok(answer),
    }
}

fn preview(
    view: &View,
    field: &'static str,
    text: &str,
    read: Result<ImportedArticle, ImportError>,
) -> Result<Response, Problem> {
    match read {
        Ok(article) => {
            let input = Input::imported(&article);
            page(&RecordPage::new(view, &input, &FieldErrors::default(), Said::Imported(&article)))
        }
        Err(error) => {
            let told = match (&error, field) {
                (ImportError::Empty, "file") => "Choose a text file that is not empty".to_owned(),
                _ => error.to_string(),
            };
            page_with_errors(&Page { view, errors: &FieldErrors::one(field, told), text })
        }
    }
}

/// The record of a reading without its text.
pub async fn citation(view: View, Staff(_): Staff) -> Result<Response, Problem> {
    page(&RecordPage::new(&view, &Input::citation(), &FieldErrors::default(), Said::New))
}

/// Why a record is not added.
enum Refusal {
    /// The library has this article.
    Known(Slug),
    Add(AddRefusal),
}

impl<E: Into<AddRefusal>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self::Add(error.into())
    }
}

/// Adds the record, with its text if it has one.
pub async fn add(
    State(app): State<App>,
    view: View,
    Staff(person): Staff,
    Fields(input): Fields<Input>,
) -> Result<Response, Problem> {
    let again = |errors: &FieldErrors| page_with_errors(&RecordPage::new(&view, &input, errors, Said::New));
    let new = match input.reading() {
        Ok(new) => new,
        Err(errors) => return again(&errors),
    };
    match keep(&app, Actor::User(person.id), new).await {
        Ok(reading) => Ok(Redirect::to(&format!("/staff/readings/{}?done=reading-added", reading.slug)).into_response()),
        Err(Refusal::Known(slug)) => again(&FieldErrors::one(
            "title",
            format!("The library has this article of this publisher already, as “{slug}”: correct that one, or change the title"),
        )),
        Err(Refusal::Add(AddRefusal::Field(wrong))) => again(&FieldErrors::one(wrong.field, wrong.error.to_string())),
        Err(Refusal::Add(AddRefusal::NoPublisher)) => again(&FieldErrors::one("publisher", "Enter the publisher")),
        Err(Refusal::Add(AddRefusal::Db(error))) => Err(error.into()),
    }
}

async fn keep(app: &App, actor: Actor, new: NewReading) -> Result<Reading, Refusal> {
    let add = app.services.db.write(actor, async |txn| match readings::same_article(txn, &new.title, &new.publisher).await? {
        Some(slug) => Err(Refusal::Known(slug)),
        None => Ok(readings::add_reading(txn, new).await?),
    });
    add.await
}
