//! A month's accounts as CSV.

use axum::extract::{Path, State};
use axum::response::Response;

use super::find;
use crate::ledger::Balance;
use crate::views::month::Report;
use crate::web::pages::sheet::{cell, download};
use crate::web::session::{Admin, PageSnapshot};
use crate::web::{App, Problem};

const HEADINGS: [&str; 7] = ["month", "currency", "account", "opening", "debits", "credits", "closing"];

/// A line for each account in each currency; a balance in credit is negative.
pub async fn csv(
    State(app): State<App>,
    Admin(_): Admin,
    PageSnapshot(conn): PageSnapshot,
    Path(month): Path<String>,
) -> Result<Response, Problem> {
    let report = find(&conn, &month, app.services.clocks.service()).await?;
    let lines = report.accounts.iter().flat_map(|accounts| &accounts.rows).map(|row| record(&report, row));
    download(&format!("ledger-{}", report.month), HEADINGS, lines)
}

/// The amounts are numbers of ours, not words that somebody typed: their minus is no formula.
fn record(report: &Report, row: &Balance) -> [String; 7] {
    let words = [report.month.to_string(), row.opening.currency.code().to_owned(), row.account.word().to_owned()];
    let [month, currency, account] = words.map(|word| cell(&word));
    let [opening, debits, credits, closing] =
        [row.opening, row.debits, row.credits, row.closing()].map(crate::kernel::Money::decimal);
    [month, currency, account, opening, debits, credits, closing]
}
