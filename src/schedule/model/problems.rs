//! What is wrong, or odd, with a plan: told to staff in time, before a student finds it.
//!
//! A plan with problems is a plan all the same. One of them, [`Problem::NotReady`], keeps its module closed.

use std::collections::BTreeMap;

use super::{CohortPlan, PlannedModule};
use crate::kernel::Timestamp;
use crate::kernel::ids::{ModuleId, ReadingId};
use crate::kernel::time::{Date, DateTime, Shows, SignedDuration, shifted};

/// So long before its release a module that will not open is shown first.
pub const SOON: SignedDuration = SignedDuration::from_hours(7 * 24);

/// One thing that staff should know of a module's place in the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// No reading is keyed to it.
    NoReadings,
    /// These of its required readings cannot be read: it does not open before they can.
    NotReady { readings: Vec<ReadingId>, required: usize },
    /// It is released before the module at this position, which stands before it.
    BeforePrevious { previous: u32 },
    /// It is released after the last day of the cohort.
    AfterEnd { last: Date },
    /// It is due, by the cohort's clocks, before it is released.
    DueFirst { due: DateTime },
    /// Its release has passed although nobody could enrol yet.
    Past,
    /// The cohort's clocks skip the time that is meant; they show `shown` when it opens.
    Skipped { meant: DateTime, shown: DateTime },
    /// The cohort's clocks show the time twice; it opens the first time.
    Repeated { meant: DateTime },
}

/// A problem, and of which module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub module: ModuleId,
    pub position: u32,
    pub release: Timestamp,
    pub problem: Problem,
}

impl Finding {
    /// Whether the module will not open (or has not opened) at a release within [`SOON`] of `now`, or before it.
    pub fn is_urgent(&self, now: Timestamp) -> bool {
        matches!(self.problem, Problem::NotReady { .. }) && self.release <= shifted(now, SOON)
    }
}

/// All that is wrong with `plan` at `now`, module by module in order. `ready` holds the readings that can be read, each with
/// the moment since when.
pub fn problems(plan: &CohortPlan, ready: &BTreeMap<ReadingId, Timestamp>, now: Timestamp) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut previous: Option<(u32, Timestamp)> = None;
    for planned in plan.planned() {
        let release = plan.instant(planned.release);
        let earlier = previous.filter(|(_, before)| release < *before);
        let of_module = readiness(&planned, ready, now)
            .into_iter()
            .chain(earlier.map(|(previous, _)| Problem::BeforePrevious { previous }))
            .chain(of_date(plan, &planned, release, now));
        let (module, position) = (planned.module.id, planned.module.position);
        findings.extend(of_module.map(|problem| Finding { module, position, release, problem }));
        previous = Some((position, release));
    }
    findings
}

fn readiness(planned: &PlannedModule<'_>, ready: &BTreeMap<ReadingId, Timestamp>, now: Timestamp) -> Option<Problem> {
    if planned.module.readings.is_empty() {
        return Some(Problem::NoReadings);
    }
    let is_ready = |reading: &ReadingId| ready.get(reading).is_some_and(|&since| since <= now);
    let readings: Vec<_> = planned.module.required().map(|key| key.reading).filter(|reading| !is_ready(reading)).collect();
    (!readings.is_empty()).then(|| Problem::NotReady { readings, required: planned.module.required().count() })
}

