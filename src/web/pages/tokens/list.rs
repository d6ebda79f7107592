//! Every token there was.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;

use crate::kernel::ShownTime;
use crate::tokens::{self, Token, TokenState};
use crate::views::history;
use crate::web::pages::{Done, DoneQuery};
use crate::web::session::{Admin, PageSnapshot};
use crate::web::view::{View, page};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/tokens/list.html")]
struct Page<'a> {
    view: &'a View,
    done: Option<Done>,
    zone: &'a str,
    rows: Vec<Row<'a>>,
}

struct Row<'a> {
    of: &'a Token,
    state: (&'static str, &'static str),
    /// When it ends, or ended.
    ends: ShownTime,
    last_used: Option<ShownTime>,
    maker: String,
    works: bool,
}

/// All of them, newest first.
pub async fn show(
    State(app): State<App>,
    view: View,
    Admin(admin): Admin,
    PageSnapshot(conn): PageSnapshot,
    Query(done): Query<DoneQuery>,
) -> Result<Response, Problem> {
    let (found, now) = (tokens::tokens(&conn).await?, app.services.clocks.machine());
    let makers = history::names(&conn, found.iter().map(|token| token.created_by)).await?;
    let shown = |at| ShownTime::new(at, &admin.zone);
    let row = |of| {
        let (state, ends) = state(of, now);
        let maker = makers.get(&of.created_by).cloned().unwrap_or_default();
        let works = matches!(of.state(now), TokenState::Works { .. });
        Row { of, state, ends: shown(ends), last_used: of.last_used_at.map(shown), maker, works }
    };
    page(&Page { view: &view, done: done.word(), zone: admin.zone.name(), rows: found.iter().map(row).collect() })
}

fn state(token: &Token, now: crate::kernel::Timestamp) -> ((&'static str, &'static str), crate::kernel::Timestamp) {
    match token.state(now) {
        TokenState::Works { until } => (("done", "Works until"), until),
        TokenState::Expired { at } => (("", "Expired"), at),
        TokenState::Revoked { at } => (("bad", "Revoked"), at),
    }
}
