//! Payouts: one with its lines, and a month's lines as CSV.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::find;
use crate::kernel::{Money, ShownTime, Zone};
use crate::payment::{MatchedLine, Order, PayoutStanding, Source};
use crate::views::payouts::{self, Line, Paid};
use crate::web::pages::sheet::{cell, download};
use crate::web::session::{Admin, PageSnapshot};
use crate::web::view::{View, page};
use crate::web::{App, Problem};

/// A payout as it is shown.
pub struct PayoutRow<'a> {
    pub of: &'a Paid,
    pub state: (&'static str, &'static str),
    pub arrival: ShownTime,
    pub booked: Money,
    pub is_matched: bool,
    pub unmatched: Vec<LineRow<'a>>,
}

impl<'a> PayoutRow<'a> {
    pub fn new(of: &'a Paid, zone: &Zone) -> Self {
        Self {
            of,
            state: state(of.payout.standing),
            arrival: ShownTime::new(of.payout.arrival, zone),
            booked: of.booked(),
            is_matched: of.is_matched(),
            unmatched: of.unmatched().map(LineRow::new).collect(),
        }
    }
}

/// A line as it is shown.
pub struct LineRow<'a> {
    pub of: &'a MatchedLine,
    pub order: Option<&'a Order>,
    pub what: &'static str,
    /// The gateway's id of what moved the balance, or of the movement.
    pub source: &'a str,
}

impl<'a> LineRow<'a> {
    fn new(line: &'a Line) -> Self {
        let of = &line.of;
        Self { of, order: line.order.as_ref(), what: what(of), source: of.line.source.as_deref().unwrap_or(&of.line.id) }
    }
}

/// What moved the balance, by the gateway's word for it.
fn what(line: &MatchedLine) -> &'static str {
    match (&line.source, line.line.kind.as_str()) {
        (Source::Payment(_), _) => "Payment",
        (Source::Dispute(_), _) if line.line.net.minor < 0 => "Disputed money taken",
        (Source::Dispute(_), _) => "Disputed money given back",
        (Source::Refund(_), _) if line.line.net.minor < 0 => "Refund",
        (Source::Refund(_), _) => "Refund that came back",
        (Source::Returned { .. }, _) => "Payout that came back",
        (Source::Unknown, "charge" | "payment") => "Payment that is not in the books",
        (Source::Unknown, "refund" | "payment_refund") => "Refund that is not in the books",
        (Source::Unknown, "refund_failure" | "payment_refund_failure") => "Failed refund that is not in the books",
        (Source::Unknown, "adjustment") => "Dispute or correction that is not in the books",
        (Source::Unknown, "stripe_fee") => "Fee of the gateway that is not in the books",
        (Source::Unknown, _) => "Not in the books",
    }
}

const fn state(standing: PayoutStanding) -> (&'static str, &'static str) {
    match standing {
        PayoutStanding::Pending | PayoutStanding::InTransit => ("wait", "On its way"),
        PayoutStanding::Paid => ("done", "In the bank"),
        PayoutStanding::Failed => ("bad", "Came back"),
        PayoutStanding::Canceled => ("", "Called off"),
    }
}

#[derive(Template)]
#[template(path = "web/pages/reports/payout.html")]
struct Page<'a> {
    view: &'a View,
    row: PayoutRow<'a>,
    lines: Vec<LineRow<'a>>,
}

/// One payout with what it consists of.
pub async fn show(
    view: View,
    Admin(admin): Admin,
    PageSnapshot(conn): PageSnapshot,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let paid = payouts::of(&conn, &id).await?.ok_or(Problem::NotFound)?;
    let lines = paid.lines.iter().map(LineRow::new).collect();
    page(&Page { view: &view, row: PayoutRow::new(&paid, &admin.zone), lines })
}

const HEADINGS: [&str; 11] = ["month", "payout", "state", "currency", "line", "kind", "order", "amount", "fee", "net", "booked"];

/// A line for each line of each payout of a month; a payout of which no lines are known is a line by itself.
pub async fn csv(
    State(app): State<App>,
    Admin(_): Admin,
    PageSnapshot(conn): PageSnapshot,
    Path(month): Path<String>,
) -> Result<Response, Problem> {
    let report = find(&conn, &month, app.services.clocks.service()).await?;
    let month = report.month.to_string();
    let lines = report.payouts.iter().flat_map(|paid| records(&month, paid));
    download(&format!("payouts-{month}"), HEADINGS, lines)
}

/// The amounts are numbers of ours, not words that somebody typed: their minus is no formula.
fn records(month: &str, paid: &Paid) -> Vec<[String; 11]> {
    let payout = &paid.payout;
    let record = |words: [&str; 3], [amount, fee, net, booked]: [String; 4]| {
        let currency = payout.amount.currency.code();
        let [line, kind, order] = words.map(cell);
        let [month, id, state] = [month, &payout.id, payout.standing.word()].map(cell);
        [month, id, state, currency.to_owned(), line, kind, order, amount, fee, net, booked]
    };
    if paid.lines.is_empty() {
        let (amount, none) = (payout.amount.decimal(), String::new());
        return vec![record(["", "payout", ""], [amount.clone(), none.clone(), amount, none])];
    }
    let line = |line: &Line| {
        let of = &line.of.line;
        let order = line.order.as_ref().map_or("", |order| order.number.as_str());
        let amounts = [of.amount, of.fee, of.net, line.of.booked].map(Money::decimal);
        record([of.source.as_deref().unwrap_or(&of.id), &of.kind, order], amounts)
    };
    paid.lines.iter().map(line).collect()
}
