//! The staff and their state.

use askama::Template;
use axum::extract::Query;
use axum::response::Response;

use crate::identity::AccountState;
use crate::kernel::ShownTime;
use crate::views::people::{self, StaffRow};
use crate::web::Problem;
use crate::web::pages::{Done, DoneQuery};
use crate::web::session::{Admin, PageSnapshot};
use crate::web::view::{View, page};

#[derive(Template)]
#[template(path = "web/pages/people/list.html")]
struct Page<'a> {
    view: &'a View,
    done: Option<Done>,
    zone: &'a str,
    rows: Vec<Row<'a>>,
}

struct Row<'a> {
    of: &'a StaffRow,
    state: (&'static str, &'static str),
    last_seen: Option<ShownTime>,
}

/// How an account stands: the look of the state, and the state.
pub(super) fn state(state: AccountState) -> (&'static str, &'static str) {
    match state {
        AccountState::Active => ("done", "Active"),
        AccountState::Disabled { .. } => ("bad", "Disabled"),
    }
}

/// All of them, by name.
pub async fn show(
    view: View,
    Admin(admin): Admin,
    PageSnapshot(conn): PageSnapshot,
    Query(done): Query<DoneQuery>,
) -> Result<Response, Problem> {
    let staff = people::staff(&conn).await?;
    let rows = staff.iter().map(|of| Row {
        of,
        state: state(of.account.state),
        last_seen: of.last_seen.map(|at| ShownTime::new(at, &admin.zone)),
    });
    page(&Page { view: &view, done: done.word(), zone: admin.zone.name(), rows: rows.collect() })
}
