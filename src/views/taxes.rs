//! The taxes of a month, by place, tax and rate: what invoices charged, less what credit notes took back.

use std::collections::BTreeMap;

use sea_orm::DbErr;

use crate::db::Conn;
use crate::documents::model::{Declaration, Facts, Supply};
use crate::documents::{self, Document, Kind};
use crate::kernel::time::Date;
use crate::kernel::{Currency, Money};
use crate::organisation::model::Rate;

/// One tax at one rate in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taxed {
    /// A State with its code, or a country.
    pub place: String,
    /// `CGST`; or why there is none.
    pub tax: String,
    pub rate: Option<Rate>,
    /// How many documents say so.
    pub invoices: u64,
    pub credit_notes: u64,
    pub taxable: Money,
    pub amount: Money,
    /// The same in rupees, as far as the documents say it; nothing where none does.
    pub rupees: Option<InRupees>,
}

impl Taxed {
    /// What it comes to in rupees, where it is in another currency.
    pub fn abroad(&self) -> Option<InRupees> {
        self.rupees.filter(|_| self.taxable.currency != Currency::INR)
    }
}

/// What a row comes to in rupees: itself where it is in them, else by the rate that each export's document froze.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct InRupees {
    /// In paise.
    taxable: i64,
    amount: i64,
}

impl InRupees {
    pub const fn taxable(self) -> Money {
        Money::new(self.taxable, Currency::INR)
    }

    pub const fn amount(self) -> Money {
        Money::new(self.amount, Currency::INR)
    }
}

/// How rows are told apart, and in which order they stand: currency, place, tax, rate in hundredths of a per cent.
type Key = (&'static str, String, String, u16);

/// The taxes of the documents issued from `from` to `until`, both within, by their own calendar.
///
/// # Errors
/// The database's own.
pub async fn between(conn: &Conn, from: Date, until: Date) -> Result<Vec<Taxed>, DbErr> {
    Ok(summed(&documents::issued_between(conn, from, until).await?))
}

/// Adds documents up; what is no invoice, receipt or credit note is left out.
fn summed(documents: &[Document]) -> Vec<Taxed> {
    let mut rows: BTreeMap<Key, Taxed> = BTreeMap::new();
    for document in documents {
        let sign = match document.kind {
            Kind::Receipt | Kind::TaxInvoice => 1,
            Kind::CreditNote => -1,
            Kind::Proforma => continue,
        };
        for line in lines(&document.facts) {
            let points = line.rate.map_or(0, Rate::basis_points);
            let key = (line.taxable.currency.code(), line.place.clone(), line.tax.clone(), points);
            let row = rows.entry(key).or_insert_with(|| {
                let none = Money::new(0, line.taxable.currency);
                Taxed { taxable: none, amount: none, invoices: 0, credit_notes: 0, rupees: None, ..line.clone() }
            });
            row.taxable.minor += sign * line.taxable.minor;
            row.amount.minor += sign * line.amount.minor;
            if let Some(rupees) = line.rupees {
                let sum = row.rupees.get_or_insert_default();
                sum.taxable += sign * rupees.taxable;
                sum.amount += sign * rupees.amount;
            }
            if sign > 0 { row.invoices += 1 } else { row.credit_notes += 1 }
        }
    }
    rows.into_values().collect()
}

/// What one document says: a row for each tax, or one that says why there is none.
fn lines(facts: &Facts) -> Vec<Taxed> {
    let sums = &facts.sums;
    let row = |tax: &str, rate: Option<Rate>, amount: Money| Taxed {
        place: place(facts),
        tax: tax.to_owned(),
        rate,
        invoices: 0,
        credit_notes: 0,
        taxable: sums.taxable,
        amount,
        rupees: in_rupees(facts, amount),
    };
    if sums.taxes.is_empty() {
        let late = facts.credits.as_ref().is_some_and(|credits| credits.tax_until.is_some());
        let why = if late { "None: credited too late to reduce tax" } else { untaxed(&facts.supply) };
        return vec![row(why, None, Money::new(0, sums.total.currency))];
    }
    sums.taxes.iter().map(|tax| row(&tax.label, Some(tax.rate), tax.amount)).collect()
}

/// One tax of a document in rupees. An export bears one tax at most: its tax in rupees is all of it.
fn in_rupees(facts: &Facts, amount: Money) -> Option<InRupees> {
    match &facts.supply {
        _ if amount.currency == Currency::INR => Some(InRupees { taxable: facts.sums.taxable.minor, amount: amount.minor }),
        Supply::Export(export) => {
            let rupees = export.rupees.as_ref()?;
            Some(InRupees { taxable: rupees.value.minor, amount: rupees.tax.map_or(0, |tax| tax.minor) })
        }
        _ => None,
    }
}

const fn untaxed(supply: &Supply) -> &'static str {
    match supply {
        Supply::Export(export) => match export.declaration {
            Declaration::UnderUndertaking { .. } => "None: export under a letter of undertaking",
            Declaration::WithTax => "None: export",
        },
        Supply::Untaxed => "None: no tax is collected",
        Supply::WithinState { .. } | Supply::BetweenStates { .. } | Supply::Elsewhere => "None",
    }
}

/// Where the supply is; where the law asks for none, where the buyer lives.
fn place(facts: &Facts) -> String {
    let place = facts.supply.place().or(facts.buyer.state.as_ref()).map(ToString::to_string);
    place.or_else(|| facts.buyer.address.last().cloned()).unwrap_or_else(|| "Not known".to_owned())
}

