//! What the editor's forms bring, and what of it can be used.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::catalogue::model::texts::{self, DEK, ENTRIES, ENTRY, HOURS, PARAGRAPH, PARAGRAPHS, TITLE};
use crate::catalogue::model::{Course, CourseFacts, CourseModule, KeyChange, ModuleTexts, Need, ReadingKey, Why};
use crate::kernel::ids::ReadingId;
use crate::kernel::text::{TextError, single_line};
use crate::readings::Language;
use crate::web::form::FieldErrors;

/// A course's facts as sent. A field that is missing counts as empty.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FactsInput {
    pub title: String,
    pub dek: String,
    pub description: String,
    pub outcomes: String,
    pub questions: String,
    pub hours_min: String,
    pub hours_max: String,
    pub language: String,
    pub version: i32,
}

/// A week's texts as sent.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WeekInput {
    pub title: String,
    pub dek: String,
    pub outcomes: String,
    pub questions: String,
    pub reflection_prompt: String,
    pub waits_for: String,
    pub version: i32,
}

/// A reading's place in a week as sent.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeyInput {
    /// Its slug: asked for only where one is chosen.
    pub reading: String,
    /// What was looked for, to show the same list again.
    pub find: String,
    pub why: String,
    pub required: String,
    pub version: i32,
}

/// A button that acts on what the page showed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OnVersion {
    pub version: i32,
}

/// A button that moves something.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Move {
    pub to: String,
    pub version: i32,
}

impl FactsInput {
    /// The form as it is first shown.
    pub fn of(course: &Course) -> Self {
        Self {
            title: course.title.clone(),
            dek: course.dek.clone(),
            description: course.description.join("\n\n"),
            outcomes: course.outcomes.join("\n"),
            questions: texts::as_typed(&course.questions),
            hours_min: course.hours_min.to_string(),
            hours_max: course.hours_max.to_string(),
            language: course.language.clone(),
            version: course.version,
        }
    }

    /// # Errors
    /// Every field that cannot be used, in the form's order.
    pub fn facts(&self) -> Result<CourseFacts, FieldErrors> {
        let mut errors = FieldErrors::default();
        let title = errors.parse("title", title(&self.title));
        let dek = errors.parse("dek", maybe(&self.dek, DEK));
        let description = errors.parse("description", texts::entries(&self.description, PARAGRAPHS, PARAGRAPH));
        let outcomes = errors.parse("outcomes", texts::entries(&self.outcomes, ENTRIES, ENTRY));
        let questions = errors.parse("questions", texts::answered(&self.questions));
        let hours_min = errors.parse("hours_min", hours(&self.hours_min));
        let hours_max = errors.parse("hours_max", hours(&self.hours_max));
        if hours_min.zip(hours_max).is_some_and(|(least, most)| least > most) {
            errors.add("hours_max", "Enter at least as many hours as in the field before");
        }
        let language = errors.parse("language", self.language.trim().parse::<Language>());
        let facts = (title, dek, description, outcomes, questions, hours_min, hours_max, language);
        match facts {
            (
                Some(title),
                Some(dek),
                Some(description),
                Some(outcomes),
                Some(questions),
                Some(least),
                Some(most),
                Some(language),
            ) if errors.is_empty() => {
                let (hours_min, hours_max, language) = (least, most, language.as_str().to_owned());
                Ok(CourseFacts { title, dek, description, outcomes, questions, hours_min, hours_max, language })
            }
            _ => Err(errors),
        }
    }
}

impl WeekInput {
    /// The form as it is first shown.
    pub fn of(module: &CourseModule) -> Self {
        let waits_for: Vec<String> = module.release_rule.modules().iter().map(u32::to_string).collect();
        Self {
            title: module.title.clone(),
            dek: module.dek.clone(),
            outcomes: module.outcomes.join("\n"),
            questions: module.questions.join("\n"),
            reflection_prompt: module.reflection_prompt.clone().unwrap_or_default(),
            waits_for: waits_for.join(", "),
            version: module.version,
        }
    }

    /// # Errors
    /// Every field that cannot be used, in the form's order.
    pub fn texts(&self) -> Result<ModuleTexts, FieldErrors> {
        let mut errors = FieldErrors::default();
        let title = errors.parse("title", title(&self.title));
        let dek = errors.parse("dek", maybe(&self.dek, DEK));
        let outcomes = errors.parse("outcomes", texts::entries(&self.outcomes, ENTRIES, ENTRY));
        let questions = errors.parse("questions", texts::entries(&self.questions, ENTRIES, ENTRY));
        let prompt = errors.parse("reflection_prompt", maybe(&self.reflection_prompt, ENTRY));
        let waits_for = errors.parse("waits_for", weeks(&self.waits_for));
        match (title, dek, outcomes, questions, prompt, waits_for) {
            (Some(title), Some(dek), Some(outcomes), Some(questions), Some(prompt), Some(waits_for)) => {
                let reflection_prompt = Some(prompt).filter(|prompt| !prompt.is_empty());
                Ok(ModuleTexts { title, dek, outcomes, questions, reflection_prompt, waits_for })
            }
            _ => Err(errors),
        }
    }
}

impl KeyInput {
    /// The form as it is first shown for a reading that is attached.
    pub fn of(key: &ReadingKey, version: i32) -> Self {
        let required = if key.required { "yes" } else { "" };
        Self { why: key.why.clone(), required: required.to_owned(), version, ..Self::default() }
    }

