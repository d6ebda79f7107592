//! A cohort's plan: its modules with their civil release and due times.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalogue::model::{Cohort, CohortModule, Facts, Rule, Verdict};
use crate::kernel::ids::{CohortId, ModuleId, ReadingId};
use crate::kernel::time::{Date, DateTime, SignedDuration, Time};
use crate::kernel::{Timestamp, Zone};
use crate::readings::model::Card;

/// Minutes of a civil day.
const DAY: i64 = 24 * 60;

/// A civil time relative to a cohort's start: so many days after it, at this time on the wall of the cohort's zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CivilSlot {
    /// Days after the start; negative before it.
    pub day_offset: i32,
    pub time: Time,
}

/// The text is not a time of day as `HH:MM`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Enter a time like 09:00")]
pub struct SlotError;

impl CivilSlot {
    /// Reads the time of day from its stored form, `HH:MM`.
    ///
    /// # Errors
    /// [`SlotError`] for any other form.
    pub fn parse(day_offset: i32, time_of_day: &str) -> Result<Self, SlotError> {
        let time = Time::strptime("%H:%M", time_of_day).map_err(|_| SlotError)?;
        let slot = Self { day_offset, time };
        // The library's parser also takes `9:5` and spaces.
        if slot.time_of_day() == time_of_day { Ok(slot) } else { Err(SlotError) }
    }

    /// The stored form of the time of day: `HH:MM`.
    pub fn time_of_day(&self) -> String {
        format!("{:02}:{:02}", self.time.hour(), self.time.minute())
    }

    /// The slot of a civil moment in a cohort that starts on `starts_on`; its seconds are dropped.
    pub fn of(civil: DateTime, starts_on: Date) -> Self {
        let days = civil.date().duration_since(starts_on).as_hours() / 24;
        let time = Time::constant(civil.hour(), civil.minute(), 0, 0);
        Self { day_offset: i32::try_from(days).unwrap_or(i32::MAX), time }
    }

    /// As far from `to` as this is from `from`, on the wall's clock: where a due moment goes with its release.
    #[must_use]
    pub fn moved(self, from: Self, to: Self) -> Self {
        let minutes = self.minutes() + to.minutes() - from.minutes();
        let (days, rest) = (minutes.div_euclid(DAY), minutes.rem_euclid(DAY));
        let day_offset = i32::try_from(days).unwrap_or(if days < 0 { i32::MIN } else { i32::MAX });
        // Both are within a day.
        let (hour, minute) = (i8::try_from(rest / 60).unwrap_or_default(), i8::try_from(rest % 60).unwrap_or_default());
        Self { day_offset, time: Time::constant(hour, minute, 0, 0) }
    }

    /// Civil minutes after midnight of the start.
    fn minutes(self) -> i64 {
        DAY * i64::from(self.day_offset) + 60 * i64::from(self.time.hour()) + i64::from(self.time.minute())
    }

    /// The civil moment in a cohort that starts on `starts_on`; held within the calendar.
    pub fn civil(&self, starts_on: Date) -> DateTime {
        starts_on.saturating_add(SignedDuration::from_hours(24 * i64::from(self.day_offset))).to_datetime(self.time)
    }
}

/// Which moment of a module an item of the schedule sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ItemKind {
    Release,
    Due,
}

/// One line of a cohort's schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScheduleItem {
    pub module: ModuleId,
    pub kind: ItemKind,
    pub slot: CivilSlot,
}

/// A cohort's modules, readings, rules and times at one revision, with what the library says of the readings. It never changes: a re-plan makes the next revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CohortPlan {
    cohort: Cohort,
    modules: Vec<CohortModule>,
    slots: Vec<Slots>,
    cards: BTreeMap<ReadingId, Card>,
    ready: BTreeMap<ReadingId, Timestamp>,
    minutes: BTreeMap<ReadingId, u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Slots {
    release: CivilSlot,
    due: Option<CivilSlot>,
}

/// A module of a plan with its times.
#[derive(Debug, Clone, Copy)]
pub struct PlannedModule<'a> {
    pub module: &'a CohortModule,
    pub release: CivilSlot,
    pub due: Option<CivilSlot>,
}

/// Why modules and schedule make no plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    #[error("two modules are at position {position}, or have the same id")]
    Twice { position: u32 },
    #[error("module {position} belongs to another cohort")]
    ForeignModule { position: u32 },
    #[error("module {position} has no release time")]
    NoRelease { position: u32 },
    #[error("two times of one kind for one module")]
    ItemTwice,
    #[error("a time for a module that the cohort does not have")]
    ItemWithoutModule,
    #[error("module {position} waits for module {named}, which is not before it")]
    RuleNotBackwards { position: u32, named: u32 },
}

