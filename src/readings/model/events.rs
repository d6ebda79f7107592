//! What the audit log hears of the library.

use serde_json::{Value, json};

use super::{Body, Reading};
use crate::kernel::{Event, Subject, Touch};

/// A change of the library. The texts themselves are not told, only their hashes.
#[derive(Debug, Clone, Copy)]
pub enum ReadingEvent<'a> {
    Added(&'a Reading),
    Corrected {
        before: &'a Reading,
        after: &'a Reading,
        /// Whose modules wait for the reading, or wait no more.
        touches: &'a [Touch],
    },
}

impl Event for ReadingEvent<'_> {
    fn kind(&self) -> &'static str {
        match self {
            Self::Added(_) => "reading.added",
            Self::Corrected { .. } => "reading.corrected",
        }
    }

    fn subject(&self) -> Subject {
        match self {
            Self::Added(reading) | Self::Corrected { before: reading, .. } => Subject::Reading(reading.id),
        }
    }

    fn before(&self) -> Value {
        match self {
            Self::Added(_) => Value::Null,
            Self::Corrected { before, .. } => record(before),
        }
    }

    fn after(&self) -> Value {
        match self {
            Self::Added(reading) | Self::Corrected { after: reading, .. } => record(reading),
        }
    }

    fn personal(&self) -> Option<Value> {
        match self {
            Self::Added(_) => None,
            Self::Corrected { before, after, .. } => Some(json!({ "before": author(before), "after": author(after) })),
        }
    }

    fn touches(&self) -> Vec<Touch> {
        match self {
            Self::Added(_) => Vec::new(),
            Self::Corrected { touches, .. } => touches.to_vec(),
        }
    }
}

fn record(reading: &Reading) -> Value {
    json!({
        "slug": reading.slug,
        "title": reading.title,
        "publisher": reading.publisher,
        "published_on": reading.published_on,
        "url": reading.url.as_ref().map(super::WebAddress::as_str),
        "language": reading.language.as_str(),
        "licence": reading.licence,
        "photo_credit": reading.photo_credit,
        "summary": reading.summary,
        "rights": reading.rights.as_str(),
        "minutes": reading.minutes,
        "body_sha256": reading.body.as_ref().map(Body::sha256),
    })
}

fn author(reading: &Reading) -> Value {
    json!({ "author": reading.author, "author_role": reading.author_role })
}
