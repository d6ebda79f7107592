//! What a list shows of a reading.

use super::{Language, WebAddress};
use crate::kernel::ids::ReadingId;
use crate::kernel::time::Date;
use crate::kernel::{Slug, Timestamp};

/// A reading without its text: what a list of readings needs, however long the texts are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    pub id: ReadingId,
    pub slug: Slug,
    pub title: String,
    pub author: Option<String>,
    pub publisher: String,
    pub published_on: Option<Date>,
    pub url: Option<WebAddress>,
    pub language: Language,
    pub summary: Option<String>,
    /// Whether there is an archived text that may be shown.
    pub has_text: bool,
    /// Reading time in whole minutes.
    pub minutes: u32,
    /// Since when a student has something to read; `None` while there is nothing. Not since it was last corrected: a corrected
    /// title must not change that.
    pub ready_since: Option<Timestamp>,
}

impl Card {
    /// Whether a student has something to read.
    pub fn is_ready(&self) -> bool {
        self.has_text || self.url.is_some()
    }
}
