//! A month's accounts as CSV.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};

use super::find;
use crate::ledger::Balance;
use crate::views::month::Report;
use crate::web::pages::sheet::{BYTE_ORDER_MARK, cell, headers, written};
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
    let mut bytes = BYTE_ORDER_MARK.as_bytes().to_vec();
    let lines = report.accounts.iter().flat_map(|accounts| &accounts.rows).map(|row| record(&report, row));
    let written = written(std::iter::once(HEADINGS.map(str::to_owned)).chain(lines));
    bytes.extend(written.map_err(Problem::internal)?);
    Ok((headers(&format!("ledger-{}", report.month)), bytes).into_response())
}

/// The amounts are numbers of ours, not words that somebody typed: their minus is no formula.
fn record(report: &Report, row: &Balance) -> [String; 7] {
    let words = [report.month.to_string(), row.opening.currency.code().to_owned(), row.account.word().to_owned()];
    let [month, currency, account] = words.map(|word| cell(&word));
    let [opening, debits, credits, closing] =
        [row.opening, row.debits, row.credits, row.closing()].map(crate::kernel::Money::decimal);
    [month, currency, account, opening, debits, credits, closing]
}
