//! The library of articles. It knows no course: modules key to readings, never the reverse.

pub mod import;
pub mod model;
mod store;

use sea_orm::DbErr;

use crate::audit;
use crate::db::Txn;
use crate::kernel::Touch;
use crate::kernel::ids::ReadingId;
use import::ImportedArticle;
use model::{FieldError, ReadingEvent, free_slug, slug_base};

pub use model::{Body, Card, Language, NewReading, Reading, Rights, WebAddress};
pub(crate) use store::is_ready;
pub use store::{cards, library, reading_by_slug, readings, same_article};

/// Why a reading is not added.
#[derive(Debug, thiserror::Error)]
pub enum AddRefusal {
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The file names no publisher, and none was given.
    #[error("the article names no publisher: give one")]
    NoPublisher,
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// Adds a reading to the library, under a slug of its title's words.
///
/// # Errors
/// [`AddRefusal`].
pub async fn add_reading(txn: &Txn, new: NewReading) -> Result<Reading, AddRefusal> {
    let base = slug_base(&new.title);
    let slug = free_slug(&base, &store::slugs_like(txn, &base).await?);
    let slug = slug.parse().map_err(|error| FieldError { field: "slug", error })?;
    let reading = new.named(txn.new_id(), slug)?;
    store::insert(txn, &reading).await?;
    audit::record(txn, &ReadingEvent::Added(&reading)).await?;
    Ok(reading)
}

/// What an imported file does not say.
#[derive(Debug, Clone)]
pub struct ImportTerms {
    /// Goes before the publisher that the file seems to name.
    pub publisher: Option<String>,
    pub language: Language,
    pub licence: Option<String>,
    pub summary: Option<String>,
    pub rights: Rights,
}

/// Adds an article read from a file, with its text.
///
/// # Errors
/// [`AddRefusal`].
pub async fn import_article(txn: &Txn, article: ImportedArticle, terms: ImportTerms) -> Result<Reading, AddRefusal> {
    let publisher = terms.publisher.or_else(|| article.publisher.clone()).ok_or(AddRefusal::NoPublisher)?;
    let new = NewReading {
        author: article.author(),
        author_role: article.author_role(),
        photo_credit: article.photo_credit(),
        title: article.title,
        publisher,
        published_on: None,
        url: None,
        language: terms.language,
        licence: terms.licence,
        summary: terms.summary,
        minutes: article.body.minutes(),
        body: Some(article.body),
        rights: terms.rights,
    };
    add_reading(txn, new).await
}

/// The reading, its row locked: no module is keyed to it, and nobody else corrects it, before this transaction ends.
pub(crate) async fn reading_for_update(txn: &Txn, id: ReadingId) -> Result<Option<Reading>, DbErr> {
    store::for_update(txn, id).await
}

/// Writes a corrected reading under its next version. Its slug stays, so that links keep. `touches` are the cohorts that the
/// correction opens something for, or takes something from: `acts::correct_reading` knows.
pub(crate) async fn rewrite(txn: &Txn, before: &Reading, after: Reading, touches: &[Touch]) -> Result<Reading, DbErr> {
    let after = Reading { version: before.version + 1, ..after };
    store::update(txn, before, &after).await?;
    audit::record(txn, &ReadingEvent::Corrected { before, after: &after, touches }).await?;
    Ok(after)
}
