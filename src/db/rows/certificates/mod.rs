//! Rows of the domain `certificates`.

pub mod certificate_pdfs;
#[allow(clippy::module_inception, reason = "a file a table")]
pub mod certificates;
