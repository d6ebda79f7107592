//! All that a document says, frozen when it is issued: plain types of its own, so that what other domains become does not change it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::kernel::Money;
use crate::kernel::time::Date;
use crate::organisation::model::Rate;

/// Everything that is printed, but number and date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    pub seller: Party,
    pub buyer: Party,
    /// The order's number, as people quote it.
    pub order: String,
    /// What is bought, or credited.
    pub lines: Vec<Line>,
    pub sums: Sums,
    pub supply: Supply,
    /// The money that came, where some did.
    pub paid: Vec<Paid>,
    /// Where money is to go: on a pro-forma invoice.
    pub payee: Option<Payee>,
    /// What is taken back: on a credit note.
    pub credits: Option<Credited>,
}

/// Seller or buyer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    pub name: String,
    /// As on an envelope, line by line, with postal code and, where it matters, country.
    pub address: Vec<String>,
    /// In India, where it is known (CGST Rules, rule 46(e) and (f)).
    pub state: Option<Place>,
    /// Nothing where a party is not registered for tax.
    pub registration: Option<Registration>,
    /// How to reach a seller.
    pub contact: Option<String>,
}

/// Names and addresses in a debug print would reach a log.
impl fmt::Debug for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Party").field("state", &self.state).finish_non_exhaustive()
    }
}

/// `GSTIN 29ABCDE1234F1ZW`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    pub label: String,
    pub number: String,
}

/// A State of India with its code, or a country without one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub name: String,
    /// Two digits.
    pub code: Option<String>,
}

/// `Karnataka (29)`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.code {
            Some(code) => write!(f, "{} ({code})", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// One thing that is bought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub description: String,
    /// Its services accounting code, where tax is charged in India (rule 46(g)).
    pub sac: Option<String>,
    pub quantity: u32,
    pub unit: Money,
    /// Before discount and tax.
    pub amount: Money,
}

/// From the lines to the total, all in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sums {
    pub discount: Option<Discount>,
    /// What the lines come to after the discount (rule 46(k)).
    pub taxable: Money,
    /// None where no tax is charged.
    pub taxes: Vec<TaxLine>,
    /// Taxable value and taxes.
    pub total: Money,
}

/// What is taken off the price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discount {
    /// Why, such as a coupon's code.
    pub label: Option<String>,
    pub amount: Money,
}

/// One tax (rule 46(l) and (m)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxLine {
    /// `CGST`.
    pub label: String,
    pub rate: Rate,
    pub amount: Money,
}

/// What the sale is in the eyes of tax law, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Supply {
    /// The seller collects no tax (CGST Act s.32).
    Untaxed,
    /// Central and State tax (IGST Act s.8).
    WithinState { place: Place },
    /// Integrated tax (IGST Act s.7).
    BetweenStates { place: Place },
    /// Zero-rated (IGST Act s.16).
    Export(Export),
    /// By the law of the seller's country, which is not India.
    Elsewhere,
}

impl Supply {
    /// The place of supply, where Indian law asks for it.
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::Untaxed | Self::Elsewhere => None,
            Self::WithinState { place } | Self::BetweenStates { place } => Some(place),
            Self::Export(export) => Some(&export.place),
        }
    }
}

/// A supply to abroad.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Export {
    /// The buyer's country.
    pub place: Place,
    pub declaration: Declaration,
    /// The value in rupees, where the invoice is in another currency and the rate is known.
    pub rupees: Option<Rupees>,
}

/// Under which of its two ways an export goes out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "way", rename_all = "snake_case")]
pub enum Declaration {
    /// Without tax, under a letter of undertaking (CGST Rules, rule 96A).
    UnderUndertaking {
        number: String,
        /// The financial year that it is for: `2026-27`.
        year: String,
    },
    /// Integrated tax is paid, and claimed back.
    WithTax,
}

impl Declaration {
    /// The words that rule 46 asks for.
    pub const fn words(&self) -> &'static str {
        match self {
            Self::UnderUndertaking { .. } => {
                "SUPPLY MEANT FOR EXPORT UNDER BOND OR LETTER OF UNDERTAKING WITHOUT PAYMENT OF INTEGRATED TAX"
            }
            Self::WithTax => "SUPPLY MEANT FOR EXPORT ON PAYMENT OF INTEGRATED TAX",
        }
    }
}

/// What an export is worth in rupees (CGST Rules, rule 34(2)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rupees {
    /// The taxable value.
    pub value: Money,
    /// All taxes.
    #[serde(default)]
    pub tax: Option<Money>,
    /// Rupees for one unit of the invoice's currency: `98.1234`.
    pub rate: String,
    /// The day from which the rate holds.
    #[serde(default)]
    pub from: Option<Date>,
    /// Where the rate is from.
    #[serde(default)]
    pub source: Option<String>,
}

