//! The staff and their state; and any account, searched for.

use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use sea_orm::DbErr;
use serde::Deserialize;

use crate::db::Conn;
use crate::identity::{self, Account, AccountState};
use crate::kernel::ShownTime;
use crate::search::Terms;
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
    /// What was searched for.
    q: &'a str,
    found: Option<Found>,
}

/// Accounts of whatever role.
struct Found {
    /// Each with the look of its state, and the state.
    accounts: Vec<(Account, (&'static str, &'static str))>,
    /// There are others, which are not shown.
    more: bool,
}

/// The most accounts that a search shows.
const SHOWN: usize = 20;

/// What the address asks for beside the staff.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// Beginnings of words of a name or an address.
    q: String,
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

async fn found(conn: &Conn, asked: &Asked) -> Result<Option<Found>, DbErr> {
    let terms = Terms::parse(&asked.q);
    if terms.is_empty() {
        return Ok(None);
    }
    let mut accounts = identity::accounts_found(conn, &terms, SHOWN as u64 + 1).await?;
    let more = accounts.len() > SHOWN;
    accounts.truncate(SHOWN);
    let with_look = |account: Account| {
        let look = state(account.state);
        (account, look)
    };
    Ok(Some(Found { accounts: accounts.into_iter().map(with_look).collect(), more }))
}

/// All of the staff, by name; and the accounts that a search finds.
pub async fn show(
    view: View,
    Admin(admin): Admin,
    PageSnapshot(conn): PageSnapshot,
    Query(done): Query<DoneQuery>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let found = found(&conn, &asked).await?;
    let staff = people::staff(&conn).await?;
    let rows = staff.iter().map(|of| Row {
        of,
        state: state(of.account.state),
        last_seen: of.last_seen.map(|at| ShownTime::new(at, &admin.zone)),
    });
    page(&Page { view: &view, done: done.word(), zone: admin.zone.name(), rows: rows.collect(), q: &asked.q, found })
}
