//! A document of an order: its PDF, and how it is printed what the font has no letters for.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::order::find;
use crate::db::Txn;
use crate::documents::model::Spelling;
use crate::documents::{self, Document, SpellRefusal};
use crate::kernel::Actor;
use crate::kernel::text::single_line;
use crate::pdf;
use crate::views::order::Sheet;
use crate::web::form::{FieldErrors, Fields};
use crate::web::pages::document;
use crate::web::session::{Admin, AdminNow};
use crate::web::view::{View, page, page_with_errors};
use crate::web::{App, Problem};

/// As many texts are asked for at once; a document with more is asked about again.
const FIELDS: [&str; 4] = ["spelling_1", "spelling_2", "spelling_3", "spelling_4"];
/// The longest spelling, in characters.
const LONGEST: usize = 200;

#[derive(Template)]
#[template(path = "web/pages/staff/spelling.html")]
struct Page<'a> {
    view: &'a View,
    errors: &'a FieldErrors,
    sheet: &'a Sheet,
    document: &'a Document,
    characters: String,
    /// Field, text, and what was typed.
    fields: Vec<(&'static str, &'a str, &'a str)>,
}

/// The fields as sent.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Input {
    spelling_1: String,
    spelling_2: String,
    spelling_3: String,
    spelling_4: String,
    /// How many spellings there were when the form was shown.
    seen: String,
}

impl Input {
    fn typed(&self) -> [&str; 4] {
        [&self.spelling_1, &self.spelling_2, &self.spelling_3, &self.spelling_4]
    }

    /// A spelling for each text.
    ///
    /// # Errors
    /// Every field that cannot be used, in the form's order.
    fn spellings(&self, texts: &[String]) -> Result<Vec<Spelling>, FieldErrors> {
        let mut errors = FieldErrors::default();
        let mut spellings = Vec::new();
        for ((text, typed), field) in texts.iter().zip(self.typed()).zip(FIELDS) {
            let printed = errors.parse(field, printable(typed));
            spellings.extend(printed.map(|printed| Spelling { text: text.clone(), printed }));
        }
        if errors.is_empty() { Ok(spellings) } else { Err(errors) }
    }
}

fn printable(typed: &str) -> Result<String, String> {
    let line = single_line(typed, LONGEST).map_err(|error| error.told("Say how this is printed"))?;
    let missing = pdf::unprintable(&line);
    if missing.is_empty() {
        return Ok(line);
    }
    Err(format!("The font cannot print {}. Use Latin, Greek or Cyrillic letters", pdf::shown(&missing)))
}

/// The PDF.
pub async fn save(
    State(app): State<App>,
    Admin(_): Admin,
    Path((order, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let sheet = find(&app, &*app.services.db.snapshot().await?, &order).await?;
    document::pdf(&app, document::named(&sheet.documents, &id)?).await
}

fn shown<'a>(
    view: &'a View,
    errors: &'a FieldErrors,
    (sheet, document): (&'a Sheet, &'a Document),
    texts: &'a [String],
    input: &'a Input,
) -> Page<'a> {
    let fields = texts.iter().zip(input.typed()).zip(FIELDS).map(|((text, typed), field)| (field, text.as_str(), typed));
    let missing: Vec<char> = pdf::unprintable(&texts.concat());
    Page { view, errors, sheet, document, characters: pdf::shown(&missing), fields: fields.collect() }
}

/// The texts that wait for a spelling.
fn waiting(document: &Document) -> Result<Vec<String>, Problem> {
    let texts = documents::unprintable(document);
    if texts.is_empty() { Err(printed()) } else { Ok(texts) }
}

fn printed() -> Problem {
    Problem::Conflict {
        title: "This document can be printed",
        detail: "Nothing is asked of you: every letter of it is there, or somebody has said meanwhile how it is printed."
            .to_owned(),
    }
}

/// The form.
pub async fn ask(
    State(app): State<App>,
    view: View,
    AdminNow(_): AdminNow,
    Path((order, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let sheet = find(&app, &*app.services.db.snapshot().await?, &order).await?;
    let document = document::named(&sheet.documents, &id)?;
    let (texts, errors, input) = (waiting(document)?, FieldErrors::default(), Input::default());
    page(&shown(&view, &errors, (&sheet, document), &texts, &input))
}

/// Takes the spellings, and has the PDF set with them.
pub async fn spell(
    State(app): State<App>,
    view: View,
    AdminNow(admin): AdminNow,
    Path((order, id)): Path<(String, String)>,
    Fields(input): Fields<Input>,
) -> Result<Response, Problem> {
    let sheet = find(&app, &*app.services.db.snapshot().await?, &order).await?;
    let document = document::named(&sheet.documents, &id)?;
    let texts = waiting(document)?;
    if input.seen != document.spellings.len().to_string() {
        return Err(printed());
    }
    let spellings = match input.spellings(&texts) {
        Ok(spellings) => spellings,
        Err(errors) => return page_with_errors(&shown(&view, &errors, (&sheet, document), &texts, &input)),
    };
    let work = async |txn: &Txn| documents::spell(txn, document.id, spellings).await;
    match app.services.db.write(Actor::User(admin.id), work).await {
        Ok(_) => Ok(Redirect::to(&format!("/staff/orders/{}?done=spelled", sheet.order.id)).into_response()),
        Err(SpellRefusal::NoSuchDocument) => Err(Problem::NotFound),
        Err(SpellRefusal::Set) => Err(printed()),
        Err(SpellRefusal::Db(error)) => Err(error.into()),
    }
}
