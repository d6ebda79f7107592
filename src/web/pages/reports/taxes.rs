//! A month's taxes as CSV, by place, tax and rate.

use axum::extract::{Path, State};
use axum::response::Response;

use super::find;
use crate::kernel::Money;
use crate::views::taxes::{InRupees, Taxed};
use crate::web::pages::sheet::{cell, download};
use crate::web::session::{Admin, PageSnapshot};
use crate::web::{App, Problem};

const HEADINGS: [&str; 11] = [
    "month",
    "currency",
    "place",
    "tax",
    "rate_percent",
    "invoices",
    "credit_notes",
    "taxable",
    "tax_amount",
    "taxable_inr",
    "tax_amount_inr",
];

/// A line for each tax at one rate in one place.
pub async fn csv(
    State(app): State<App>,
    Admin(_): Admin,
    PageSnapshot(conn): PageSnapshot,
    Path(month): Path<String>,
) -> Result<Response, Problem> {
    let report = find(&conn, &month, app.services.clocks.service()).await?;
    let month = report.month.to_string();
    let lines = report.taxes.iter().map(|row| record(&month, row));
    download(&format!("taxes-{month}"), HEADINGS, lines)
}

/// The amounts are numbers of ours, not words that somebody typed: their minus is no formula.
fn record(month: &str, row: &Taxed) -> [String; 11] {
    let rate = row.rate.map_or_else(String::new, |rate| rate.to_string());
    let [month, place, tax] = [month, &row.place, &row.tax].map(cell);
    let counts = [row.invoices, row.credit_notes].map(|count| count.to_string());
    let [invoices, credit_notes] = counts;
    let (taxable, amount) = (row.taxable.decimal(), row.amount.decimal());
    let rupees = |of: fn(InRupees) -> Money| row.rupees.map(|rupees| of(rupees).decimal()).unwrap_or_default();
    let (in_rupees, tax_in_rupees) = (rupees(InRupees::taxable), rupees(InRupees::amount));
    let currency = row.taxable.currency.code().to_owned();
    [month, currency, place, tax, rate, invoices, credit_notes, taxable, amount, in_rupees, tax_in_rupees]
}
