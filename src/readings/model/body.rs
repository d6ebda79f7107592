//! The archived text of an article: plain paragraphs, never markup.

use sha2::{Digest, Sha256};

use crate::kernel::text::{TextError, single_line};

/// The most paragraphs of a text.
const PARAGRAPHS: usize = 400;
/// The most characters of a paragraph.
const PARAGRAPH: usize = 20_000;
/// The most characters of all paragraphs together.
const TOTAL: usize = 400_000;
/// Words a minute, for the reading time.
const PACE: usize = 230;
/// What stands between two paragraphs in the stored form.
const BREAK: &str = "\n\n";

/// A text of one or more paragraphs. A paragraph is one line of plain characters: `<script>` in it is eight characters, to be
/// escaped like all others where it is displayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body(Vec<String>);

/// Why paragraphs are not a text that we keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    #[error("The text has no paragraph: enter at least one")]
    Empty,
    #[error("The text has more than {PARAGRAPHS} paragraphs: keep only the article, or split it")]
    TooManyParagraphs,
    #[error("Paragraph {0} is empty: remove it")]
    EmptyParagraph(usize),
    #[error("Paragraph {0} has more than {PARAGRAPH} characters: split it")]
    ParagraphTooLong(usize),
    #[error("Paragraph {0} has control characters: remove them")]
    ControlCharacter(usize),
    #[error("The text has more than {TOTAL} characters: keep only the article, or split it")]
    TooLong,
    #[error("The stored text is not in the form in which texts are stored")]
    NotStoredForm,
}

impl Body {
    /// A text of these paragraphs, each trimmed and its white space single. Errors number paragraphs from 1.
    ///
    /// # Errors
    /// The first limit or rule that the paragraphs break.
    pub fn new<P: AsRef<str>>(paragraphs: impl IntoIterator<Item = P>) -> Result<Self, BodyError> {
        let mut kept = Vec::new();
        let mut total = 0;
        for (number, paragraph) in (1..).zip(paragraphs) {
            if number > PARAGRAPHS {
                return Err(BodyError::TooManyParagraphs);
            }
            let paragraph = single_line(paragraph.as_ref(), PARAGRAPH).map_err(|error| match error {
                TextError::Empty => BodyError::EmptyParagraph(number),
                TextError::TooLong(_) => BodyError::ParagraphTooLong(number),
                _ => BodyError::ControlCharacter(number),
            })?;
            total += paragraph.chars().count();
            if total > TOTAL {
                return Err(BodyError::TooLong);
            }
            kept.push(paragraph);
        }
        if kept.is_empty() { Err(BodyError::Empty) } else { Ok(Self(kept)) }
    }

    /// A text as somebody types it: paragraphs with a blank line between two; a line break inside one is a space. `None` for
    /// nothing but white space.
    ///
    /// # Errors
    /// As [`Body::new`].
    pub fn from_typed(text: &str) -> Result<Option<Self>, BodyError> {
        let text = text.replace("\r\n", "\n").replace(['\r', '\t'], " ");
        let mut paragraphs = vec![String::new()];
        for line in text.split('\n') {
            match paragraphs.last_mut() {
                Some(last) if line.trim().is_empty() && !last.is_empty() => paragraphs.push(String::new()),
                Some(last) => {
                    last.push_str(line.trim());
                    last.push(' ');
                }
                None => {}
            }
        }
        paragraphs.retain(|paragraph| !paragraph.trim().is_empty());
        if paragraphs.is_empty() { Ok(None) } else { Self::new(paragraphs).map(Some) }
    }

    /// The text from its stored form.
    ///
    /// # Errors
    /// `NotStoredForm` for a form that [`Body::to_stored`] does not write, so that a text and its hash never part; else as [`Body::new`].
    pub fn from_stored(stored: &str) -> Result<Self, BodyError> {
        let body = Self::new(stored.split(BREAK))?;
        if body.to_stored() == stored { Ok(body) } else { Err(BodyError::NotStoredForm) }
    }

