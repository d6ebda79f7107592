//! Readings for the tests of what is made of them.

use super::Card;
use crate::kernel::ids::ReadingId;

/// A card whose slug is `reading-` and the last part of its id, ready since long ago.
pub fn card(id: ReadingId, title: &str, minutes: u32) -> Card {
    Card {
        id,
        slug: format!("reading-{}", id.0.as_u128()).parse().unwrap(),
        title: title.to_owned(),
        author: None,
        publisher: "Example Journal".to_owned(),
        published_on: None,
        url: None,
        language: "en".parse().unwrap(),
        summary: None,
        has_text: true,
        minutes,
        ready_since: Some("2020-01-01T00:00:00Z".parse().unwrap()),
    }
}
