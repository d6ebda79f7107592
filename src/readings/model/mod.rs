//! What a reading is: its record, its archived text, and what of it may be shown.

mod added;
mod address;
mod body;
mod card;
mod events;
#[cfg(test)]
pub mod testing;

use std::fmt;
use std::str::FromStr;

pub use added::{FieldError, NewReading, SUMMARY_LIMIT, free_slug, slug_base};
pub use address::{AddressError, WebAddress};
pub use body::{Body, BodyError};
pub use card::Card;
pub use events::ReadingEvent;

use crate::kernel::Slug;
use crate::kernel::ids::ReadingId;
use crate::kernel::time::Date;

/// A title's limit, in characters.
pub const TITLE_LIMIT: usize = 300;
/// The limit of the other one-line fields (author, role, publisher, licence, photo credit), in characters.
pub const FIELD_LIMIT: usize = 300;

/// An article, as a record of the library. The one-line texts have been through `kernel::text::single_line`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    pub id: ReadingId,
    pub slug: Slug,
    pub title: String,
    /// The author, or the authors joined as a citation names them; `None` where the source names none.
    pub author: Option<String>,
    /// What the author was when writing, such as "Research Intern".
    pub author_role: Option<String>,
    pub publisher: String,
    /// The civil date that the source shows; `None` where it shows none.
    pub published_on: Option<Date>,
    /// Where the source can be read.
    pub url: Option<WebAddress>,
    pub language: Language,
    /// The terms under which the text may be kept, in words.
    pub licence: Option<String>,
    pub photo_credit: Option<String>,
    /// A summary in our own words.
    pub summary: Option<String>,
    /// The archived copy. Whether it may be shown is a matter of `rights`.
    pub body: Option<Body>,
    pub rights: Rights,
    /// Reading time in whole minutes.
    pub minutes: u32,
    /// Counts the corrections: one names the version that it was made on.
    pub version: i32,
}

impl Reading {
    /// The reading as a citation: "Author (date). Title. Publisher." A part that is not known is left out, not made up.
    pub fn citation(&self) -> String {
        let date = self.published_on.map(|date| date.strftime("(%-d %B %Y)").to_string());
        let parts = match (&self.author, date) {
            (Some(author), Some(date)) => [format!("{author} {date}"), self.title.clone()].to_vec(),
            (Some(author), None) => [author.clone(), self.title.clone()].to_vec(),
            (None, Some(date)) => [format!("{} {date}", self.title)].to_vec(),
            (None, None) => [self.title.clone()].to_vec(),
        };
        parts.iter().chain([&self.publisher]).map(|part| closed(part)).collect::<Vec<_>>().join(" ")
    }

    /// The archived text, where we may show it.
    pub fn shown_body(&self) -> Option<&Body> {
        match self.rights {
            Rights::Own | Rights::Licensed => self.body.as_ref(),
            Rights::LinkOnly => None,
        }
    }

    /// Whether a student has something to read: a text that may be shown, or a link to the source.
    pub fn is_ready(&self) -> bool {
        self.shown_body().is_some() || self.url.is_some()
    }
}

/// The part with a full stop, unless it ends a sentence by itself.
fn closed(part: &str) -> String {
    let last = part.trim_end_matches(['"', '\'', '”', '’', ')']);
    // "(4 September 2018)" ends in no sentence mark, but `Who Decides?”` does.
    if last.ends_with(['.', '?', '!', '…', '।']) { part.to_owned() } else { format!("{part}.") }
}

/// What we may do with the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rights {
    /// Published by the course's own journal: the archived text is shown.
    Own,
    /// Kept and shown under a licence.
    Licensed,
    /// Only the record, our summary and the link are shown.
    LinkOnly,
}

impl Rights {
    /// The stable word under which it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Licensed => "licensed",
            Self::LinkOnly => "link_only",
        }
    }
}

/// The word names no kind of rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Choose own, licensed or link_only")]
pub struct UnknownRights;

impl FromStr for Rights {
    type Err = UnknownRights;

    fn from_str(word: &str) -> Result<Self, UnknownRights> {
        [Self::Own, Self::Licensed, Self::LinkOnly].into_iter().find(|rights| rights.as_str() == word).ok_or(UnknownRights)
    }
}

