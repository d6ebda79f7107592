//! One certificate, for anybody who has its code: what it is worth first, then every word of it.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;

use crate::certificates::{self, Code};
use crate::web::kept::Stamp;
use crate::web::pages::certificate::{Printed, Worth};
use crate::web::session::{LazySnapshot, PageSnapshot};
use crate::web::view::{View, page, page_not_found, page_to_ask_about};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/verify/show.html")]
struct Page<'a> {
    view: &'a View,
    it: Printed,
    /// This page's own address.
    address: String,
}

#[derive(Template)]
#[template(path = "web/pages/verify/unknown.html")]
struct Unknown<'a> {
    view: &'a View,
}

/// The certificate; one statement. Visitors have the page as it was kept, for a second at most and never past a change made here.
pub(super) async fn show(
    State(app): State<App>,
    view: View,
    snapshot: LazySnapshot,
    asked: HeaderMap,
    Path(code): Path<String>,
) -> Result<Response, Problem> {
    let Ok(code) = code.parse::<Code>() else { return page_not_found(&Unknown { view: &view }) };
    let stamp = Stamp::now(&app.services);
    let kept = if view.signed_in() { None } else { app.checks.get(stamp, &code) };
    if let Some(kept) = kept {
        return Ok(page_to_ask_about(kept, &asked));
    }
    let PageSnapshot(conn) = if view.signed_in() { snapshot.open().await? } else { snapshot.anew().await? };
    let Some(certificate) = certificates::by_code(&conn, &code).await? else {
        return page_not_found(&Unknown { view: &view });
    };
    let address = format!("{}{}", app.services.settings.server.public_url.origin(), certificates::verify_path(&code));
    let shown = Page { view: &view, it: Printed::new(certificate), address };
    if view.signed_in() {
        return page(&shown);
    }
    Ok(page_to_ask_about(app.checks.keep(stamp, code, shown.render()?), &asked))
}
