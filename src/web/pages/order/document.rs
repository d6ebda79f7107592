//! A receipt or an invoice, to save.

use axum::extract::{Path, State};
use axum::response::Response;

use super::show::own;
use crate::web::pages::document;
use crate::web::view::Moment;
use crate::web::{App, Problem};

/// The PDF of a document of the reader's own order.
pub async fn save(
    State(app): State<App>,
    moment: Moment,
    Path((order, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    // The snapshot is let go before the PDF is set: that takes its time.
    let sheet = own(&*app.services.db.snapshot().await?, &moment, &order).await?;
    document::pdf(&app, document::named(&sheet.documents, &id)?).await
}