    /// Attaches `reading`, where one is chosen.
    ///
    /// # Errors
    /// Every field that cannot be used, in the form's order.
    pub fn attached(&self, reading: Option<ReadingId>) -> Result<KeyChange, FieldErrors> {
        let mut errors = FieldErrors::default();
        let reading = errors.parse("reading", reading.ok_or("Choose a reading"));
        match (reading, self.why(&mut errors)) {
            (Some(reading), Some(why)) => Ok(KeyChange::Attach { reading, need: self.need(), why }),
            _ => Err(errors),
        }
    }

    /// Says this of `reading`, which is attached.
    ///
    /// # Errors
    /// The sentence cannot be used.
    pub fn restated(&self, reading: ReadingId) -> Result<KeyChange, FieldErrors> {
        let mut errors = FieldErrors::default();
        let why = self.why(&mut errors).ok_or(errors)?;
        Ok(KeyChange::Restate { reading, need: self.need(), why })
    }

    fn need(&self) -> Need {
        if self.required == "yes" { Need::Required } else { Need::Optional }
    }

    fn why(&self, errors: &mut FieldErrors) -> Option<Why> {
        let why =
            sentence(&self.why).parse::<Why>().map_err(|error| error.told("Say in a sentence why it is read: students see it"));
        errors.parse("why", why)
    }
}

/// A title, of a course or of a week.
pub fn title(text: &str) -> Result<String, String> {
    single_line(text, TITLE).map_err(|error| error.told("Enter a title"))
}

/// What was typed into a field of several lines, as one line.
fn sentence(text: &str) -> String {
    text.replace(['\r', '\n'], " ")
}

/// A sentence that may be missing.
fn maybe(text: &str, limit: usize) -> Result<String, TextError> {
    match single_line(&sentence(text), limit) {
        Err(TextError::Empty) => Ok(String::new()),
        other => other,
    }
}

fn hours(text: &str) -> Result<u32, String> {
    let read = text.trim().parse().ok().filter(|hours| (1..=HOURS).contains(hours));
    read.ok_or_else(|| format!("Enter a number of hours from 1 to {HOURS}"))
}

/// `1, 3`: week numbers, of which the course knows whether they are before this one.
fn weeks(text: &str) -> Result<BTreeSet<u32>, &'static str> {
    let numbers = text.split([',', ' ', '\t']).filter(|part| !part.is_empty());
    numbers.map(|part| part.parse().map_err(|_| "Enter week numbers like 1, 2")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> FactsInput {
        FactsInput {
            title: " Example  Course ".into(),
            dek: String::new(),
            description: "One.\r\n\r\nTwo.".into(),
            outcomes: "Tell a truce from a treaty\r\n".into(),
            questions: "Why?\r\nBecause.".into(),
            hours_min: "3".into(),
            hours_max: " 4 ".into(),
            language: "en-IN".into(),
            version: 1,
        }
    }

    #[test]
    fn a_whole_form_is_read_into_its_types() {
        let read = facts().facts().unwrap();
        assert_eq!((read.title.as_str(), read.dek.as_str(), read.hours_max), ("Example Course", "", 4));
        assert_eq!((read.description.len(), read.outcomes.len(), read.questions.len()), (2, 1, 1));
        let week = WeekInput { title: "Locks".into(), waits_for: "2,1 1".into(), ..WeekInput::default() };
        let read = week.texts().unwrap();
        assert_eq!((read.reflection_prompt, read.waits_for), (None, BTreeSet::from([1, 2])));
        let broken = WeekInput { title: "Locks".into(), dek: "One\r\nsentence.\r\n".into(), ..WeekInput::default() };
        assert_eq!(broken.texts().unwrap().dek, "One sentence.");
    }

    #[test]
    fn each_bad_field_has_its_own_message() {
        let cases: [(&str, FactsInput); 7] = [
            ("title", FactsInput { title: " ".into(), ..facts() }),
            ("dek", FactsInput { dek: "x".repeat(401), ..facts() }),
            ("description", FactsInput { description: "x\n".repeat(13), ..facts() }),
            ("outcomes", FactsInput { outcomes: "a\u{202e}b".into(), ..facts() }),
            ("questions", FactsInput { questions: "Why?".into(), ..facts() }),
            ("hours_max", FactsInput { hours_max: "2".into(), ..facts() }),
            ("language", FactsInput { language: "English".into(), ..facts() }),
        ];
        for (field, input) in cases {
            let errors = input.facts().unwrap_err();
            assert_eq!((errors.list().len(), errors.of(field).is_some()), (1, true), "{field}");
        }
        for (field, week) in [
            ("title", WeekInput::default()),
            ("waits_for", WeekInput { title: "a".into(), waits_for: "one".into(), ..WeekInput::default() }),
            ("reflection_prompt", WeekInput { title: "a".into(), reflection_prompt: "x".repeat(401), ..WeekInput::default() }),
        ] {
            let errors = week.texts().unwrap_err();
            assert_eq!((errors.list().len(), errors.of(field).is_some()), (1, true), "{field}");
        }
    }

    #[test]
    fn a_place_needs_a_reading_and_a_reason() {
        let errors = KeyInput::default().attached(None).unwrap_err();
        assert_eq!(errors.list().iter().map(|error| error.field).collect::<Vec<_>>(), ["reading", "why"]);
        assert!(serde_urlencoded::from_str::<KeyInput>("why=a&position=1").is_err());
    }
}
