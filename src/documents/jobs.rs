//! What documents do later: their PDFs are set.

use serde::{Deserialize, Serialize};

use super::{PdfRefusal, pdf};
use crate::jobs::{Job, JobFailure};
use crate::kernel::ids::DocumentId;
use crate::services::Services;

/// Sets a document's PDF and keeps it.
#[derive(Debug, Serialize, Deserialize)]
pub struct SetPdf {
    pub document: DocumentId,
}

impl Job for SetPdf {
    const KIND: &'static str = "documents.set_pdf";

    fn dedupe_key(&self) -> Option<String> {
        Some(format!("{}:{}", Self::KIND, self.document))
    }

    async fn run(self, services: &Services) -> Result<(), JobFailure> {
        match pdf(services, self.document).await {
            // The admins' queue says that it waits, and a spelling asks for it again.
            Ok(_) | Err(PdfRefusal::Unprintable(_)) => Ok(()),
            Err(refusal @ (PdfRefusal::Db(_) | PdfRefusal::Changed)) => Err(JobFailure::Retry(refusal.to_string())),
            Err(refusal) => Err(JobFailure::GiveUp(refusal.to_string())),
        }
    }
}
