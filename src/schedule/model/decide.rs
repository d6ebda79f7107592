//! The one decision of access. Pages, mails, the calendar and the API all ask here.

use std::sync::Arc;

use super::{CohortPlan, PlannedModule};
use crate::catalogue::model::{CohortModule, Facts, Unmet, Verdict};
use crate::kernel::Timestamp;
use crate::kernel::ids::{CohortId, EnrolmentId, ModuleId, OverrideId, UserId};
use crate::kernel::time::DateTime;

/// A change of one module's release, for one student or for all.
///
/// It is kept for ever; a later one replaces it. One student's goes before the cohort's, a later one before an earlier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    pub id: OverrideId,
    pub cohort: CohortId,
    /// Whose; everybody's where absent.
    pub enrolment: Option<EnrolmentId>,
    pub module: ModuleId,
    /// When the module is released instead, in the cohort's zone.
    pub opens_at: DateTime,
    pub reason: String,
    pub created_by: Option<UserId>,
    pub created_at: Timestamp,
}

/// The record that a module was open for a student. It alone decides from then on: the module opened at that moment and
/// stays open, whatever dates, readings, rules or zone data say later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    pub module: ModuleId,
    pub opened_at: Timestamp,
}

/// Whether a module is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// Open, and from this moment on: its release, or when the last thing it waited for was done.
    Open { since: Timestamp },
    Locked {
        /// Never empty.
        why: Vec<LockReason>,
        /// The moment it opens; known only where nothing but time is awaited.
        opens_at: Option<Timestamp>,
        /// Its release, past or to come: before it the module does not open.
        scheduled_for: Timestamp,
    },
}

/// Why a module is not open. It names no reading: a locked module keeps its readings to itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockReason {
    /// The release lies ahead.
    NotYetTime,
    /// The module's rule waits for work of the student.
    Awaits(Unmet),
    /// So many of its own required readings cannot be read yet. Staff must act, not the student.
    RequiredReadingsNotReady { missing: u32 },
}

/// A module with the decision on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleAccess {
    pub module: ModuleId,
    pub position: u32,
    pub access: Access,
}

impl Access {
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Open { .. })
    }

    /// The moment that the module opened or, as things stand, will open; `None` where more than time is awaited.
    pub fn moment(&self) -> Option<Timestamp> {
        match self {
            Self::Open { since } => Some(*since),
            Self::Locked { opens_at, .. } => *opens_at,
        }
    }
}

/// All that is asked to decide one student's access: what `learning::access` loads, whole.
#[derive(Debug, Clone)]
pub struct Inputs {
    pub plan: Arc<CohortPlan>,
    /// The cohort's; those of other students are passed over.
    pub overrides: Vec<Override>,
    pub openings: Vec<Opening>,
    pub facts: Facts,
}

impl Inputs {
    /// [`decide`] of these.
    pub fn decide(&self, now: Timestamp) -> Vec<ModuleAccess> {
        decide(&self.plan, &self.overrides, &self.openings, &self.facts, now)
    }

    /// [`openings_to_record`] of these.
    pub fn openings_to_record(&self, now: Timestamp) -> Vec<Opening> {
        openings_to_record(&self.plan, &self.overrides, &self.openings, &self.facts, now)
    }

    /// The decision on one module; `None` where the cohort has no such module.
    pub fn access(&self, module: ModuleId, now: Timestamp) -> Option<Access> {
        self.decide(now).into_iter().find(|decided| decided.module == module).map(|decided| decided.access)
    }

    /// Counts the changes that bore on `module`'s release for this student: the plan's revision and the overrides since.
    /// It grows with each, as overrides are never taken back.
    pub fn revision(&self, module: ModuleId) -> i32 {
        let overrides = applying(&self.overrides, module, self.facts.enrolment).count();
        self.plan.revision().saturating_add(i32::try_from(overrides).unwrap_or(i32::MAX))
    }
}

/// What is open for a student at `now`, module by module in order.
///
/// A module opens at its release, but not before its rule is met and its required readings are ready. An opening on record
/// decides alone. For the same inputs a later `now` never closes what an earlier one found open, nor changes since when.
pub fn decide(
    plan: &CohortPlan,
    overrides: &[Override],
    openings: &[Opening],
    facts: &Facts,
    now: Timestamp,
) -> Vec<ModuleAccess> {
    let decided = |planned: PlannedModule<'_>| {
        let module = planned.module;
        let opened = openings.iter().filter(|opening| opening.module == module.id).map(|opening| opening.opened_at).min();
        let access = match opened {
            Some(opened_at) => by_time_alone(opened_at, now),
            None => {
                let release = release(plan, &planned, overrides, facts.enrolment);
                by_conditions(plan, module, release, facts, now)
            }
        };
        ModuleAccess { module: module.id, position: module.position, access }
    };
    plan.planned().map(decided).collect()
}

