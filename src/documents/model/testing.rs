//! Facts of each sort, plainly invented.

use super::*;
use crate::kernel::{Currency, Money};

const fn inr(minor: i64) -> Money {
    Money::new(minor, Currency::INR)
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn karnataka() -> Place {
    Place { name: "Karnataka".to_owned(), code: Some("29".to_owned()) }
}

fn seller() -> Party {
    Party {
        name: "Example Journal (demonstration)".to_owned(),
        address: vec!["1 Example Street".to_owned(), "Example Town 000000".to_owned(), "India".to_owned()],
        state: None,
        registration: None,
        contact: Some("courses@example.org".to_owned()),
    }
}

fn registered() -> Party {
    let registration = Registration { label: "GSTIN".to_owned(), number: "29ABCDE1234F1ZW".to_owned() };
    Party { state: Some(karnataka()), registration: Some(registration), ..seller() }
}

fn buyer() -> Party {
    Party {
        name: "Demo Student 03".to_owned(),
        address: vec!["12 Demonstration Road".to_owned(), "Exampleville 110001".to_owned(), "India".to_owned()],
        state: None,
        registration: None,
        contact: None,
    }
}

fn line(amount: Money, sac: Option<&str>) -> Line {
    Line {
        description: "Example Course, January cohort, one seat".to_owned(),
        sac: sac.map(str::to_owned),
        quantity: 1,
        unit: amount,
        amount,
    }
}

fn tax(label: &str, rate: &str, amount: Money) -> TaxLine {
    TaxLine { label: label.to_owned(), rate: rate.parse().unwrap(), amount }
}

/// Of a seller who is not registered.
pub fn receipt() -> Facts {
    let total = inr(650_000);
    Facts {
        seller: seller(),
        buyer: buyer(),
        order: "L-7K3M9Q".to_owned(),
        lines: vec![line(total, None)],
        sums: Sums { discount: None, taxable: total, taxes: Vec::new(), total },
        supply: Supply::Untaxed,
        paid: vec![Paid {
            by: "Bank transfer".to_owned(),
            reference: Some("UTR0001".to_owned()),
            on: day("2027-01-03"),
            amount: total,
        }],
        payee: None,
        credits: None,
    }
}

/// To a buyer with a GSTIN in the seller's own State, with a discount.
pub fn within_state() -> Facts {
    let gstin = Registration { label: "GSTIN".to_owned(), number: "29ABCDE1234F1ZW".to_owned() };
    let total = inr(690_305);
    Facts {
        seller: registered(),
        buyer: Party { state: Some(karnataka()), registration: Some(gstin), ..buyer() },
        lines: vec![line(inr(650_005), Some("999293"))],
        sums: Sums {
            discount: Some(Discount { label: Some("EARLY10".to_owned()), amount: inr(65_000) }),
            taxable: inr(585_005),
            taxes: vec![tax("CGST", "9", inr(52_650)), tax("SGST", "9", inr(52_650))],
            total,
        },
        supply: Supply::WithinState { place: karnataka() },
        paid: vec![Paid { by: "Card".to_owned(), reference: None, on: day("2027-01-04"), amount: total }],
        ..receipt()
    }
}

/// To a buyer in another State.
pub fn between_states() -> Facts {
    let place = Place { name: "Delhi".to_owned(), code: Some("07".to_owned()) };
    let total = inr(767_000);
    Facts {
        buyer: Party { state: Some(place.clone()), ..buyer() },
        lines: vec![line(inr(650_000), Some("999293"))],
        sums: Sums { discount: None, taxable: inr(650_000), taxes: vec![tax("IGST", "18", inr(117_000))], total },
        supply: Supply::BetweenStates { place },
        paid: vec![Paid { by: "Card".to_owned(), reference: None, on: day("2027-01-04"), amount: total }],
        ..within_state()
    }
}

/// To abroad, by either declaration.
pub fn export(declaration: Declaration) -> Facts {
    let eur = |minor| Money::new(minor, Currency::EUR);
    let taxes = match declaration {
        Declaration::UnderUndertaking { .. } => Vec::new(),
        Declaration::WithTax => vec![tax("IGST", "18", eur(1_620))],
    };
    let rupees = Rupees {
        value: inr(883_111),
        tax: Some(inr(if taxes.is_empty() { 0 } else { 158_960 })),
        rate: "98.1234".to_owned(),
        from: Some(day("2027-01-04")),
        source: Some("Example Bank, reference rate".to_owned()),
    };
    let total = eur(9_000 + taxes.iter().map(|tax| tax.amount.minor).sum::<i64>());
    let address = ["Beispielweg 12", "00000 Beispielstadt", "Germany"].map(str::to_owned).to_vec();
    Facts {
        buyer: Party { address, ..buyer() },
        lines: vec![line(eur(9_000), Some("999293"))],
        sums: Sums { discount: None, taxable: eur(9_000), taxes, total },
        supply: Supply::Export(Export {
            place: Place { name: "Germany".to_owned(), code: None },
            declaration,
            rupees: Some(rupees),
        }),
        paid: vec![Paid { by: "Card".to_owned(), reference: None, on: day("2027-01-04"), amount: total }],
        ..within_state()
    }
}

pub fn under_undertaking() -> Facts {
    export(Declaration::UnderUndertaking { number: "AD2900000000000".to_owned(), year: "2026-27".to_owned() })
}

/// By the law of another country.
pub fn elsewhere() -> Facts {
    let total = Money::new(11_900, Currency::EUR);
    let registration = Registration { label: "VAT number".to_owned(), number: "DE000000000".to_owned() };
    Facts {
        seller: Party { registration: Some(registration), ..seller() },
        lines: vec![line(Money::new(10_000, Currency::EUR), None)],
        sums: Sums {
            discount: None,
            taxable: Money::new(10_000, Currency::EUR),
            taxes: vec![tax("VAT", "19", Money::new(1_900, Currency::EUR))],
            total,
        },
        supply: Supply::Elsewhere,
        paid: vec![Paid { by: "Card".to_owned(), reference: None, on: day("2027-01-04"), amount: total }],
        ..receipt()
    }
}

pub fn proforma() -> Facts {
    let bank = Bank {
        account_name: "Example Journal (demonstration)".to_owned(),
        account_number: "000000000000".to_owned(),
        ifsc: "EXMP0000001".to_owned(),
        bank: "Example Bank".to_owned(),
        branch: "Example Town".to_owned(),
    };
    let payee = Payee { bank: Some(bank), upi: Some("example.journal@exbank".to_owned()), until: Some(day("2027-01-11")) };
    Facts { paid: Vec::new(), payee: Some(payee), ..receipt() }
}

/// Half of [`within_state`] is taken back.
pub fn credit_note() -> Facts {
    let credits = Credited {
        number: "TI/2627/00041".to_owned(),
        issued_on: day("2027-01-04"),
        reason: "Half the fee is refunded by the course’s rule".to_owned(),
        tax_until: None,
    };
    Facts {
        lines: vec![line(inr(292_500), Some("999293"))],
        sums: Sums {
            discount: None,
            taxable: inr(292_500),
            taxes: vec![tax("CGST", "9", inr(26_325)), tax("SGST", "9", inr(26_325))],
            total: inr(345_150),
        },
        paid: Vec::new(),
        credits: Some(credits),
        ..within_state()
    }
}

/// One of each.
pub fn all() -> Vec<Facts> {
    vec![
        receipt(),
        within_state(),
        between_states(),
        under_undertaking(),
        export(Declaration::WithTax),
        elsewhere(),
        proforma(),
        credit_note(),
    ]
}
