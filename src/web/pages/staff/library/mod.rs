//! The library of articles: looking through it, bringing articles in, and correcting their records.

mod edit;
mod input;
mod list;
mod new;
mod upload;

use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;

use crate::web::routes::{Access, Routes};

/// A form with an article's text: 1 MiB of UTF-8 is at most three times as long when a form encodes it.
const TEXT_FORM_LIMIT: usize = 4 << 20;
/// More than the importer takes, so that it is the one to refuse.
const UPLOAD_LIMIT: usize = 2 << 20;

pub(super) fn routes() -> Routes {
    let text = || DefaultBodyLimit::max(TEXT_FORM_LIMIT);
    Routes::default()
        .get("/staff/readings", Access::Staff, list::show)
        .get("/staff/readings/new", Access::Staff, new::choose)
        .post("/staff/readings/new", Access::Staff, new::add.layer(text()))
        .get("/staff/readings/new/citation", Access::Staff, new::citation)
        .post("/staff/readings/new/paste", Access::Staff, new::paste.layer(text()))
        .post("/staff/readings/new/upload", Access::Staff, new::upload.layer(DefaultBodyLimit::max(UPLOAD_LIMIT)))
        .get("/staff/readings/{reading}", Access::Staff, edit::show)
        .get("/staff/readings/{reading}/correct", Access::Staff, edit::form)
        .post("/staff/readings/{reading}/correct", Access::Staff, edit::correct.layer(text()))
}
