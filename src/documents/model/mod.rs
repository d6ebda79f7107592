//! What is handed out about money: receipts, tax invoices, pro-forma invoices and credit notes.
//!
//! Issuing freezes [`Facts`] under a [`DocumentNumber`]; nothing of them ever changes, and nothing is deleted. The PDF is set from
//! them afterwards. Where the font has no letters for a text, the document waits until an admin gives a [`Spelling`] to print in
//! its place; the facts keep the text itself.

mod crediting;
mod events;
mod facts;
mod number;
mod rupees;

use crate::kernel::Timestamp;
use crate::kernel::ids::{DocumentId, OrderId, UserId};
use crate::kernel::time::Date;

pub use crediting::{TaxDeadline, reduces_tax_until};
pub use events::DocumentEvent;
pub use facts::{
    Bank, Credited, Declaration, Discount, Export, Facts, Line, Paid, Party, Payee, Place, Registration, Rupees, Spelling, Sums,
    Supply, TaxLine,
};
pub use number::{Calendar, DocumentNumber, TooMany};
pub use rupees::{Awaited, EnteredRate, ExchangeRate, NotARupeeRate, RupeeRate};

/// What a document is, which decides its series and its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Money came, and no tax was charged.
    Receipt,
    /// A taxed supply (CGST Rules, rule 46).
    TaxInvoice,
    /// What is to be paid, and how: no document of tax law.
    Proforma,
    /// An invoice or receipt is taken back, in whole or in part (CGST Rules, rule 53(1A)).
    CreditNote,
}

impl Kind {
    /// A stable word for the audit log.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Receipt => "receipt",
            Self::TaxInvoice => "tax_invoice",
            Self::Proforma => "proforma",
            Self::CreditNote => "credit_note",
        }
    }

    /// What its numbers begin with: each kind counts by itself.
    pub const fn series(self) -> &'static str {
        match self {
            Self::Receipt => "RC",
            Self::TaxInvoice => "TI",
            Self::Proforma => "PI",
            Self::CreditNote => "CN",
        }
    }

    /// What people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Receipt => "Receipt",
            Self::TaxInvoice => "Tax invoice",
            Self::Proforma => "Pro-forma invoice",
            Self::CreditNote => "Credit note",
        }
    }
}

/// A document to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// What it is issued for, such as `receipt:ord_…`: asked for again, it is the same document.
    pub key: String,
    pub kind: Kind,
    pub order: OrderId,
    /// By which its date and its year count.
    pub calendar: Calendar,
    pub facts: Facts,
}

/// A document that was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    pub id: DocumentId,
    pub kind: Kind,
    pub number: DocumentNumber,
    pub order: OrderId,
    /// By the calendar of its series.
    pub issued_on: Date,
    /// Service time.
    pub issued_at: Timestamp,
    /// Nobody where the program issued it.
    pub issued_by: Option<UserId>,
    pub facts: Facts,
    pub spellings: Vec<Spelling>,
    /// Why it has no PDF yet, where that is for a person to mend.
    pub waiting: Option<Waiting>,
}

/// It has characters that the font has no letters for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Service time.
    pub since: Timestamp,
    pub characters: Vec<char>,
}

impl Document {
    /// What is printed: its facts, with the spellings in place of what cannot be.
    pub fn printed(&self) -> Facts {
        self.facts.spelled(&self.spellings)
    }
}

#[cfg(test)]
pub(crate) mod testing;
