//! A sample cohort, and random ones, for the tests of this and later domains.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use uuid::Uuid;

use super::{CivilSlot, CohortPlan, Inputs, ItemKind, Opening, Override, ScheduleItem};
use crate::catalogue::model::{Cohort, CohortModule, EnrolmentWindow, Facts, Read, ReadingKey, Rule};
use crate::kernel::ids::{CohortId, CourseId, EnrolmentId, ModuleId, OverrideId, ReadingId};
use crate::kernel::time::{Date, DateTime, SignedDuration, Time};
use crate::kernel::{Currency, Money, Timestamp, Zone};

/// A cohort of three modules, each with two required readings and an optional third, a week apart at nine in Kolkata from
/// Monday 4 January 2027. Each module after the first waits for the required readings of the one before.
#[derive(Debug, Clone)]
pub struct Sample {
    pub zone: Zone,
    pub starts_on: Date,
    pub revision: i32,
    /// One module each.
    pub modules: Vec<SampleModule>,
}

#[derive(Debug, Clone)]
pub struct SampleModule {
    pub release: CivilSlot,
    pub rule: Rule,
    pub reflection_prompt: Option<String>,
}

impl Default for Sample {
    fn default() -> Self {
        let module = |position: u32| SampleModule {
            release: slot(7 * (position as i32 - 1), 9, 0),
            rule: if position == 1 { Rule::Always } else { Rule::RequiredReadingsRead { module: position - 1 } },
            reflection_prompt: None,
        };
        Self {
            zone: "Asia/Kolkata".parse().unwrap(),
            starts_on: "2027-01-04".parse().unwrap(),
            revision: 1,
            modules: (1..=3).map(module).collect(),
        }
    }
}

impl Sample {
    pub fn parts(&self) -> (Cohort, Vec<CohortModule>, Vec<ScheduleItem>) {
        let cohort = Cohort {
            course_title: "Example Course".to_owned(),
            id: cohort_id(),
            course: CourseId(Uuid::from_u128(1)),
            slug: "sample".parse().unwrap(),
            name: "Sample cohort".to_owned(),
            zone: self.zone.clone(),
            starts_on: self.starts_on,
            capacity: 30,
            prices: Money::new(650_000, Currency::INR).into(),
            window: EnrolmentWindow::new(at("2026-01-01T00:00:00Z"), at("2029-01-01T00:00:00Z")).unwrap(),
            refund_rule: crate::organisation::RefundRule::default(),
            revision: self.revision,
            published_at: Some(at("2026-01-01T00:00:00Z")),
        };
        let modules = (1..).zip(&self.modules).map(|(position, sample)| sample.module(position)).collect();
        let item = |(position, sample): (u32, &SampleModule)| ScheduleItem {
            module: module_id(position),
            kind: ItemKind::Release,
            slot: sample.release,
        };
        (cohort, modules, (1..).zip(&self.modules).map(item).collect())
    }

    pub fn plan(&self) -> CohortPlan {
        let (cohort, modules, items) = self.parts();
        CohortPlan::new(cohort, modules, &items).unwrap()
    }

    /// The student at the start: every reading ready since long ago, none read.
    pub fn inputs(&self) -> Inputs {
        let mut facts = Facts::none_of(student());
        for module in self.parts().1 {
            facts.ready.extend(module.readings.iter().map(|key| (key.reading, at("2020-01-01T00:00:00Z"))));
        }
        Inputs { plan: Arc::new(self.plan()), overrides: Vec::new(), openings: Vec::new(), facts }
    }
}

impl SampleModule {
    fn module(&self, position: u32) -> CohortModule {
        let key = |place: u32| ReadingKey {
            reading: reading_id(position, place),
            position: place,
            required: place < 3,
            why: "It shows how.".to_owned(),
        };
        CohortModule {
            id: module_id(position),
            cohort: cohort_id(),
            position,
            title: format!("Week {position}"),
            dek: String::new(),
            outcomes: Vec::new(),
            questions: Vec::new(),
            reflection_prompt: self.reflection_prompt.clone(),
            release_rule: self.rule.clone(),
            readings: (1..=3).map(key).collect(),
        }
    }
}

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn slot(day_offset: i32, hour: i8, minute: i8) -> CivilSlot {
    CivilSlot { day_offset, time: Time::constant(hour, minute, 0, 0) }
}

