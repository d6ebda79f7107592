//! Rows of the domain `documents`.

pub mod awaited_invoices;
pub mod document_pdfs;
pub mod document_series;
#[allow(clippy::module_inception, reason = "a file a table")]
pub mod documents;
pub mod exchange_rates;
