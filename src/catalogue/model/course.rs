//! The template: a course and its modules.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{CohortModule, NotBackwards, Rule};
use crate::kernel::Slug;
use crate::kernel::ids::{CohortId, CourseId, ModuleId, ReadingId};

/// What is taught, without dates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Course {
    pub id: CourseId,
    pub slug: Slug,
    pub title: String,
    /// One sentence below the title.
    pub dek: String,
    /// Paragraphs of plain text.
    pub description: Vec<String>,
    /// What a student will be able to do, a line each.
    pub outcomes: Vec<String>,
    /// What applicants ask, answered.
    pub questions: Vec<Answered>,
    /// Hours of work a week, at least.
    pub hours_min: u32,
    /// Hours of work a week, at most.
    pub hours_max: u32,
    /// BCP 47 tag of the language taught in.
    pub language: String,
    /// Counts the edits of all this and of the modules' order: an edit names the version that it was made on.
    pub version: i32,
}

/// A course's own texts and numbers, as they are edited together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CourseFacts {
    pub title: String,
    pub dek: String,
    pub description: Vec<String>,
    pub outcomes: Vec<String>,
    pub questions: Vec<Answered>,
    pub hours_min: u32,
    pub hours_max: u32,
    pub language: String,
}

impl Course {
    /// The course with these facts.
    pub fn with(self, facts: CourseFacts) -> Self {
        let CourseFacts { title, dek, description, outcomes, questions, hours_min, hours_max, language } = facts;
        Self { title, dek, description, outcomes, questions, hours_min, hours_max, language, ..self }
    }
}

/// A question of the course page with its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answered {
    pub question: String,
    pub answer: String,
}

/// One week of a course.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CourseModule {
    pub id: ModuleId,
    pub course: CourseId,
    /// The week, from 1.
    pub position: u32,
    pub title: String,
    pub dek: String,
    pub outcomes: Vec<String>,
    /// Study questions.
    pub questions: Vec<String>,
    /// Where present, a reading of this module counts as read only with a reflection on this prompt.
    pub reflection_prompt: Option<String>,
    /// What must be done before the module opens, beside its date. It names modules by position, so that a copy keeps it.
    pub release_rule: Rule,
    /// In reading order.
    pub readings: Vec<ReadingKey>,
    /// Counts the edits of the module, its place and its readings.
    pub version: i32,
}

/// A module's own texts, as they are edited together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleTexts {
    pub title: String,
    pub dek: String,
    pub outcomes: Vec<String>,
    pub questions: Vec<String>,
    pub reflection_prompt: Option<String>,
    /// The earlier modules, by position, whose required readings must be read before this one opens.
    pub waits_for: BTreeSet<u32>,
}

/// A reading's place in a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadingKey {
    pub reading: ReadingId,
    /// Place in the module's order, from 1.
    pub position: u32,
    /// Whether the module is incomplete without it.
    pub required: bool,
    /// Why to read it, in one sentence.
    pub why: String,
}

impl CourseModule {
    /// The module with these texts.
    ///
    /// # Errors
    /// It would wait for a module that is not before it.
    pub fn with(self, texts: ModuleTexts) -> Result<Self, NotBackwards> {
        let ModuleTexts { title, dek, outcomes, questions, reflection_prompt, waits_for } = texts;
        if let Some(&named) = waits_for.iter().find(|&&named| named == 0 || named >= self.position) {
            return Err(NotBackwards { position: self.position, named });
        }
        // A rule that says the same stays as it is.
        let same = self.release_rule.modules() == waits_for;
        let release_rule = if same { self.release_rule } else { Rule::after(&waits_for) };
        Ok(Self { title, dek, outcomes, questions, reflection_prompt, release_rule, ..self })
    }

    /// The copy that `cohort` owns from its opening on, under an id of its own.
    pub fn copied_for(&self, cohort: CohortId, id: ModuleId) -> CohortModule {
        CohortModule {
            id,
            cohort,
            position: self.position,
            title: self.title.clone(),
            dek: self.dek.clone(),
            outcomes: self.outcomes.clone(),
            questions: self.questions.clone(),
            reflection_prompt: self.reflection_prompt.clone(),
            release_rule: self.release_rule.clone(),
            readings: self.readings.clone(),
        }
    }
}
