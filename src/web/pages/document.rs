//! A document about money as pages show it, and its PDF.

use axum::response::Response;

use crate::documents::{self, Document, Kind, PdfRefusal};
use crate::kernel::ids::DocumentId;
use crate::kernel::shown::plain_date;
use crate::web::view::pdf_to_save;
use crate::web::{App, Problem};

/// One of an order's documents, in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DocumentLine {
    pub(super) id: DocumentId,
    /// `Receipt`.
    pub(super) name: &'static str,
    pub(super) number: String,
    pub(super) issued_on: String,
    /// A receipt or an invoice: for what was paid.
    pub(super) is_of_payment: bool,
    /// It has characters that cannot be printed.
    pub(super) waits: bool,
}

impl From<&Document> for DocumentLine {
    fn from(document: &Document) -> Self {
        Self {
            id: document.id,
            name: document.kind.name(),
            number: document.number.to_string(),
            issued_on: plain_date(document.issued_on),
            is_of_payment: matches!(document.kind, Kind::Receipt | Kind::TaxInvoice),
            waits: document.waiting.is_some(),
        }
    }
}

/// The one of these that a path names.
pub(super) fn named<'a>(documents: &'a [Document], id: &str) -> Result<&'a Document, Problem> {
    let id: DocumentId = id.parse().map_err(|_| Problem::NotFound)?;
    documents.iter().find(|document| document.id == id).ok_or(Problem::NotFound)
}

/// Its PDF, to save.
pub(super) async fn pdf(app: &App, document: &Document) -> Result<Response, Problem> {
    match documents::pdf(&app.services, document.id).await {
        Ok(bytes) => Ok(pdf_to_save(&document.number.for_file(), bytes)),
        Err(PdfRefusal::NoSuchDocument) => Err(Problem::NotFound),
        Err(PdfRefusal::Unprintable(_)) => Err(Problem::Conflict {
            title: "This document is not ready yet",
            detail: format!(
                "{} {} has letters that our printing font does not have. An admin sees to it; nothing is lost, and you need not \
                 ask. Come back tomorrow.",
                document.kind.name(),
                document.number
            ),
        }),
        Err(PdfRefusal::Changed) => Err(Problem::Busy),
        Err(PdfRefusal::Db(error)) => Err(error.into()),
        Err(refusal @ PdfRefusal::Render(_)) => Err(Problem::internal(refusal)),
    }
}