    /// The stored form: the paragraphs with a blank line between two.
    pub fn to_stored(&self) -> String {
        self.0.join(BREAK)
    }

    /// SHA-256 of the stored form's UTF-8 bytes, in small hexadecimal digits.
    pub fn sha256(&self) -> String {
        Sha256::digest(self.to_stored().as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The paragraphs, at least one.
    pub fn paragraphs(&self) -> &[String] {
        &self.0
    }

    /// How many words, as white space parts them.
    pub fn words(&self) -> usize {
        self.0.iter().map(|paragraph| paragraph.split_whitespace().count()).sum()
    }

    /// Reading time in whole minutes, rounded up: at least 1.
    pub fn minutes(&self) -> u32 {
        u32::try_from(self.words().div_ceil(PACE)).unwrap_or(u32::MAX).max(1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_stored_form_is_the_paragraphs_with_blank_lines_between() {
        let body = Body::new([" One  two.", "Three\tfour. "].map(|p| p.replace('\t', " "))).unwrap();
        assert_eq!(body.to_stored(), "One two.\n\nThree four.");
        // Reckoned with coreutils: printf 'One two.\n\nThree four.' | sha256sum
        assert_eq!(body.sha256(), "67d043f2600440c2cee7450c38843dee83219518834c1947bae9e6454b4bf4d7");
    }

    #[test]
    fn a_stored_form_of_another_making_is_refused() {
        for other in ["a\n\n b", "a\n\nb\n", "a  b", "a\n\n\nb"] {
            assert!(Body::from_stored(other).is_err(), "{other:?}");
        }
    }

    #[test]
    fn limits_name_the_paragraph() {
        assert_eq!(Body::new(Vec::<String>::new()), Err(BodyError::Empty));
        assert_eq!(Body::new(["a", " "]), Err(BodyError::EmptyParagraph(2)));
        assert_eq!(Body::new(["a", "b\0"]), Err(BodyError::ControlCharacter(2)));
        assert_eq!(Body::new(["x".repeat(20_001)]), Err(BodyError::ParagraphTooLong(1)));
        assert!(Body::new(vec!["é".repeat(20_000); 20]).is_ok());
        assert_eq!(Body::new(vec!["x".repeat(20_000); 21]), Err(BodyError::TooLong));
        assert!(Body::new(vec!["x"; 400]).is_ok());
        assert_eq!(Body::new(vec!["x"; 401]), Err(BodyError::TooManyParagraphs));
    }

    #[test]
    fn reading_time_is_rounded_up() {
        let words = |count: usize| Body::new(["word ".repeat(count)]).unwrap().minutes();
        assert_eq!((words(1), words(230), words(231), words(1000)), (1, 1, 2, 5));
    }

    #[test]
    fn a_typed_text_is_paragraphs_with_blank_lines_between() {
        let body = Body::from_typed("\n\nOne\r\ntwo.\n \n\n  Three\tfour.  \n").unwrap().unwrap();
        assert_eq!(body.paragraphs(), ["One two.", "Three four."]);
        assert_eq!(Body::from_typed(" \r\n\t"), Ok(None));
        assert_eq!(Body::from_typed("One.\n\nTw\0o."), Err(BodyError::ControlCharacter(2)));
    }

    #[test]
    fn markup_is_characters() {
        let body = Body::new(["<script>alert(1)</script>"]).unwrap();
        assert_eq!(body.paragraphs(), ["<script>alert(1)</script>"]);
    }

    proptest! {
        #[test]
        fn a_text_reads_back_from_its_stored_form(paragraphs: Vec<String>) {
            if let Ok(body) = Body::new(&paragraphs) {
                prop_assert_eq!(Body::from_typed(&body.to_stored()), Ok(Some(body.clone())));
                prop_assert_eq!(Body::from_stored(&body.to_stored()), Ok(body));
            }
        }
    }
}
