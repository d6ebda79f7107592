//! The months of which there is a report.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::views::month::{self, Month};
use crate::web::session::{Admin, PageSnapshot};
use crate::web::view::{View, page};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/reports/list.html")]
struct Page<'a> {
    view: &'a View,
    /// Newest first, and so the present one before all.
    months: Vec<Month>,
    zone: &'static str,
}

/// The list.
pub async fn show(
    State(app): State<App>,
    view: View,
    Admin(_): Admin,
    PageSnapshot(conn): PageSnapshot,
) -> Result<Response, Problem> {
    let months = month::months(&conn, app.services.clocks.service()).await?;
    page(&Page { view: &view, months, zone: month::ZONE })
}