impl CohortPlan {
    /// Puts together what the tables hold, in any order.
    ///
    /// # Errors
    /// [`PlanError`]: each module needs a position and a release of its own, and a rule may only name earlier modules, so that
    /// every rule can be met.
    pub fn new(cohort: Cohort, mut modules: Vec<CohortModule>, items: &[ScheduleItem]) -> Result<Self, PlanError> {
        modules.sort_by_key(|module| module.position);
        let mut times = BTreeMap::new();
        for item in items {
            if times.insert((item.module, item.kind), item.slot).is_some() {
                return Err(PlanError::ItemTwice);
            }
        }
        let (mut ids, mut positions, mut slots) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
        for module in &modules {
            let position = module.position;
            if module.cohort != cohort.id {
                return Err(PlanError::ForeignModule { position });
            }
            if let Some(named) = module.release_rule.modules().into_iter().find(|named| !positions.contains(named)) {
                return Err(PlanError::RuleNotBackwards { position, named });
            }
            if !ids.insert(module.id) || !positions.insert(position) {
                return Err(PlanError::Twice { position });
            }
            let release = times.remove(&(module.id, ItemKind::Release)).ok_or(PlanError::NoRelease { position })?;
            slots.push(Slots { release, due: times.remove(&(module.id, ItemKind::Due)) });
        }
        if !times.is_empty() {
            return Err(PlanError::ItemWithoutModule);
        }
        Ok(Self { cohort, modules, slots, cards: BTreeMap::new(), ready: BTreeMap::new(), minutes: BTreeMap::new() })
    }

    /// With what the library says of its readings, in any order. A correction there makes another revision of the plan.
    #[must_use]
    pub fn with_cards(mut self, cards: impl IntoIterator<Item = Card>) -> Self {
        self.cards = cards.into_iter().map(|card| (card.id, card)).collect();
        self.ready = self.cards.values().filter_map(|card| Some((card.id, card.ready_since?))).collect();
        self.minutes = self.cards.values().map(|card| (card.id, card.minutes)).collect();
        self
    }

    /// What lists show of a reading.
    pub fn card(&self, reading: ReadingId) -> Option<&Card> {
        self.cards.get(&reading)
    }

    pub fn cards(&self) -> &BTreeMap<ReadingId, Card> {
        &self.cards
    }

    /// The readings that can be read, and since when.
    pub fn ready(&self) -> &BTreeMap<ReadingId, Timestamp> {
        &self.ready
    }

    /// Each reading's time to read.
    pub fn minutes(&self) -> &BTreeMap<ReadingId, u32> {
        &self.minutes
    }

    /// The same plan with one release at another time, and its due moment moved by as much: what a change would give, to be
    /// looked at. It bears the next revision's number, and is in no table.
    #[must_use]
    pub fn with_release(&self, module: ModuleId, to: CivilSlot) -> Self {
        let mut changed = self.clone();
        changed.cohort.revision += 1;
        for (known, slots) in changed.modules.iter().zip(&mut changed.slots) {
            if known.id == module {
                slots.due = slots.due.map(|due| due.moved(slots.release, to));
                slots.release = to;
            }
        }
        changed
    }

    /// What identifies the plan: nothing else need be compared.
    pub fn id(&self) -> (CohortId, i32) {
        (self.cohort.id, self.cohort.revision)
    }

    pub fn cohort(&self) -> &Cohort {
        &self.cohort
    }

    pub fn zone(&self) -> &Zone {
        &self.cohort.zone
    }

    pub fn revision(&self) -> i32 {
        self.cohort.revision
    }

    /// The modules in the order of their positions.
    pub fn modules(&self) -> &[CohortModule] {
        &self.modules
    }

    pub fn module(&self, id: ModuleId) -> Option<&CohortModule> {
        self.modules.iter().find(|module| module.id == id)
    }

