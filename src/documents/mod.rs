//! Receipts, tax invoices, pro-forma invoices and credit notes: numbered, frozen, and set as PDFs afterwards.
//!
//! [`issue`] takes part in the transaction of its cause, so that money and document are there together or not at all. The PDF is
//! set outside any transaction, by a job or by whoever asks first; the same facts give the same bytes.

pub mod jobs;
pub mod model;
mod rates;
mod setting;
mod sheet;
mod store;
#[cfg(test)]
mod tests;

use sea_orm::DbErr;

use crate::audit;
use crate::db::Txn;
use crate::kernel::ids::DocumentId;
use crate::pdf;
use jobs::SetPdf;

pub use model::{Calendar, Document, DocumentNumber, Draft, Kind};
use model::{DocumentEvent, Spelling};
pub use rates::{await_no_rate, await_rate, awaited, awaited_in, awaited_of, count_awaited, enter_rate, rate_on, rates};
pub use setting::{PdfRefusal, pdf};
pub use store::{count_waiting, document, issued_between, of_order, waiting};

/// Issues a document: gives it the next number of its series and year, freezes what it says, and asks for its PDF. What was
/// issued under the draft's key before is answered again.
///
/// The number's row is locked until the caller's transaction ends, and given back if that is rolled back: a series has no gaps.
/// Whoever issues holds the order's lock already, and takes this one last.
///
/// # Errors
/// The database's own.
pub async fn issue(txn: &Txn, draft: Draft) -> Result<Document, DbErr> {
    if let Some(before) = store::by_key(txn, &draft.key).await? {
        return Ok(before);
    }
    let document = store::insert(txn, draft).await?;
    audit::record(txn, &DocumentEvent::Issued(&document)).await?;
    crate::jobs::enqueue(txn, &SetPdf { document: document.id }).await?;
    Ok(document)
}

/// The texts of a document that have characters the font has no letters for, as they are printed now.
pub fn unprintable(document: &Document) -> Vec<String> {
    document.printed().texts().into_iter().filter(|text| !pdf::unprintable(text).is_empty()).collect()
}

/// Why no spelling is taken.
#[derive(Debug, thiserror::Error)]
pub enum SpellRefusal {
    #[error("there is no such document")]
    NoSuchDocument,
    /// What was handed out never changes.
    #[error("the document is set")]
    Set,
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// Says how texts of a document are printed that cannot be as they are, and asks for its PDF again. The facts stay as they are.
///
/// # Errors
/// [`SpellRefusal`].
pub async fn spell(txn: &Txn, id: DocumentId, spellings: Vec<Spelling>) -> Result<Document, SpellRefusal> {
    let mut document = store::document_for_update(txn, id).await?.ok_or(SpellRefusal::NoSuchDocument)?;
    if store::has_pdf(txn, id).await? {
        return Err(SpellRefusal::Set);
    }
    document.spellings.retain(|known| !spellings.iter().any(|new| new.text == known.text));
    document.spellings.extend(spellings.iter().cloned());
    document.waiting = None;
    store::save(txn, &document).await?;
    audit::record(txn, &DocumentEvent::Spelled { document: &document, spellings: &spellings }).await?;
    crate::jobs::enqueue(txn, &SetPdf { document: id }).await?;
    Ok(document)
}
