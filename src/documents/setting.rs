//! A document's PDF: set once, from what is frozen, and kept.

use std::collections::BTreeSet;

use sea_orm::DbErr;

use super::model::{Document, DocumentEvent, Kind, Waiting};
use super::sheet::Sheet;
use super::{store, unprintable};
use crate::audit;
use crate::db::Txn;
use crate::jobs::lease::WORKER;
use crate::kernel::ids::DocumentId;
use crate::pdf::{self, Pdf, RenderFailure, Template};
use crate::services::Services;

/// A spelling may come while the PDF is set, but not again and again.
const TRIES: usize = 3;

/// Why there is no PDF.
#[derive(Debug, thiserror::Error)]
pub enum PdfRefusal {
    #[error("there is no such document")]
    NoSuchDocument,
    /// It waits in the admins' queue.
    #[error("the document waits: the font cannot print {}", pdf::shown(.0))]
    Unprintable(Vec<char>),
    #[error("another spelling came while the document was set")]
    Changed,
    #[error(transparent)]
    Render(RenderFailure),
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// The PDF of a document; set now, if no job has done so yet.
///
/// # Errors
/// [`PdfRefusal`].
pub async fn pdf(services: &Services, id: DocumentId) -> Result<Vec<u8>, PdfRefusal> {
    for _ in 0..TRIES {
        match once(services, id).await {
            Err(PdfRefusal::Changed) => {}
            decided => return decided,
        }
    }
    Err(PdfRefusal::Changed)
}

async fn once(services: &Services, id: DocumentId) -> Result<Vec<u8>, PdfRefusal> {
    let snapshot = services.db.snapshot().await?;
    if let Some(bytes) = store::pdf(&snapshot, id).await? {
        return Ok(bytes);
    }
    let document = store::document(&snapshot, id).await?.ok_or(PdfRefusal::NoSuchDocument)?;
    drop(snapshot);
    match set(&document).await {
        Ok(pdf) => services.db.write(WORKER, async |txn| keep(txn, &document, pdf).await).await,
        Err(RenderFailure::MissingGlyphs { characters, .. }) => {
            let refused = characters.clone();
            services.db.write(WORKER, async |txn| wait(txn, &document, characters).await).await?;
            Err(PdfRefusal::Unprintable(refused))
        }
        Err(failure) => Err(PdfRefusal::Render(failure)),
    }
}

async fn set(document: &Document) -> Result<Pdf, RenderFailure> {
    let missing: BTreeSet<char> = unprintable(document).iter().flat_map(|text| pdf::unprintable(text)).collect();
    if !missing.is_empty() {
        return Err(RenderFailure::MissingGlyphs { font: pdf::FONT.to_owned(), characters: missing.into_iter().collect() });
    }
    pdf::rendered(template(document.kind), Sheet::new(document)?).await
}

pub(super) const fn template(kind: Kind) -> Template {
    match kind {
        Kind::Receipt => Template::Receipt,
        Kind::TaxInvoice => Template::TaxInvoice,
        Kind::Proforma => Template::Proforma,
        Kind::CreditNote => Template::CreditNote,
    }
}

/// Keeps the PDF that was set from `seen`, if nobody has meanwhile.
async fn keep(txn: &Txn, seen: &Document, pdf: Pdf) -> Result<Vec<u8>, PdfRefusal> {
    let mut document = store::document_for_update(txn, seen.id).await?.ok_or(PdfRefusal::NoSuchDocument)?;
    if let Some(before) = store::pdf(txn, seen.id).await? {
        return Ok(before);
    }
    if document.spellings != seen.spellings {
        return Err(PdfRefusal::Changed);
    }
    store::insert_pdf(txn, seen.id, &pdf).await?;
    if document.waiting.take().is_some() {
        store::save(txn, &document).await?;
    }
    audit::record(txn, &DocumentEvent::Set { document: &document, sha256: &pdf.sha256() }).await?;
    Ok(pdf.bytes)
}

/// Puts the document in the admins' queue: once, however often it is asked for.
async fn wait(txn: &Txn, seen: &Document, characters: Vec<char>) -> Result<(), PdfRefusal> {
    let mut document = store::document_for_update(txn, seen.id).await?.ok_or(PdfRefusal::NoSuchDocument)?;
    if document.spellings != seen.spellings {
        return Err(PdfRefusal::Changed);
    }
    if document.waiting.as_ref().is_some_and(|waiting| waiting.characters == characters) {
        return Ok(());
    }
    tracing::warn!(document = %document.id, "a document has characters that cannot be printed, and waits for an admin");
    audit::record(txn, &DocumentEvent::Waits { document: &document, characters: &characters }).await?;
    document.waiting = Some(Waiting { since: txn.now(), characters });
    Ok(store::save(txn, &document).await?)
}
