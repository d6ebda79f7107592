//! The library of articles. It knows no course: modules key to readings, never the reverse.

pub mod import;
pub mod model;
mod store;

use sea_orm::DbErr;

use crate::audit;
use crate::db::Txn;
use import::ImportedArticle;
use model::{FieldError, ReadingEvent, free_slug, slug_base};

pub use model::{Body, Card, Language, NewReading, Reading, Rights, WebAddress};
pub use store::{cards, library, reading_by_slug, readings};

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
    let publisher = terms.publisher.or(article.publisher).ok_or(AddRefusal::NoPublisher)?;
    let joined = |parts: Vec<&str>, between| (!parts.is_empty()).then(|| parts.join(between));
    let names = article.authors.iter().map(|author| author.name.as_str()).filter(|name| !name.is_empty()).collect();
    let mut roles: Vec<_> = article.authors.iter().filter_map(|author| author.role.as_deref()).collect();
    roles.dedup();
    let mut credits: Vec<_> = article.photos.iter().map(|photo| photo.credit.as_str()).collect();
    credits.dedup();
    let new = NewReading {
        title: article.title,
        author: joined(names, ", "),
        author_role: joined(roles, ", "),
        publisher,
        published_on: None,
        url: None,
        language: terms.language,
        licence: terms.licence,
        photo_credit: joined(credits, "; "),
        summary: terms.summary,
        minutes: article.body.minutes(),
        body: Some(article.body),
        rights: terms.rights,
    };
    add_reading(txn, new).await
}