pub fn cohort_id() -> CohortId {
    CohortId(Uuid::from_u128(1))
}

pub fn module_id(position: u32) -> ModuleId {
    ModuleId(Uuid::from_u128(u128::from(position)))
}

pub fn reading_id(position: u32, place: u32) -> ReadingId {
    ReadingId(Uuid::from_u128(u128::from(10 * position + place)))
}

pub fn student() -> EnrolmentId {
    EnrolmentId(Uuid::from_u128(1))
}

pub fn someone_else() -> EnrolmentId {
    EnrolmentId(Uuid::from_u128(2))
}

/// Marks a reading as read, with a reflection.
pub fn mark_read(inputs: &mut Inputs, position: u32, place: u32, when: &str) {
    let key = (module_id(position), reading_id(position, place));
    inputs.facts.read.insert(key, Read { at: at(when), reflected: true });
}

pub fn override_of(position: u32, enrolment: Option<EnrolmentId>, civil: &str, created_at: &str) -> Override {
    Override {
        id: OverrideId(Uuid::from_u128(1)),
        cohort: cohort_id(),
        enrolment,
        module: module_id(position),
        opens_at: civil.parse().unwrap(),
        reason: "Away".to_owned(),
        created_by: None,
        created_at: at(created_at),
    }
}

const ZONES: [&str; 5] = ["Europe/London", "America/New_York", "Africa/Cairo", "Asia/Kolkata", "Asia/Kathmandu"];
/// Days on which clocks change in New York, London and Cairo.
const CHANGES: [&str; 6] = ["2027-03-14", "2027-03-28", "2027-04-30", "2027-10-29", "2027-10-31", "2027-11-07"];
const MODULES: u32 = 4;
/// Days after the start that all generated moments fall in.
const DAYS: i64 = 50;

/// Any time of day, often in the hours that clocks skip or repeat.
pub fn any_slot() -> impl Strategy<Value = CivilSlot> {
    (-1..40i32, prop_oneof![0..4i8, 0..24i8], 0..60i8).prop_map(|(day, hour, minute)| slot(day, hour, minute))
}

fn any_rule(position: u32) -> BoxedStrategy<Rule> {
    if position == 1 {
        return Just(Rule::Always).boxed();
    }
    let read = (1..position).prop_map(|module| Rule::RequiredReadingsRead { module });
    prop_oneof![Just(Rule::Always), read.clone(), proptest::collection::vec(read, 0..3).prop_map(Rule::All)].boxed()
}

fn any_module(position: u32) -> impl Strategy<Value = SampleModule> {
    (any_slot(), any_rule(position), proptest::option::of(Just("Why?".to_owned())))
        .prop_map(|(release, rule, reflection_prompt)| SampleModule { release, rule, reflection_prompt })
}

/// A cohort that starts up to three weeks before a change of clocks.
pub fn any_sample() -> impl Strategy<Value = Sample> {
    let modules = (1..=MODULES).map(any_module).collect::<Vec<_>>();
    let zones = proptest::sample::select(ZONES.as_slice());
    (zones, proptest::sample::select(CHANGES.as_slice()), 0..21i64, modules).prop_map(|(zone, change, days, modules)| Sample {
        zone: zone.parse().unwrap(),
        starts_on: change.parse::<Date>().unwrap().saturating_sub(SignedDuration::from_hours(24 * days)),
        revision: 1,
        modules,
    })
}

/// A moment of a cohort's time, in seconds after midnight UTC of its first day; add it to [`start_of`].
pub fn any_seconds() -> impl Strategy<Value = i64> {
    -5 * 86_400..DAYS * 86_400
}

pub fn start_of(sample: &Sample) -> Timestamp {
    Zone::UTC.instant(sample.starts_on.at(0, 0, 0, 0))
}

pub fn after(start: Timestamp, seconds: i64) -> Timestamp {
    start.checked_add(SignedDuration::from_secs(seconds)).unwrap()
}

/// Something that happens to a cohort or a student.
#[derive(Debug, Clone)]
pub enum Change {
    /// Staff re-plan one module: a new slot and rule.
    Replan(u32, SampleModule),
    /// Staff move one module for the student, for another, or for all.
    Override(u32, Option<EnrolmentId>, CivilSlot),
    Unready(ReadingId),
    Ready(ReadingId),
    Read(u32, u32, bool),
    Nothing,
}