/// All taxes in rupees, exports at the rates of their documents; none where nothing is to be converted.
pub fn total_in_rupees(rows: &[Taxed]) -> Option<Money> {
    let foreign = rows.iter().any(|row| row.abroad().is_some());
    let tax = || rows.iter().filter_map(|row| row.rupees).map(|rupees| rupees.amount).sum();
    foreign.then(|| Money::new(tax(), Currency::INR))
}

/// Each currency's tax in all.
pub fn totals(rows: &[Taxed]) -> Vec<Money> {
    let mut totals: Vec<Money> = Vec::new();
    for row in rows {
        match totals.iter_mut().find(|total: &&mut Money| total.currency == row.amount.currency) {
            Some(total) => total.minor += row.amount.minor,
            None => totals.push(row.amount),
        }
    }
    totals.sort_by_key(|total: &Money| Currency::code(total.currency));
    totals
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::documents::DocumentNumber;
    use crate::documents::model::{Credited, testing};
    use crate::kernel::Timestamp;
    use crate::kernel::ids::{DocumentId, OrderId};

    fn document(kind: Kind, facts: Facts) -> Document {
        Document {
            id: DocumentId(Uuid::nil()),
            kind,
            number: DocumentNumber::stored("TI/2627/00001".to_owned()),
            order: OrderId(Uuid::nil()),
            issued_on: "2027-01-07".parse().unwrap(),
            issued_at: Timestamp::UNIX_EPOCH,
            issued_by: None,
            facts,
            spellings: Vec::new(),
            waiting: None,
        }
    }

    fn credits() -> Credited {
        testing::credit_note().credits.unwrap()
    }

    #[test]
    fn a_credit_note_takes_back_what_an_invoice_charged_and_a_pro_forma_charges_nothing() {
        let invoice = testing::within_state();
        let whole = invoice.credited(invoice.sums.total, credits(), "2027-02-01".parse().unwrap()).unwrap();
        let documents = [
            document(Kind::TaxInvoice, invoice.clone()),
            document(Kind::TaxInvoice, invoice.clone()),
            document(Kind::CreditNote, whole),
            document(Kind::Proforma, testing::proforma()),
        ];
        let rows = summed(&documents);
        let told: Vec<_> = rows.iter().map(|row| (row.tax.as_str(), row.invoices, row.credit_notes, row.amount)).collect();
        let taxes = &invoice.sums.taxes;
        assert_eq!(told, [("CGST", 2, 1, taxes[0].amount), ("SGST", 2, 1, taxes[1].amount)]);
        assert!(rows.iter().all(|row| row.taxable == invoice.sums.taxable && row.place == "Karnataka (29)"), "{rows:#?}");
        let tax = Money::new(taxes[0].amount.minor + taxes[1].amount.minor, Currency::INR);
        assert_eq!(totals(&rows), [tax]);
    }

    #[test]
    fn every_kind_of_supply_has_a_row_that_says_where_and_why() {
        for facts in testing::all() {
            let rows = summed(&[document(Kind::TaxInvoice, facts.clone())]);
            assert_eq!(rows.len(), facts.sums.taxes.len().max(1));
            assert_eq!(rows.iter().map(|row| row.amount.minor).sum::<i64>(), facts.sums.total.minor - facts.sums.taxable.minor);
            assert!(rows.iter().all(|row| !row.place.is_empty() && row.place != "Not known"), "{rows:#?}");
            assert_eq!(rows.iter().all(|row| row.tax.starts_with("None")), facts.sums.taxes.is_empty(), "{rows:#?}");
        }
    }

    #[test]
    fn exports_are_added_up_in_rupees_at_the_rates_of_their_documents() {
        let export = testing::export(Declaration::WithTax);
        let half = export.credited(Money::new(5_310, Currency::EUR), credits(), "2027-02-01".parse().unwrap()).unwrap();
        let rows = summed(&[
            document(Kind::TaxInvoice, export.clone()),
            document(Kind::CreditNote, half),
            document(Kind::TaxInvoice, testing::within_state()),
        ]);
        let of = |tax: &str| rows.iter().find(|row| row.tax == tax).unwrap().rupees.unwrap();
        assert_eq!((of("IGST").taxable().minor, of("IGST").amount().minor), (883_111 - 441_556, 158_960 - 79_480));
        assert_eq!(of("CGST").amount().minor, 52_650);
        let total = total_in_rupees(&rows).unwrap();
        assert_eq!(total.minor, 79_480 + 2 * 52_650);
        // Nothing to convert, and nothing to convert by.
        assert_eq!(total_in_rupees(&summed(&[document(Kind::TaxInvoice, testing::within_state())])), None);
        assert_eq!(total_in_rupees(&summed(&[document(Kind::TaxInvoice, testing::elsewhere())])), None);
    }

    #[test]
    fn a_credit_note_that_came_too_late_reduces_no_tax() {
        let invoice = testing::within_state();
        let late = invoice.credited(invoice.sums.total, credits(), "2027-12-01".parse().unwrap()).unwrap();
        let rows = summed(&[document(Kind::TaxInvoice, invoice.clone()), document(Kind::CreditNote, late)]);
        let told: Vec<_> = rows.iter().map(|row| (row.tax.as_str(), row.taxable.minor, row.amount.minor)).collect();
        assert_eq!(
            told,
            [("CGST", 585_005, 52_650), ("None: credited too late to reduce tax", -690_305, 0), ("SGST", 585_005, 52_650)]
        );
    }

    #[test]
    fn currencies_are_not_added_up() {
        let rows =
            summed(&[document(Kind::TaxInvoice, testing::elsewhere()), document(Kind::TaxInvoice, testing::within_state())]);
        let currencies: Vec<_> = totals(&rows).iter().map(|total| total.currency.code()).collect();
        assert_eq!(currencies, ["EUR", "INR"]);
    }
}
