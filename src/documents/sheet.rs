//! What the PDF prints: the values of `documents/business.typ`, which all four templates share.

use serde::Serialize;

use super::model::{Declaration, Document, Facts, Kind, Line, Party, Payee, Supply};
use crate::kernel::shown::plain_date;
use crate::kernel::time::Date;
use crate::kernel::{Currency, Money};
use crate::organisation::model::upi_link;
use crate::pdf::{RenderFailure, qr_svg};

/// A fact and its words.
type Row = (String, String);

#[derive(Debug, Serialize)]
pub(super) struct Sheet {
    title: &'static str,
    number: String,
    issued: Day,
    seller: Side,
    buyer: Side,
    /// What the document is about, and what tax law asks for.
    facts: Vec<Row>,
    lines: Vec<Printed>,
    /// Whether the lines have accounting codes.
    coded: bool,
    sums: Vec<Row>,
    total: Row,
    /// In capitals by law.
    declaration: Option<&'static str>,
    declared: Vec<Row>,
    paid: Vec<Row>,
    pay: Option<Pay>,
    notes: Vec<String>,
    /// The facts themselves as JSON, attached: what is printed in another spelling stands there as it was typed.
    source: String,
}

#[derive(Debug, Serialize)]
struct Day {
    year: i16,
    month: i8,
    day: i8,
    words: String,
}

#[derive(Debug, Serialize)]
struct Side {
    name: String,
    lines: Vec<String>,
    rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Printed {
    description: String,
    sac: String,
    quantity: String,
    unit: String,
    amount: String,
}

/// How to pay.
#[derive(Debug, Serialize)]
struct Pay {
    rows: Vec<Row>,
    upi: Option<Upi>,
}

#[derive(Debug, Serialize)]
struct Upi {
    id: String,
    /// Its payment address as an SVG.
    qr: String,
}

fn row(label: impl Into<String>, value: impl Into<String>) -> Row {
    (label.into(), value.into())
}

impl Sheet {
    /// # Errors
    /// [`RenderFailure::Template`] if a UPI address is longer than a QR code holds.
    pub(super) fn new(document: &Document) -> Result<Self, RenderFailure> {
        let facts = document.printed();
        let issued = document.issued_on;
        let source = serde_json::to_string_pretty(&document.facts).map_err(|error| RenderFailure::Template(error.to_string()))?;
        Ok(Self {
            title: title(document.kind, &facts),
            number: document.number.to_string(),
            issued: Day { year: issued.year(), month: issued.month(), day: issued.day(), words: plain_date(issued) },
            seller: side(&facts.seller, facts.seller.state.is_some()),
            buyer: side(&facts.buyer, facts.supply.place().is_some()),
            facts: about(&facts),
            lines: facts.lines.iter().map(line).collect(),
            coded: facts.lines.iter().any(|line| line.sac.is_some()),
            sums: sums(&facts),
            total: row(total_label(document.kind), facts.sums.total.to_string()),
            declaration: declaration(&facts).map(Declaration::words),
            declared: declared(&facts),
            paid: paid(&facts),
            pay: facts.payee.as_ref().map(|payee| pay(payee, &facts, &document.number.to_string())).transpose()?,
            notes: notes(document.kind, &facts),
            source,
        })
    }
}

#[cfg(test)]
impl Sheet {
    /// What is attached.
    pub(super) fn source(&self) -> &str {
        &self.source
    }
}

/// An invoice of another country's law is not called by the words of ours.
fn title(kind: Kind, facts: &Facts) -> &'static str {
    match (kind, &facts.supply) {
        (Kind::TaxInvoice, Supply::Elsewhere) => "Invoice",
        _ => kind.name(),
    }
}

fn side(party: &Party, with_state: bool) -> Side {
    let mut rows = Vec::new();
    rows.extend(party.state.as_ref().filter(|_| with_state).map(|state| row("State", state.to_string())));
    rows.extend(party.registration.as_ref().map(|known| row(&known.label, &known.number)));
    rows.extend(party.contact.as_ref().map(|contact| row("Contact", contact)));
    Side { name: party.name.clone(), lines: party.address.clone(), rows }
}

fn about(facts: &Facts) -> Vec<Row> {
    let mut rows = vec![row("Order", &facts.order)];
    if let Some(credited) = &facts.credits {
        rows.push(row("Credits", format!("{} of {}", credited.number, plain_date(credited.issued_on))));
        rows.push(row("Reason", &credited.reason));
        if let Some(last) = credited.tax_until {
            let words = format!("Not reduced: issued after {} (CGST Act s. 34(2))", plain_date(last));
            rows.push(row("Supplier’s tax", words));
        }
    }
    if let Some(place) = facts.supply.place() {
        rows.push(row("Place of supply", place.to_string()));
        // Rule 46(p).
        rows.push(row("Tax on reverse charge", "No"));
    }
    rows
}