fn of_date(plan: &CohortPlan, planned: &PlannedModule<'_>, release: Timestamp, now: Timestamp) -> Vec<Problem> {
    let mut found = Vec::new();
    let (meant, last) = (plan.civil(planned.release), plan.last_day());
    if meant.date() > last {
        found.push(Problem::AfterEnd { last });
    }
    if let Some(due) = planned.due.filter(|due| plan.instant(*due) < release) {
        found.push(Problem::DueFirst { due: plan.civil(due) });
    }
    if release < now && plan.cohort().published_at.is_none() {
        found.push(Problem::Past);
    }
    match plan.zone().shows(meant) {
        Shows::Once => {}
        Shows::Never => found.push(Problem::Skipped { meant, shown: plan.zone().civil(release) }),
        Shows::Twice => found.push(Problem::Repeated { meant }),
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::model::testing::{Sample, after, any_inputs, any_seconds, at, reading_id, slot, start_of};
    use crate::schedule::model::{Access, ItemKind, ScheduleItem};
    use proptest::prelude::*;

    const NOW: &str = "2027-01-01T00:00:00Z";

    fn found(sample: &Sample, ready: &BTreeMap<ReadingId, Timestamp>) -> Vec<(u32, Problem)> {
        let plan = sample.plan();
        problems(&plan, ready, at(NOW)).into_iter().map(|finding| (finding.position, finding.problem)).collect()
    }

    fn all_ready(sample: &Sample) -> BTreeMap<ReadingId, Timestamp> {
        sample.inputs().facts.ready
    }

    #[test]
    fn a_plan_in_order_has_no_problem() {
        let sample = Sample::default();
        assert_eq!(found(&sample, &all_ready(&sample)), []);
    }

    #[test]
    fn a_required_reading_that_is_not_ready_is_named_and_an_optional_one_is_not() {
        let sample = Sample::default();
        let mut ready = all_ready(&sample);
        ready.remove(&reading_id(2, 1));
        ready.remove(&reading_id(3, 3));
        ready.insert(reading_id(3, 2), at("2027-02-01T00:00:00Z"));
        let not_ready = |readings| Problem::NotReady { readings, required: 2 };
        let expected = [(2, not_ready(vec![reading_id(2, 1)])), (3, not_ready(vec![reading_id(3, 2)]))];
        assert_eq!(found(&sample, &ready), expected);
    }

    #[test]
    fn what_does_not_open_is_urgent_within_seven_days_of_its_release_and_after() {
        let sample = Sample::default();
        let plan = sample.plan();
        let findings = problems(&plan, &BTreeMap::new(), at(NOW));
        let urgent = |now| findings.iter().filter(|finding| finding.is_urgent(at(now))).count();
        assert_eq!(urgent("2026-12-28T03:29:59Z"), 0);
        assert_eq!(urgent("2026-12-28T03:30:00Z"), 1);
        assert_eq!(urgent("2027-03-01T00:00:00Z"), 3);
    }

    #[test]
    fn releases_out_of_order_after_the_end_or_past_are_told() {
        let mut sample = Sample::default();
        let ready = all_ready(&sample);
        sample.modules[1].release = slot(-1, 9, 0);
        sample.modules[2].release = slot(21, 9, 0);
        let expected =
            [(2, Problem::BeforePrevious { previous: 1 }), (3, Problem::AfterEnd { last: "2027-01-24".parse().unwrap() })];
        assert_eq!(found(&sample, &ready), expected);
        sample.modules[2].release = slot(20, 23, 59);
        sample.modules[1].release = slot(0, 9, 0);
        assert_eq!(found(&sample, &ready), [], "two at one moment, and the last minute, are in order");

        let (cohort, modules, items) = sample.parts();
        let draft = crate::catalogue::model::Cohort { published_at: None, ..cohort };
        let plan = CohortPlan::new(draft, modules, &items).unwrap();
        let past: Vec<_> =
            problems(&plan, &ready, at("2027-01-05T00:00:00Z")).into_iter().map(|f| (f.position, f.problem)).collect();
        assert_eq!(past, [(1, Problem::Past), (2, Problem::Past)]);
    }

    #[test]
    fn a_week_that_is_due_before_it_opens_is_told() {
        let sample = Sample::default();
        let due_on = |day| {
            let (cohort, modules, mut items) = sample.parts();
            items.push(ScheduleItem { module: modules[1].id, kind: ItemKind::Due, slot: slot(day, 9, 0) });
            let plan = CohortPlan::new(cohort, modules, &items).unwrap();
            let found = problems(&plan, &all_ready(&sample), at(NOW));
            found.into_iter().map(|finding| (finding.position, finding.problem)).collect::<Vec<_>>()
        };
        assert_eq!(due_on(7), []);
        assert_eq!(due_on(6), [(2, Problem::DueFirst { due: "2027-01-10T09:00".parse().unwrap() })]);
    }

    #[test]
    fn a_time_that_clocks_skip_or_repeat_is_shown_as_it_is_resolved() {
        let mut sample =
            Sample { zone: "Europe/London".parse().unwrap(), starts_on: "2027-03-28".parse().unwrap(), ..Sample::default() };
        sample.modules[0].release = slot(0, 1, 30);
        let civil = |text: &str| text.parse::<DateTime>().unwrap();
        let skipped = Problem::Skipped { meant: civil("2027-03-28T01:30"), shown: civil("2027-03-28T02:30") };
        assert_eq!(found(&sample, &all_ready(&sample)), [(1, skipped)]);
        sample.starts_on = "2027-10-31".parse().unwrap();
        assert_eq!(found(&sample, &all_ready(&sample)), [(1, Problem::Repeated { meant: civil("2027-10-31T01:30") })]);
    }

    #[test]
    fn a_week_without_readings_is_told() {
        let sample = Sample::default();
        let (cohort, mut modules, items) = sample.parts();
        modules[1].readings.clear();
        let plan = CohortPlan::new(cohort, modules, &items).unwrap();
        let found = problems(&plan, &all_ready(&sample), at(NOW));
        assert_eq!(
            found.iter().map(|finding| (finding.position, &finding.problem)).collect::<Vec<_>>(),
            [(2, &Problem::NoReadings)]
        );
    }

    proptest! {
        /// The list and the decision agree: what is told not to be ready does not open by its conditions, whoever asks.
        #[test]
        fn what_is_told_not_ready_is_closed_to_who_had_it_not((sample, mut inputs) in any_inputs(), seconds in any_seconds()) {
            let now = after(start_of(&sample), seconds);
            inputs.openings.clear();
            for finding in problems(&inputs.plan, &inputs.facts.ready, now) {
                if let Problem::NotReady { .. } = finding.problem {
                    let closed = matches!(inputs.access(finding.module, now), Some(Access::Locked { .. }));
                    prop_assert!(closed);
                }
            }
        }
    }
}
