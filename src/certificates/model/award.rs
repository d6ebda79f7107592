//! What a certificate says, frozen.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::enrolment::Enrolment;
use crate::kernel::ids::ReadingId;
use crate::kernel::time::{Date, SignedDuration};
use crate::kernel::{PersonName, Timestamp};
use crate::readings::model::Card;
use crate::schedule::model::Inputs;

/// In whose name certificates are issued, and who signs them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issuer {
    /// The organisation's legal name.
    pub legal_name: String,
    /// In the order of their lines; there may be none.
    pub signers: Vec<Signer>,
}

/// A name under a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signer {
    pub name: String,
    /// What they are: "Editor".
    pub title: String,
}

/// What was completed, by whom and when, as it was known when the certificate was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Award {
    /// As on the enrolment.
    pub name: PersonName,
    pub course: String,
    pub cohort: String,
    /// By the cohort's calendar.
    pub starts_on: Date,
    /// The last day of the last week.
    pub ends_on: Date,
    /// In order, with the evidence.
    pub modules: Vec<AwardedModule>,
    /// When the last required reading was read.
    pub completed_at: Timestamp,
    pub issuer: Issuer,
}

/// One week, with all that was read of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwardedModule {
    pub title: String,
    /// In reading order.
    pub readings: Vec<AwardedReading>,
}

/// A reading that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwardedReading {
    pub title: String,
    pub author: Option<String>,
    pub required: bool,
    pub read_at: Timestamp,
}

impl Award {
    /// What is known at `now` of a student who completed at `completed_at`. `cards` are those of the cohort's readings.
    pub fn of(
        enrolment: &Enrolment,
        inputs: &Inputs,
        course: String,
        cards: &BTreeMap<ReadingId, Card>,
        issuer: Issuer,
        (completed_at, now): (Timestamp, Timestamp),
    ) -> Self {
        let cohort = inputs.plan.cohort();
        let modules: Vec<_> = inputs
            .plan
            .modules()
            .iter()
            .map(|module| {
                let readings = module.readings.iter().filter_map(|key| {
                    let read_at = inputs.facts.read_at(module, key.reading, now)?;
                    let card = cards.get(&key.reading)?;
                    Some(AwardedReading {
                        title: card.title.clone(),
                        author: card.author.clone(),
                        required: key.required,
                        read_at,
                    })
                });
                AwardedModule { title: module.title.clone(), readings: readings.collect() }
            })
            .collect();
        Self {
            name: enrolment.certificate_name.clone(),
            course,
            cohort: cohort.name.clone(),
            starts_on: cohort.starts_on,
            ends_on: last_day(cohort.starts_on, modules.len()),
            modules,
            completed_at,
            issuer,
        }
    }

    /// How many required readings were read.
    pub fn required(&self) -> usize {
        self.modules.iter().flat_map(|module| &module.readings).filter(|reading| reading.required).count()
    }
}

/// A module is a week: the Sunday of the last, where the first begins on a Monday.
fn last_day(starts_on: Date, weeks: usize) -> Date {
    let days = i64::try_from(weeks).unwrap_or_default().saturating_mul(7).saturating_sub(1);
    starts_on.saturating_add(SignedDuration::from_hours(24 * days))
}
