//! What the audit log hears of documents. They are told of their order.

use serde_json::{Value, json};

use super::{Document, ExchangeRate, Spelling};
use crate::kernel::{Event, Subject};

#[derive(Debug, Clone, Copy)]
pub enum DocumentEvent<'a> {
    Issued(&'a Document),
    /// Its PDF is kept from now on.
    Set {
        document: &'a Document,
        sha256: &'a str,
    },
    /// It has characters that cannot be printed.
    Waits {
        document: &'a Document,
        characters: &'a [char],
    },
    /// An admin said how these are printed.
    Spelled {
        document: &'a Document,
        spellings: &'a [Spelling],
    },
    /// An admin said what a currency is worth in rupees.
    RateEntered {
        before: Option<&'a ExchangeRate>,
        after: &'a ExchangeRate,
    },
}

fn of_rate(rate: &ExchangeRate) -> Value {
    json!({ "currency": rate.currency, "from": rate.from.to_string(), "rate": rate.rate.to_string(), "source": rate.source })
}

impl DocumentEvent<'_> {
    /// None of what is of no order.
    fn document(&self) -> Option<&Document> {
        match self {
            Self::Issued(document)
            | Self::Set { document, .. }
            | Self::Waits { document, .. }
            | Self::Spelled { document, .. } => Some(document),
            Self::RateEntered { .. } => None,
        }
    }
}

impl Event for DocumentEvent<'_> {
    fn kind(&self) -> &'static str {
        match self {
            Self::Issued(_) => "document.issued",
            Self::Set { .. } => "document.set",
            Self::Waits { .. } => "document.waits",
            Self::Spelled { .. } => "document.spelled",
            Self::RateEntered { .. } => "organisation.rate_entered",
        }
    }

    fn subject(&self) -> Subject {
        self.document().map_or(Subject::Organisation, |document| Subject::Order(document.order))
    }

    fn before(&self) -> Value {
        match self {
            Self::RateEntered { before, .. } => before.map_or(Value::Null, of_rate),
            _ => Value::Null,
        }
    }

    fn after(&self) -> Value {
        let mut told = match self.document() {
            Some(document) => json!({ "document": document.id, "document_number": document.number.as_str() }),
            None => Value::Null,
        };
        match self {
            Self::RateEntered { after, .. } => told = of_rate(after),
            Self::Issued(document) => {
                told["document_kind"] = document.kind.word().into();
                told["document_total"] = json!(document.facts.sums.total);
            }
            Self::Set { sha256, .. } => told["pdf_sha256"] = (*sha256).into(),
            Self::Waits { characters, .. } => told["unprintable"] = characters.iter().collect::<String>().into(),
            Self::Spelled { .. } => {}
        }
        told
    }

    fn personal(&self) -> Option<Value> {
        match self {
            Self::Spelled { spellings, .. } => Some(json!({ "spellings": spellings })),
            _ => None,
        }
    }
}
