//! What the audit log hears of documents. They are told of their order.

use serde_json::{Value, json};

use super::{Document, Spelling};
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
}

impl DocumentEvent<'_> {
    fn document(&self) -> &Document {
        match self {
            Self::Issued(document)
            | Self::Set { document, .. }
            | Self::Waits { document, .. }
            | Self::Spelled { document, .. } => document,
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
        }
    }

    fn subject(&self) -> Subject {
        Subject::Order(self.document().order)
    }

    fn after(&self) -> Value {
        let document = self.document();
        let mut told = json!({ "document": document.id, "document_number": document.number.as_str() });
        match self {
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