pub fn any_change() -> impl Strategy<Value = Change> {
    let whose = prop_oneof![Just(None), Just(Some(student())), Just(Some(someone_else()))];
    let reading = || (1..=MODULES, 1..=3u32).prop_map(|(position, place)| reading_id(position, place));
    prop_oneof![
        2 => (1..=MODULES).prop_flat_map(|position| (Just(position), any_module(position))).prop_map(|(p, m)| Change::Replan(p, m)),
        2 => (1..=MODULES, whose, any_slot()).prop_map(|(position, whose, slot)| Change::Override(position, whose, slot)),
        1 => reading().prop_map(Change::Unready),
        1 => reading().prop_map(Change::Ready),
        4 => (1..=MODULES, 1..=3u32, any::<bool>()).prop_map(|(position, place, with)| Change::Read(position, place, with)),
        1 => Just(Change::Nothing),
    ]
}

/// Makes the change as the program does: what it could close is recorded as open first.
pub fn apply(sample: &mut Sample, inputs: &mut Inputs, change: &Change, now: Timestamp) {
    inputs.openings.extend(inputs.openings_to_record(now));
    match change {
        Change::Replan(position, module) => {
            sample.modules[*position as usize - 1] = module.clone();
            sample.revision += 1;
            inputs.plan = Arc::new(sample.plan());
        }
        Change::Override(position, enrolment, slot) => inputs.overrides.push(Override {
            id: OverrideId(Uuid::from_u128(inputs.overrides.len() as u128)),
            cohort: cohort_id(),
            enrolment: *enrolment,
            module: module_id(*position),
            opens_at: slot.civil(sample.starts_on),
            reason: "Moved".to_owned(),
            created_by: None,
            created_at: now,
        }),
        Change::Unready(reading) => drop(inputs.facts.ready.remove(reading)),
        Change::Ready(reading) => drop(inputs.facts.ready.entry(*reading).or_insert(now)),
        Change::Read(position, place, reflected) => {
            let key = (module_id(*position), reading_id(*position, *place));
            inputs.facts.read.entry(key).or_insert(Read { at: now, reflected: *reflected });
        }
        Change::Nothing => {}
    }
}

/// Inputs as they may stand at some moment of a cohort, whatever led there.
pub fn any_inputs() -> impl Strategy<Value = (Sample, Inputs)> {
    let key = || (1..=MODULES, 1..=3u32);
    let reads = proptest::collection::vec((key(), any_seconds(), any::<bool>()), 0..20);
    let unready = proptest::collection::vec((key(), proptest::option::of(any_seconds())), 0..3);
    let whose = prop_oneof![Just(None), Just(Some(student())), Just(Some(someone_else()))];
    let overrides = proptest::collection::vec((1..=MODULES, whose, any_slot(), any_seconds()), 0..4);
    let openings = proptest::collection::vec((1..=MODULES, any_seconds()), 0..2);
    (any_sample(), reads, unready, overrides, openings).prop_map(|(sample, reads, unready, overrides, openings)| {
        let (mut inputs, start) = (sample.inputs(), start_of(&sample));
        let read = |((position, place), seconds, reflected): ((u32, u32), i64, bool)| {
            let read = Read { at: after(start, seconds), reflected };
            ((module_id(position), reading_id(position, place)), read)
        };
        inputs.facts.read = reads.into_iter().map(read).collect::<BTreeMap<_, _>>();
        for ((position, place), ready) in unready {
            inputs.facts.ready.remove(&reading_id(position, place));
            inputs.facts.ready.extend(ready.map(|seconds| (reading_id(position, place), after(start, seconds))));
        }
        for (position, whose, slot, created) in overrides {
            let civil: DateTime = slot.civil(sample.starts_on);
            let created = after(start, created).to_string();
            inputs.overrides.push(override_of(position, whose, &civil.to_string(), &created));
        }
        let opening = |(position, seconds)| Opening { module: module_id(position), opened_at: after(start, seconds) };
        inputs.openings = openings.into_iter().map(opening).collect();
        (sample, inputs)
    })
}