/// The openings to write down at `now`, in the same transaction and before any change that could close a module: a re-plan, an
/// override, a reading no longer ready, a changed rule.
pub fn openings_to_record(
    plan: &CohortPlan,
    overrides: &[Override],
    openings: &[Opening],
    facts: &Facts,
    now: Timestamp,
) -> Vec<Opening> {
    let recorded = |module: ModuleId| openings.iter().any(|opening| opening.module == module);
    decide(plan, overrides, openings, facts, now)
        .into_iter()
        .filter(|decided| !recorded(decided.module))
        .filter_map(|decided| match decided.access {
            Access::Open { since } => Some(Opening { module: decided.module, opened_at: since }),
            Access::Locked { .. } => None,
        })
        .collect()
}

fn applying(overrides: &[Override], module: ModuleId, enrolment: EnrolmentId) -> impl Iterator<Item = &Override> {
    overrides.iter().filter(move |change| change.module == module && change.enrolment.is_none_or(|whose| whose == enrolment))
}

/// The civil moment of a module's release for one student: its slot, or the override that goes before all others.
pub(super) fn release_civil(
    plan: &CohortPlan,
    planned: &PlannedModule<'_>,
    overrides: &[Override],
    enrolment: EnrolmentId,
) -> DateTime {
    applying(overrides, planned.module.id, enrolment)
        .max_by_key(|change| (change.enrolment.is_some(), change.created_at, change.id))
        .map_or_else(|| planned.release.civil(plan.cohort().starts_on), |change| change.opens_at)
}

fn release(plan: &CohortPlan, planned: &PlannedModule<'_>, overrides: &[Override], enrolment: EnrolmentId) -> Timestamp {
    plan.zone().instant(release_civil(plan, planned, overrides, enrolment))
}

fn by_time_alone(moment: Timestamp, now: Timestamp) -> Access {
    if moment <= now {
        Access::Open { since: moment }
    } else {
        Access::Locked { why: vec![LockReason::NotYetTime], opens_at: Some(moment), scheduled_for: moment }
    }
}