/// Money that came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paid {
    /// `Bank transfer`.
    pub by: String,
    /// As the bank gives it.
    pub reference: Option<String>,
    pub on: Date,
    pub amount: Money,
}

/// How to pay without a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payee {
    pub bank: Option<Bank>,
    /// A UPI ID.
    pub upi: Option<String>,
    /// The last day on which the price holds.
    pub until: Option<Date>,
}

/// An account at a bank in India.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bank {
    pub account_name: String,
    pub account_number: String,
    pub ifsc: String,
    pub bank: String,
    pub branch: String,
}

/// The document that a credit note takes back, or a part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credited {
    pub number: String,
    pub issued_on: Date,
    pub reason: String,
    /// Where it comes too late to reduce the tax: the last day on which it could have (CGST Act s.34(2)).
    #[serde(default)]
    pub tax_until: Option<Date>,
}

/// How a text is printed that the font has no letters for.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spelling {
    /// As the facts have it.
    pub text: String,
    pub printed: String,
}

/// They are names, mostly.
impl fmt::Debug for Spelling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Spelling(…)")
    }
}

impl Facts {
    /// Every text that somebody typed, in the order of the document; one that comes twice is there once.
    pub fn texts(&self) -> Vec<String> {
        let mut texts: Vec<String> = Vec::new();
        self.clone().each_text(&mut |text| {
            if !texts.contains(text) {
                texts.push(text.clone());
            }
        });
        texts
    }

    /// With these spellings in the place of their texts.
    pub fn spelled(&self, spellings: &[Spelling]) -> Self {
        let mut spelled = self.clone();
        spelled.each_text(&mut |text| {
            if let Some(spelling) = spellings.iter().find(|spelling| spelling.text == *text) {
                text.clone_from(&spelling.printed);
            }
        });
        spelled
    }

    fn each_text(&mut self, with: &mut impl FnMut(&mut String)) {
        for party in [&mut self.seller, &mut self.buyer] {
            with(&mut party.name);
            party.address.iter_mut().for_each(&mut *with);
        }
        self.lines.iter_mut().for_each(|line| with(&mut line.description));
        self.sums.discount.iter_mut().filter_map(|discount| discount.label.as_mut()).for_each(&mut *with);
        self.paid.iter_mut().filter_map(|paid| paid.reference.as_mut()).for_each(&mut *with);
        if let Some(bank) = self.payee.as_mut().and_then(|payee| payee.bank.as_mut()) {
            [&mut bank.account_name, &mut bank.bank, &mut bank.branch].into_iter().for_each(&mut *with);
        }
        self.credits.iter_mut().for_each(|credited| with(&mut credited.reason));
        if let Supply::Export(Export { rupees: Some(Rupees { source: Some(source), .. }), .. }) = &mut self.supply {
            with(source);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::model::testing;

    #[test]
    fn a_spelling_stands_in_the_place_of_its_text_and_of_nothing_else() {
        let facts = testing::receipt();
        let spelling = Spelling { text: facts.buyer.name.clone(), printed: "Demo Chhatra".to_owned() };
        let spelled = facts.spelled(&[spelling]);
        assert_eq!(spelled.buyer.name, "Demo Chhatra");
        assert_eq!(Facts { buyer: facts.buyer.clone(), ..spelled }, facts);
        assert_eq!(facts.spelled(&[]), facts);
    }

    #[test]
    fn every_text_of_people_is_listed_once() {
        let mut facts = testing::credit_note();
        facts.buyer.name = facts.seller.name.clone();
        let texts = facts.texts();
        assert_eq!(texts.iter().filter(|text| **text == facts.seller.name).count(), 1);
        let lines = facts.lines.iter().map(|line| &line.description).chain(&facts.buyer.address);
        for text in lines.chain([&facts.credits.as_ref().unwrap().reason]) {
            assert!(texts.contains(text), "{text}");
        }
    }

    #[test]
    fn facts_are_the_same_after_they_were_stored() {
        for facts in testing::all() {
            let stored = serde_json::to_value(&facts).unwrap();
            assert_eq!(serde_json::from_value::<Facts>(stored).unwrap(), facts);
        }
    }

    #[test]
    fn a_debug_print_names_nobody() {
        let facts = testing::receipt();
        let spelling = Spelling { text: facts.buyer.name.clone(), printed: facts.buyer.name.clone() };
        let printed = format!("{:?} {spelling:?}", facts.buyer);
        assert!(!printed.contains(&facts.buyer.name) && !printed.contains(&facts.buyer.address[0]), "{printed}");
    }
}
