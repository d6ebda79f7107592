//! The demonstration's course, as `course.toml` tells it.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::DemoError;
use crate::catalogue::model::{Answered, Rule};
use crate::catalogue::{NewCourse, NewKey, NewModule};
use crate::kernel::Slug;
use crate::kernel::ids::ReadingId;
use crate::kernel::time::Date;
use crate::readings::{Language, NewReading, Rights, WebAddress};

const COURSE: &str = include_str!("course.toml");

/// The whole file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Content {
    course: Course,
    readings: Vec<Record>,
    modules: Vec<Module>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Course {
    slug: Slug,
    title: String,
    dek: String,
    description: Vec<String>,
    outcomes: Vec<String>,
    hours_min: u32,
    hours_max: u32,
    language: String,
    questions: Vec<Answered>,
}

/// A citation record: what was seen at the source, and a summary in our own words.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    key: String,
    title: String,
    author: Option<String>,
    author_role: Option<String>,
    publisher: String,
    published_on: Option<String>,
    url: Option<String>,
    language: String,
    licence: Option<String>,
    minutes: u32,
    summary: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Module {
    title: String,
    dek: String,
    outcomes: Vec<String>,
    questions: Vec<String>,
    reflection_prompt: Option<String>,
    readings: Vec<Key>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    key: String,
    required: bool,
    why: String,
}

impl Content {
    /// The file that is compiled in.
    pub(super) fn read() -> Result<Self, DemoError> {
        toml::from_str(COURSE).map_err(|error| DemoError::Content(error.to_string()))
    }

    /// The library's records, each under the key that the modules name it by.
    pub(super) fn readings(&self) -> Result<Vec<(String, NewReading)>, DemoError> {
        self.readings.iter().map(|record| Ok((record.key.clone(), record.to_new()?))).collect()
    }

    /// The course over the library's readings.
    pub(super) fn course(&self, library: &BTreeMap<String, ReadingId>) -> Result<NewCourse, DemoError> {
        let course = self.course.clone();
        let modules = self.modules.iter().map(|module| module.to_new(library)).collect::<Result<_, _>>()?;
        Ok(NewCourse {
            slug: course.slug,
            title: course.title,
            dek: course.dek,
            description: course.description,
            outcomes: course.outcomes,
            questions: course.questions,
            hours_min: course.hours_min,
            hours_max: course.hours_max,
            language: course.language,
            modules,
        })
    }
}

impl Record {
    fn to_new(&self) -> Result<NewReading, DemoError> {
        let wrong = |what: &str, error: &dyn std::fmt::Display| DemoError::Content(format!("{}: {what}: {error}", self.key));
        let published_on = self.published_on.as_deref().map(str::parse::<Date>).transpose();
        let url = self.url.as_deref().map(str::parse::<WebAddress>).transpose();
        Ok(NewReading {
            title: self.title.clone(),
            author: self.author.clone(),
            author_role: self.author_role.clone(),
            publisher: self.publisher.clone(),
            published_on: published_on.map_err(|error| wrong("published_on", &error))?,
            url: url.map_err(|error| wrong("url", &error))?,
            language: self.language.parse::<Language>().map_err(|error| wrong("language", &error))?,
            licence: self.licence.clone(),
            photo_credit: None,
            summary: Some(self.summary.clone()),
            body: None,
            rights: Rights::LinkOnly,
            minutes: self.minutes,
        })
    }
}

impl Module {
    fn to_new(&self, library: &BTreeMap<String, ReadingId>) -> Result<NewModule, DemoError> {
        let key = |key: &Key| {
            let reading =
                library.get(&key.key).ok_or_else(|| DemoError::Content(format!("no reading has the key {}", key.key)))?;
            Ok(NewKey { reading: *reading, required: key.required, why: key.why.clone() })
        };
        Ok(NewModule {
            title: self.title.clone(),
            dek: self.dek.clone(),
            outcomes: self.outcomes.clone(),
            questions: self.questions.clone(),
            reflection_prompt: self.reflection_prompt.clone(),
            release_rule: Rule::Always,
            readings: self.readings.iter().map(key).collect::<Result<_, DemoError>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_file_holds_six_modules_over_readings_that_exist() {
        let content = Content::read().unwrap();
        let readings = content.readings().unwrap();
        let library: BTreeMap<String, ReadingId> =
            readings.iter().zip(1..).map(|((key, _), n)| (key.clone(), ReadingId(Uuid::from_u128(n)))).collect();
        assert_eq!(library.len(), readings.len(), "two readings have one key");
        let course = content.course(&library).unwrap();
        assert_eq!(course.modules.len(), 6);
        for module in &course.modules {
            assert!(module.readings.iter().filter(|key| key.required).count() >= 2, "{}", module.title);
        }
    }
}
