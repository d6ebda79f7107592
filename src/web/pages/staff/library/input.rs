//! What the form of a reading's record brings, and what of it can be used.

use serde::Deserialize;

use crate::kernel::text::{TextError, several_lines, single_line};
use crate::kernel::time::Date;
use crate::readings::import::ImportedArticle;
use crate::readings::model::{FIELD_LIMIT, SUMMARY_LIMIT, TITLE_LIMIT};
use crate::readings::{Body, Language, NewReading, Reading, Rights, WebAddress};
use crate::web::form::FieldErrors;

/// The longest reading time, in minutes.
const MINUTES: u32 = 1000;

/// The fields as sent. One that is missing counts as empty.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Input {
    pub title: String,
    pub author: String,
    pub author_role: String,
    pub publisher: String,
    pub published_on: String,
    pub url: String,
    pub language: String,
    pub rights: String,
    pub licence: String,
    pub photo_credit: String,
    pub summary: String,
    pub minutes: String,
    /// Paragraphs with blank lines between.
    pub text: String,
    /// `yes`: correct it although a cohort needs it.
    pub needed: String,
    pub version: i32,
}

impl Input {
    /// An empty form for a reading without its text.
    pub fn citation() -> Self {
        Self { language: "en".to_owned(), rights: Rights::LinkOnly.as_str().to_owned(), ..Self::default() }
    }

    /// What was read as the article, to be corrected.
    pub fn imported(article: &ImportedArticle) -> Self {
        Self {
            title: article.title.clone(),
            author: article.author().unwrap_or_default(),
            author_role: article.author_role().unwrap_or_default(),
            publisher: article.publisher.clone().unwrap_or_default(),
            photo_credit: article.photo_credit().unwrap_or_default(),
            text: article.body.to_stored(),
            ..Self::citation()
        }
    }

    /// The form as it is first shown for a reading of the library.
    pub fn of(reading: &Reading) -> Self {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        Self {
            title: reading.title.clone(),
            author: text(&reading.author),
            author_role: text(&reading.author_role),
            publisher: reading.publisher.clone(),
            published_on: reading.published_on.map(|date| date.to_string()).unwrap_or_default(),
            url: reading.url.as_ref().map(WebAddress::to_string).unwrap_or_default(),
            language: reading.language.to_string(),
            rights: reading.rights.as_str().to_owned(),
            licence: text(&reading.licence),
            photo_credit: text(&reading.photo_credit),
            summary: text(&reading.summary),
            minutes: reading.minutes.to_string(),
            text: reading.body.as_ref().map(Body::to_stored).unwrap_or_default(),
            needed: String::new(),
            version: reading.version,
        }
    }

    /// The reading that the form describes.
    ///
    /// # Errors
    /// Every field that cannot be used, in the form's order.
    pub fn reading(&self) -> Result<NewReading, FieldErrors> {
        let mut errors = FieldErrors::default();
        let title = errors.parse("title", told(single_line(&self.title, TITLE_LIMIT), "Enter a title"));
        let author = errors.parse("author", maybe(&self.author));
        let author_role = errors.parse("author_role", maybe(&self.author_role));
        let publisher = errors.parse("publisher", told(single_line(&self.publisher, FIELD_LIMIT), "Enter the publisher"));
        let published_on = errors.parse("published_on", day(&self.published_on));
        let url = errors.parse("url", some(&self.url, str::parse::<WebAddress>));
        let language = errors.parse("language", self.language.trim().parse::<Language>());
        let rights = errors.parse("rights", self.rights.parse::<Rights>().map_err(|_| "Choose what may be shown"));
        let licence = errors.parse("licence", maybe(&self.licence));
        let photo_credit = errors.parse("photo_credit", maybe(&self.photo_credit));
        let summary = errors.parse("summary", some(&self.summary, |text| several_lines(text, SUMMARY_LIMIT)));
        let body = errors.parse("text", Body::from_typed(&self.text));
        let minutes = errors.parse("minutes", self.minutes(body.as_ref().and_then(Option::as_ref)));
        if !errors.is_empty() {
            return Err(errors);
        }
        let whole = || {
            Some(NewReading {
                title: title?,
                author: author?,
                author_role: author_role?,
                publisher: publisher?,
                published_on: published_on?,
                url: url?,
                language: language?,
                licence: licence?,
                photo_credit: photo_credit?,
                summary: summary?,
                body: body?,
                rights: rights?,
                minutes: minutes?,
            })
        };
        whole().ok_or(errors)
    }

    /// As typed, else reckoned from the text.
    fn minutes(&self, body: Option<&Body>) -> Result<u32, String> {
        match (self.minutes.trim(), body) {
            ("", Some(body)) => Ok(body.minutes()),
            (typed, _) => {
                let read = typed.parse().ok().filter(|minutes| (1..=MINUTES).contains(minutes));
                read.ok_or_else(|| format!("Enter a number of minutes from 1 to {MINUTES}"))
            }
        }
    }
}

fn told(parsed: Result<String, TextError>, empty: &'static str) -> Result<String, String> {
    parsed.map_err(|error| error.told(empty))
}

/// A value that may be absent.
fn some<T, E>(text: &str, parse: impl Fn(&str) -> Result<T, E>) -> Result<Option<T>, E> {
    if text.trim().is_empty() { Ok(None) } else { parse(text).map(Some) }
}

fn maybe(text: &str) -> Result<Option<String>, TextError> {
    some(text, |text| single_line(text, FIELD_LIMIT))
}

/// As a date field sends it (RFC 3339 full-date), and nothing else.
fn day(text: &str) -> Result<Option<Date>, &'static str> {
    some(text, |text| {
        let shape = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        text.parse().ok().filter(|_| shape).ok_or("Enter a day like 2026-11-23, or nothing")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Input {
        Input { title: "A talk".into(), publisher: "Example Journal".into(), text: "One.\n\nTwo.".into(), ..Input::citation() }
    }

    #[test]
    fn a_text_gives_its_own_minutes_and_a_citation_needs_them() {
        let read = good().reading().unwrap();
        assert_eq!((read.minutes, read.body.unwrap().paragraphs().len(), read.author), (1, 2, None));
        let cited = Input { text: " ".into(), ..good() };
        assert!(cited.reading().unwrap_err().of("minutes").is_some());
        assert_eq!(Input { minutes: "12".into(), ..cited }.reading().unwrap().minutes, 12);
    }

    #[test]
    fn each_bad_field_has_its_own_message() {
        let cases: [(&str, Input); 9] = [
            ("title", Input { title: " ".into(), ..good() }),
            ("author", Input { author: "a\u{202e}b".into(), ..good() }),
            ("publisher", Input { publisher: String::new(), ..good() }),
            ("published_on", Input { published_on: "yesterday".into(), ..good() }),
            ("url", Input { url: "javascript:alert(1)".into(), ..good() }),
            ("language", Input { language: "English".into(), ..good() }),
            ("rights", Input { rights: "mine".into(), ..good() }),
            ("summary", Input { summary: "x".repeat(2001), ..good() }),
            ("text", Input { text: "a\0b".into(), minutes: "1".into(), ..good() }),
        ];
        for (field, input) in cases {
            let errors = input.reading().unwrap_err();
            assert_eq!((errors.list().len(), errors.of(field).is_some()), (1, true), "{field}: {errors:?}");
        }
    }
}
