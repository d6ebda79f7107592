//! How long the texts of a course may be, and lists that are typed one entry a line.

use super::Answered;
use crate::kernel::text::{TextError, single_line};

/// A title, in characters.
pub const TITLE: usize = 160;
/// The sentence below a title, in characters.
pub const DEK: usize = 400;
/// A paragraph of the description, or an answer, in characters.
pub const PARAGRAPH: usize = 2000;
/// The most paragraphs of a description.
pub const PARAGRAPHS: usize = 12;
/// An outcome, a question or a prompt, in characters.
pub const ENTRY: usize = 400;
/// The most outcomes or questions of one list.
pub const ENTRIES: usize = 20;
/// The most hours of work a week.
pub const HOURS: u32 = 80;
/// The most modules of a course.
pub const MODULES: usize = 52;

/// Why a list was not accepted. Shown beside the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    #[error("Use at most {0} entries")]
    TooMany(usize),
    #[error("Entry {number}: {error}")]
    Entry { number: usize, error: TextError },
    #[error("Entry {0} has a question and no answer: write the answer on the line below it")]
    NoAnswer(usize),
}

/// A list typed one entry a line; blank lines are passed over. An empty list is one.
///
/// # Errors
/// There are more than `most`, or one breaks the rules of one line of at most `limit` characters.
pub fn entries(text: &str, most: usize, limit: usize) -> Result<Vec<String>, ListError> {
    let list: Result<Vec<_>, _> = broken(text)
        .iter()
        .filter(|line| !line.trim().is_empty())
        .zip(1..)
        .map(|(line, number)| single_line(line, limit).map_err(|error| ListError::Entry { number, error }))
        .collect();
    list.and_then(|list| if list.len() > most { Err(ListError::TooMany(most)) } else { Ok(list) })
}

/// Questions with their answers: a question's line, below it the lines of its answer, a blank line before the next.
///
/// # Errors
/// There are too many, one is too long, or one has no answer.
pub fn answered(text: &str) -> Result<Vec<Answered>, ListError> {
    let lines = broken(text);
    let blocks = lines.split(|line| line.trim().is_empty()).filter(|block| !block.is_empty());
    let pair = |(block, number): (&[String], usize)| {
        let wrong = |error| ListError::Entry { number, error };
        let (question, answer) = block.split_first().ok_or(ListError::NoAnswer(number))?;
        if answer.is_empty() {
            return Err(ListError::NoAnswer(number));
        }
        Ok(Answered {
            question: single_line(question, ENTRY).map_err(wrong)?,
            answer: single_line(&answer.join(" "), PARAGRAPH).map_err(wrong)?,
        })
    };
    let list = blocks.zip(1..).map(pair).collect::<Result<Vec<_>, _>>()?;
    if list.len() > ENTRIES { Err(ListError::TooMany(ENTRIES)) } else { Ok(list) }
}

/// The form in which [`answered`] reads them.
pub fn as_typed(questions: &[Answered]) -> String {
    questions.iter().map(|one| format!("{}\n{}", one.question, one.answer)).collect::<Vec<_>>().join("\n\n")
}

fn broken(text: &str) -> Vec<String> {
    text.replace("\r\n", "\n").replace('\r', "\n").split('\n').map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_is_an_entry() {
        assert_eq!(entries("One\r\n\r\n  Two  words \rThree\n", 3, 10).unwrap(), ["One", "Two words", "Three"]);
        assert_eq!(entries(" \n", 3, 10).unwrap(), Vec::<String>::new());
        assert_eq!(entries("a\nb\nc\nd", 3, 10), Err(ListError::TooMany(3)));
        assert_eq!(entries("a\nlonger", 3, 5), Err(ListError::Entry { number: 2, error: TextError::TooLong(5) }));
        assert_eq!(entries("a\0", 3, 5), Err(ListError::Entry { number: 1, error: TextError::ControlCharacter }));
    }

    #[test]
    fn a_question_has_its_answer_below_it() {
        let read = answered("\nWhy?\nBecause.\nReally.\n\n\nHow?\nSo.").unwrap();
        assert_eq!((read[0].question.as_str(), read[0].answer.as_str()), ("Why?", "Because. Really."));
        assert_eq!((read.len(), read[1].answer.as_str()), (2, "So."));
        assert_eq!(answered("Why?\nSo.\n\nHow?"), Err(ListError::NoAnswer(2)));
        assert_eq!(answered(&"Why?\nSo.\n\n".repeat(21)), Err(ListError::TooMany(20)));
    }

    proptest! {
        #[test]
        fn what_was_read_reads_back(text: String) {
            if let Ok(read) = answered(&text) {
                prop_assert_eq!(answered(&as_typed(&read)), Ok(read));
            }
            if let Ok(read) = entries(&text, ENTRIES, ENTRY) {
                prop_assert_eq!(entries(&read.join("\n"), ENTRIES, ENTRY), Ok(read));
            }
        }
    }
}
