//! A reading to be added.

use super::{Body, FIELD_LIMIT, Language, Reading, Rights, TITLE_LIMIT, WebAddress};
use crate::kernel::Slug;
use crate::kernel::ids::ReadingId;
use crate::kernel::text::{TextError, several_lines, single_line};
use crate::kernel::time::Date;

/// A summary's limit, in characters.
pub const SUMMARY_LIMIT: usize = 2000;

/// A reading as somebody enters it. Texts are checked when it is added.
#[derive(Debug, Clone)]
pub struct NewReading {
    pub title: String,
    pub author: Option<String>,
    pub author_role: Option<String>,
    pub publisher: String,
    pub published_on: Option<Date>,
    pub url: Option<WebAddress>,
    pub language: Language,
    pub licence: Option<String>,
    pub photo_credit: Option<String>,
    pub summary: Option<String>,
    pub body: Option<Body>,
    pub rights: Rights,
    /// Reading time in whole minutes, at least 1.
    pub minutes: u32,
}

/// A text of a reading that was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {error}")]
pub struct FieldError {
    /// The field, as [`NewReading`] names it.
    pub field: &'static str,
    pub error: TextError,
}

impl NewReading {
    /// The reading under this id and slug.
    ///
    /// # Errors
    /// The first text that breaks a rule.
    pub fn named(self, id: ReadingId, slug: Slug) -> Result<Reading, FieldError> {
        let wrong = |field| move |error| FieldError { field, error };
        let line =
            |field, text: Option<String>| text.map(|text| single_line(&text, FIELD_LIMIT)).transpose().map_err(wrong(field));
        Ok(Reading {
            id,
            slug,
            title: single_line(&self.title, TITLE_LIMIT).map_err(wrong("title"))?,
            author: line("author", self.author)?,
            author_role: line("author_role", self.author_role)?,
            publisher: single_line(&self.publisher, FIELD_LIMIT).map_err(wrong("publisher"))?,
            published_on: self.published_on,
            url: self.url,
            language: self.language,
            licence: line("licence", self.licence)?,
            photo_credit: line("photo_credit", self.photo_credit)?,
            summary: self.summary.map(|text| several_lines(&text, SUMMARY_LIMIT)).transpose().map_err(wrong("summary"))?,
            body: self.body,
            rights: self.rights,
            minutes: self.minutes.max(1),
            version: 1,
        })
    }
}

/// The words of a title as the beginning of a slug: ASCII letters and digits, at most 56 characters, so that a number fits
/// behind. `reading` for a title that has none.
pub fn slug_base(title: &str) -> String {
    let mut base = String::new();
    let small = title.to_ascii_lowercase();
    // An apostrophe joins: "today's" is one word.
    let joined = small.replace(['\'', '’'], "");
    for word in joined.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        let word = &word[..word.len().min(56)];
        if !base.is_empty() && base.len() + 1 + word.len() > 56 {
            break;
        }
        if !base.is_empty() {
            base.push('-');
        }
        base.push_str(word);
    }
    if base.is_empty() { "reading".to_owned() } else { base }
}

/// A page of its own stands at this address among the library's pages.
const RESERVED: &str = "new";

/// The first of `base`, `base-2`, `base-3` … that is not taken.
pub fn free_slug(base: &str, taken: &[String]) -> String {
    let numbered = (2u32..).map(|number| format!("{base}-{number}"));
    let mut candidates = std::iter::once(base.to_owned()).chain(numbered);
    candidates.find(|slug| slug != RESERVED && !taken.contains(slug)).unwrap_or_else(|| base.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_the_titles_words() {
        assert_eq!(slug_base("Who opens the locks? Today’s talks"), "who-opens-the-locks-todays-talks");
        assert_eq!(slug_base("शांति"), "reading");
        for title in ["x".repeat(200), "word ".repeat(40)] {
            let base = slug_base(&title);
            assert!(base.len() <= 56 && base.parse::<Slug>().is_ok(), "{base}");
        }
    }

    #[test]
    fn a_slug_that_is_taken_gets_the_next_number() {
        let taken = ["talks".to_owned(), "talks-2".to_owned(), "talks-on-trade".to_owned()];
        assert_eq!(free_slug("talks", &taken), "talks-3");
        assert_eq!(free_slug("talk", &taken), "talk");
        assert_eq!(free_slug("new", &taken), "new-2");
    }
}