fn by_conditions(plan: &CohortPlan, module: &CohortModule, release: Timestamp, facts: &Facts, now: Timestamp) -> Access {
    let (mut why, mut since) = (Vec::new(), release);
    match module.release_rule.verdict(plan.modules(), facts, now) {
        Verdict::Met { at } => since = since.max(at.unwrap_or(release)),
        Verdict::Unmet(unmet) => why.extend(unmet.into_iter().map(LockReason::Awaits)),
    }
    let mut missing = 0;
    for key in module.required() {
        match facts.ready_at(key.reading, now) {
            Some(at) => since = since.max(at),
            None => missing += 1,
        }
    }
    if missing > 0 {
        why.push(LockReason::RequiredReadingsNotReady { missing });
    }
    if why.is_empty() {
        return by_time_alone(since, now);
    }
    if release > now {
        why.insert(0, LockReason::NotYetTime);
    }
    Access::Locked { why, opens_at: None, scheduled_for: release }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::model::testing::{Sample, at, mark_read, module_id, override_of, reading_id, someone_else, student};

    const BEFORE: &str = "2027-01-01T00:00:00Z";
    /// Nine in the morning in Kolkata, on the sample's first, eighth and fifteenth day.
    const WEEK_1: &str = "2027-01-04T03:30:00Z";
    const WEEK_2: &str = "2027-01-11T03:30:00Z";

    fn access(inputs: &Inputs, position: u32, now: &str) -> Access {
        inputs.access(module_id(position), at(now)).unwrap()
    }

    fn waits_until(moment: &str) -> Access {
        Access::Locked { why: vec![LockReason::NotYetTime], opens_at: Some(at(moment)), scheduled_for: at(moment) }
    }

    #[test]
    fn a_module_opens_at_its_release_and_not_a_moment_before() {
        let inputs = Sample::default().inputs();
        assert_eq!(access(&inputs, 1, "2027-01-04T03:29:59.999999Z"), waits_until(WEEK_1));
        assert_eq!(access(&inputs, 1, WEEK_1), Access::Open { since: at(WEEK_1) });
    }

    #[test]
    fn a_module_that_waits_for_work_tells_no_moment_and_says_how_much_is_left() {
        let mut inputs = Sample::default().inputs();
        mark_read(&mut inputs, 1, 1, "2027-01-05T00:00:00Z");
        let unread = LockReason::Awaits(Unmet::RequiredReadingsUnread { module: 1, unread: 1 });
        let locked = |why| Access::Locked { why, opens_at: None, scheduled_for: at(WEEK_2) };
        assert_eq!(access(&inputs, 2, "2027-01-06T00:00:00Z"), locked(vec![LockReason::NotYetTime, unread]));
        assert_eq!(access(&inputs, 2, "2027-01-12T00:00:00Z"), locked(vec![unread]));

        mark_read(&mut inputs, 1, 2, "2027-01-13T00:00:00Z");
        assert_eq!(access(&inputs, 2, "2027-01-14T00:00:00Z"), Access::Open { since: at("2027-01-13T00:00:00Z") });
    }

    #[test]
    fn work_done_early_waits_for_the_release() {
        let mut inputs = Sample::default().inputs();
        mark_read(&mut inputs, 1, 1, "2027-01-05T00:00:00Z");
        mark_read(&mut inputs, 1, 2, "2027-01-05T01:00:00Z");
        assert_eq!(access(&inputs, 2, "2027-01-06T00:00:00Z"), waits_until(WEEK_2));
    }

    #[test]
    fn a_required_reading_that_is_not_ready_keeps_a_module_closed_and_an_optional_one_does_not() {
        let mut inputs = Sample::default().inputs();
        inputs.facts.ready.remove(&reading_id(1, 3));
        assert!(access(&inputs, 1, WEEK_1).is_open());
        inputs.facts.ready.remove(&reading_id(1, 2));
        let why = vec![LockReason::RequiredReadingsNotReady { missing: 1 }];
        assert_eq!(access(&inputs, 1, WEEK_1), Access::Locked { why, opens_at: None, scheduled_for: at(WEEK_1) });

        inputs.facts.ready.insert(reading_id(1, 2), at("2027-01-05T10:00:00Z"));
        assert_eq!(access(&inputs, 1, "2027-01-06T00:00:00Z"), Access::Open { since: at("2027-01-05T10:00:00Z") });
    }

    #[test]
    fn one_students_override_goes_before_the_cohorts_and_a_later_before_an_earlier() {
        let mut inputs = Sample::default().inputs();
        inputs.overrides.push(override_of(1, None, "2027-01-06T09:00", "2027-01-02T00:00:00Z"));
        assert_eq!(access(&inputs, 1, BEFORE), waits_until("2027-01-06T03:30:00Z"));
        inputs.overrides.push(override_of(1, Some(student()), "2027-01-08T09:00", "2027-01-01T00:00:00Z"));
        inputs.overrides.push(override_of(1, Some(student()), "2027-01-07T09:00", "2027-01-01T12:00:00Z"));
        assert_eq!(access(&inputs, 1, BEFORE), waits_until("2027-01-07T03:30:00Z"));
        inputs.overrides.push(override_of(1, Some(someone_else()), "2027-01-20T09:00", "2027-01-03T00:00:00Z"));
        inputs.overrides.push(override_of(2, None, "2027-01-20T09:00", "2027-01-03T00:00:00Z"));
        assert_eq!(access(&inputs, 1, BEFORE), waits_until("2027-01-07T03:30:00Z"));
        assert_eq!((inputs.revision(module_id(1)), inputs.revision(module_id(2)), inputs.revision(module_id(3))), (4, 2, 1));
    }

    #[test]
    fn what_was_open_stays_open_when_the_date_moves_and_a_reading_is_lost() {
        let mut inputs = Sample::default().inputs();
        let now = at("2027-01-05T00:00:00Z");
        let recorded = inputs.openings_to_record(now);
        assert_eq!(recorded, [Opening { module: module_id(1), opened_at: at(WEEK_1) }]);
        inputs.openings.extend(recorded);
        assert_eq!(inputs.openings_to_record(now), []);

        inputs.overrides.push(override_of(1, None, "2027-02-01T09:00", "2027-01-05T00:00:00Z"));
        inputs.facts.ready.clear();
        assert_eq!(inputs.access(module_id(1), now), Some(Access::Open { since: at(WEEK_1) }));
    }

    #[test]
    fn a_module_that_the_cohort_does_not_have_has_no_access() {
        assert_eq!(Sample::default().inputs().access(module_id(9), at(WEEK_1)), None);
    }
}