    /// The modules with their times, in order.
    pub fn planned(&self) -> impl Iterator<Item = PlannedModule<'_>> {
        let with = |(module, slots): (_, &Slots)| PlannedModule { module, release: slots.release, due: slots.due };
        self.modules.iter().zip(&self.slots).map(with)
    }

    /// The civil moment that `slot` means in this cohort.
    pub fn civil(&self, slot: CivilSlot) -> DateTime {
        slot.civil(self.cohort.starts_on)
    }

    /// The last day of the last week: weeks are counted from the start.
    pub fn last_day(&self) -> Date {
        let days = i64::try_from(self.modules.len()).unwrap_or(i64::MAX / 24 / 7) * 7 - 1;
        self.cohort.starts_on.saturating_add(SignedDuration::from_hours(24 * days))
    }

    /// The instant that `slot` means in this cohort.
    pub fn instant(&self, slot: CivilSlot) -> Timestamp {
        self.cohort.zone.instant(slot.civil(self.cohort.starts_on))
    }

    /// Whether a student with these facts has completed the course at `now`, and since when.
    pub fn completion(&self, facts: &Facts, now: Timestamp) -> Verdict {
        Rule::completion(&self.modules).verdict(&self.modules, facts, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::model::testing::{Sample, slot};

    #[test]
    fn a_slot_reads_back_from_its_stored_form_and_refuses_others() {
        let parsed = CivilSlot::parse(7, "09:05").unwrap();
        assert_eq!((parsed, parsed.time_of_day()), (slot(7, 9, 5), "09:05".to_owned()));
        for bad in ["9:05", "24:00", "09:60", "09-05", "", "09:05:00", "+9:05", " 9:05"] {
            assert_eq!(CivilSlot::parse(0, bad), Err(SlotError), "{bad}");
        }
    }

    #[test]
    fn a_slot_counts_civil_days_across_a_change_of_clocks() {
        let sample =
            Sample { zone: "Europe/London".parse().unwrap(), starts_on: "2027-03-22".parse().unwrap(), ..Sample::default() };
        let plan = sample.plan();
        assert_eq!(plan.instant(slot(0, 9, 0)).to_string(), "2027-03-22T09:00:00Z");
        assert_eq!(plan.instant(slot(7, 9, 0)).to_string(), "2027-03-29T08:00:00Z");
        assert_eq!(plan.instant(slot(-1, 9, 0)).to_string(), "2027-03-21T09:00:00Z");
    }

    #[test]
    fn a_slot_moves_as_far_as_another_does_over_days_and_hours() {
        let due = slot(6, 23, 59);
        assert_eq!(due.moved(slot(0, 9, 0), slot(7, 9, 0)), slot(13, 23, 59));
        assert_eq!(due.moved(slot(0, 9, 0), slot(0, 9, 2)), slot(7, 0, 1));
        assert_eq!(due.moved(slot(0, 9, 0), slot(-8, 8, 0)), slot(-2, 22, 59));
        assert_eq!(due.moved(slot(0, 9, 0), slot(i32::MAX, 9, 0)).day_offset, i32::MAX);
    }

    #[test]
    fn a_release_that_is_looked_at_elsewhere_takes_its_due_moment_along() {
        let (cohort, modules, mut items) = Sample::default().parts();
        items.push(ScheduleItem { module: modules[1].id, kind: ItemKind::Due, slot: slot(13, 23, 59) });
        let plan = CohortPlan::new(cohort, modules, &items).unwrap();
        let moved = plan.with_release(plan.modules()[1].id, slot(10, 10, 0));
        let times: Vec<_> = moved.planned().map(|planned| (planned.release, planned.due)).collect();
        let expected = [(slot(0, 9, 0), None), (slot(10, 10, 0), Some(slot(17, 0, 59))), (slot(14, 9, 0), None)];
        assert_eq!(times, expected);
    }

    #[test]
    fn a_slot_beyond_the_calendar_is_held_within_it() {
        assert_eq!(slot(i32::MAX, 9, 0).civil("2027-01-04".parse().unwrap()).date(), Date::MAX);
    }

    #[test]
    fn a_plan_orders_modules_and_gives_each_its_times() {
        let sample = Sample::default();
        let (cohort, mut modules, items) = sample.parts();
        modules.reverse();
        let plan = CohortPlan::new(cohort, modules, &items).unwrap();
        let planned: Vec<_> = plan.planned().map(|planned| (planned.module.position, planned.release.day_offset)).collect();
        assert_eq!(planned, [(1, 0), (2, 7), (3, 14)]);
        assert!(plan.planned().all(|planned| planned.due.is_none()));
    }

    #[test]
    fn what_makes_no_plan_is_refused_with_its_reason() {
        let (cohort, modules, items) = Sample::default().parts();
        let refused =
            |modules: Vec<CohortModule>, items: &[ScheduleItem]| CohortPlan::new(cohort.clone(), modules, items).unwrap_err();
        assert_eq!(refused(modules.clone(), &items[..2]), PlanError::NoRelease { position: 3 });
        assert_eq!(refused(modules[..2].to_vec(), &items), PlanError::ItemWithoutModule);
        assert_eq!(refused(modules.clone(), &[items.as_slice(), &items[..1]].concat()), PlanError::ItemTwice);

        let mut twice = modules.clone();
        twice[1].position = 1;
        assert_eq!(refused(twice, &items), PlanError::Twice { position: 1 });

        let mut foreign = modules.clone();
        foreign[1].cohort = CohortId(uuid::Uuid::from_u128(99));
        assert_eq!(refused(foreign, &items), PlanError::ForeignModule { position: 2 });

        let mut circular = modules;
        circular[0].release_rule = Rule::RequiredReadingsRead { module: 1 };
        assert_eq!(refused(circular, &items), PlanError::RuleNotBackwards { position: 1, named: 1 });
    }
}