/// A language tag such as `en` or `en-IN`, by the shape of RFC 5646 section 2.1: a language of two or three letters, then
/// subtags of two to eight letters or digits. At most 35 characters (section 4.4.1). It becomes a page's `lang`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Language(String);

/// The text is no language tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Enter a language tag like en or en-IN")]
pub struct NotALanguage;

impl Language {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Language {
    type Err = NotALanguage;

    fn from_str(text: &str) -> Result<Self, NotALanguage> {
        let (language, subtags) = text.split_once('-').map_or((text, None), |(first, rest)| (first, Some(rest)));
        let letters = (2..=3).contains(&language.len()) && language.bytes().all(|b| b.is_ascii_alphabetic());
        let subtag = |part: &str| (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
        let fits = text.len() <= 35 && letters && subtags.is_none_or(|rest| rest.split('-').all(subtag));
        if fits { Ok(Self(text.to_owned())) } else { Err(NotALanguage) }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn reading() -> Reading {
        Reading {
            id: ReadingId(uuid::Uuid::from_u128(1)),
            slug: "river-talks".parse().unwrap(),
            title: "Example Republic returns to the river talks".to_owned(),
            author: Some("Demo Author 01".to_owned()),
            author_role: Some("Research Intern".to_owned()),
            publisher: "Example Journal".to_owned(),
            published_on: Some(date(2027, 3, 4)),
            url: None,
            language: "en".parse().unwrap(),
            licence: None,
            photo_credit: None,
            summary: None,
            body: None,
            rights: Rights::Own,
            minutes: 3,
            version: 1,
        }
    }

    #[test]
    fn a_citation_leaves_out_what_is_not_known() {
        let full = reading();
        assert_eq!(
            full.citation(),
            "Demo Author 01 (4 March 2027). Example Republic returns to the river talks. Example Journal."
        );
        let undated = Reading { published_on: None, ..reading() };
        assert_eq!(undated.citation(), "Demo Author 01. Example Republic returns to the river talks. Example Journal.");
        let unsigned = Reading { author: None, ..reading() };
        assert_eq!(unsigned.citation(), "Example Republic returns to the river talks (4 March 2027). Example Journal.");
        let bare = Reading { author: None, published_on: None, ..reading() };
        assert_eq!(bare.citation(), "Example Republic returns to the river talks. Example Journal.");
    }

    #[test]
    fn a_citation_ends_each_part_once() {
        let asking = Reading { title: "Who opens the locks?".to_owned(), author: Some("Author, D.".to_owned()), ..reading() };
        assert_eq!(asking.citation(), "Author, D. (4 March 2027). Who opens the locks? Example Journal.");
        let quoted = Reading { title: "“Who opens the locks?”".to_owned(), published_on: None, ..reading() };
        assert_eq!(quoted.citation(), "Demo Author 01. “Who opens the locks?” Example Journal.");
    }

    #[test]
    fn a_reading_is_ready_when_there_is_something_to_read() {
        let body = Body::new(["One paragraph."]).unwrap();
        assert!(!reading().is_ready());
        assert!(Reading { body: Some(body.clone()), ..reading() }.is_ready());
        let kept = Reading { body: Some(body), rights: Rights::LinkOnly, ..reading() };
        assert!(!kept.is_ready(), "a text that we may not show is nothing to read");
        assert_eq!(kept.shown_body(), None);
        assert!(Reading { url: Some("https://example.org/a".parse().unwrap()), ..kept }.is_ready());
    }

    #[test]
    fn rights_and_languages_read_back() {
        for rights in [Rights::Own, Rights::Licensed, Rights::LinkOnly] {
            assert_eq!(rights.as_str().parse(), Ok(rights));
        }
        assert_eq!("mine".parse::<Rights>(), Err(UnknownRights));
        for tag in ["en", "en-IN", "hi", "zh-Hant-TW"] {
            assert_eq!(tag.parse::<Language>().unwrap().as_str(), tag);
        }
        for wrong in ["", "e", "english", "en_IN", "en-", "en-\"onload=", "e1"] {
            assert_eq!(wrong.parse::<Language>(), Err(NotALanguage), "{wrong:?}");
        }
    }
}
