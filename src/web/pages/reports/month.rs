//! One month of the books.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::payouts::PayoutRow;
use super::{find, words};
use crate::kernel::Money;
use crate::ledger::Balance;
use crate::views::month::{self, Report};
use crate::views::taxes::{total_in_rupees, totals};
use crate::web::session::{Admin, PageSnapshot};
use crate::web::view::{View, page};
use crate::web::{App, Problem};

/// As many faults are named; more are counted.
const NAMED: usize = 20;

#[derive(Template)]
#[template(path = "web/pages/reports/month.html")]
struct Page<'a> {
    view: &'a View,
    report: &'a Report,
    zone: &'static str,
    faults: Vec<String>,
    more: usize,
    ledger: Vec<Currency>,
    payouts: Vec<PayoutRow<'a>>,
    /// All taxes of each currency.
    tax_totals: Vec<Money>,
    /// All of them in rupees, where some are of exports in another currency.
    tax_in_rupees: Option<Money>,
}

/// The accounts of one currency, as they are shown.
struct Currency {
    code: &'static str,
    rows: Vec<Line>,
    moved: Money,
}

struct Line {
    name: &'static str,
    holds: &'static str,
    opening: String,
    debits: Money,
    credits: Money,
    closing: String,
}

/// The page.
pub async fn show(
    State(app): State<App>,
    view: View,
    Admin(admin): Admin,
    PageSnapshot(conn): PageSnapshot,
    Path(month): Path<String>,
) -> Result<Response, Problem> {
    let report = find(&conn, &month, app.services.clocks.service()).await?;
    let faults = &report.verdict.faults;
    let ledger = report.accounts.iter().map(|accounts| Currency {
        code: accounts.currency.code(),
        rows: accounts.rows.iter().map(line).collect(),
        moved: accounts.moved,
    });
    page(&Page {
        view: &view,
        zone: month::ZONE,
        faults: faults.iter().take(NAMED).map(ToString::to_string).collect(),
        more: faults.len().saturating_sub(NAMED),
        ledger: ledger.collect(),
        payouts: report.payouts.iter().map(|paid| PayoutRow::new(paid, &admin.zone)).collect(),
        tax_totals: totals(&report.taxes),
        tax_in_rupees: total_in_rupees(&report.taxes),
        report: &report,
    })
}

fn line(of: &Balance) -> Line {
    let (name, holds) = words::account(of.account);
    let (opening, closing) = (words::balance(of.opening), words::balance(of.closing()));
    Line { name, holds, opening, debits: of.debits, credits: of.credits, closing }
}