fn line(line: &Line) -> Printed {
    Printed {
        description: line.description.clone(),
        sac: line.sac.clone().unwrap_or_default(),
        quantity: line.quantity.to_string(),
        unit: line.unit.to_string(),
        amount: line.amount.to_string(),
    }
}

/// From the lines to the total; nothing where the total says it all.
fn sums(facts: &Facts) -> Vec<Row> {
    let mut rows = Vec::new();
    if let Some(discount) = &facts.sums.discount {
        let label = discount.label.as_ref().map_or_else(|| "Discount".to_owned(), |why| format!("Discount ({why})"));
        let less = Money::new(-discount.amount.minor, discount.amount.currency);
        rows.push(row(label, less.to_string()));
    }
    if !facts.sums.taxes.is_empty() || matches!(facts.supply, Supply::Export(_)) {
        rows.push(row("Taxable value", facts.sums.taxable.to_string()));
    }
    rows.extend(facts.sums.taxes.iter().map(|tax| row(format!("{} at {} %", tax.label, tax.rate), tax.amount.to_string())));
    rows
}

const fn total_label(kind: Kind) -> &'static str {
    match kind {
        Kind::Receipt | Kind::TaxInvoice => "Total",
        Kind::Proforma => "To pay",
        Kind::CreditNote => "Credited",
    }
}

fn declaration(facts: &Facts) -> Option<&Declaration> {
    match &facts.supply {
        Supply::Export(export) => Some(&export.declaration),
        _ => None,
    }
}

fn declared(facts: &Facts) -> Vec<Row> {
    let Supply::Export(export) = &facts.supply else { return Vec::new() };
    let mut rows = Vec::new();
    if let Declaration::UnderUndertaking { number, year } = &export.declaration {
        rows.push(row("Letter of undertaking", format!("{number}, for {year}")));
    }
    if let Some(rupees) = &export.rupees {
        rows.push(row("Value in rupees", rupees.value.to_string()));
        rows.extend(rupees.tax.filter(|tax| tax.minor != 0).map(|tax| row("Tax in rupees", tax.to_string())));
        let of = [rupees.from.map(|from| format!("from {}", plain_date(from))), rupees.source.clone()];
        let of: String = of.into_iter().flatten().map(|word| format!(", {word}")).collect();
        rows.push(row("Exchange rate", format!("1 {} = {} INR{of}", facts.sums.total.currency, rupees.rate)));
    }
    rows
}

fn paid(facts: &Facts) -> Vec<Row> {
    let told = facts.paid.iter().map(|paid| {
        let reference = paid.reference.as_ref().map(|reference| format!(", reference {reference}")).unwrap_or_default();
        row(format!("{} on {}{reference}", paid.by, plain_date(paid.on)), paid.amount.to_string())
    });
    told.collect()
}

fn pay(payee: &Payee, facts: &Facts, number: &str) -> Result<Pay, RenderFailure> {
    let mut rows = Vec::new();
    if let Some(bank) = &payee.bank {
        rows.push(row("Account name", &bank.account_name));
        rows.push(row("Account number", &bank.account_number));
        rows.push(row("IFSC", &bank.ifsc));
        rows.push(row("Bank", format!("{}, {}", bank.bank, bank.branch)));
    }
    rows.push(row("Reference to give", &facts.order));
    rows.extend(payee.until.map(|until: Date| row("Price holds until", plain_date(until))));
    let upi = match &payee.upi {
        // UPI moves rupees.
        Some(id) if facts.sums.total.currency == Currency::INR => Some(Upi { id: id.clone(), qr: upi_qr(id, facts, number)? }),
        _ => None,
    };
    Ok(Pay { rows, upi })
}

/// The payment address that UPI apps read, with the document's number as the payee's reference.
fn upi_qr(id: &str, facts: &Facts, number: &str) -> Result<String, RenderFailure> {
    let name = facts.payee.as_ref().and_then(|payee| payee.bank.as_ref()).map_or(&facts.seller.name, |bank| &bank.account_name);
    qr_svg(&upi_link(id, name, facts.sums.total, &facts.order, Some(&number.replace('/', ""))))
}

fn notes(kind: Kind, facts: &Facts) -> Vec<String> {
    let untaxed = (facts.supply == Supply::Untaxed).then(|| "No tax is charged.".to_owned());
    let own = match kind {
        Kind::Proforma => Some(
            "This pro-forma invoice says what is to be paid and how. It is not a tax document: no tax can be claimed on it. The \
             document for your books comes when the money has arrived."
                .to_owned(),
        ),
        Kind::Receipt if facts.sums.total.minor == 0 => Some("Nothing was to be paid.".to_owned()),
        Kind::Receipt => Some("Received with thanks.".to_owned()),
        Kind::TaxInvoice | Kind::CreditNote => None,
    };
    own.into_iter().chain(untaxed).collect()
}
