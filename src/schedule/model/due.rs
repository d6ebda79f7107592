//! A module's dates for one student, and by when it is to be done.

use super::decide::release_civil;
use super::{CohortPlan, Override};
use crate::kernel::Timestamp;
use crate::kernel::ids::EnrolmentId;
use crate::kernel::time::DateTime;

/// When a module is released for one student and when it is due, in the cohort's civil time and as instants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dates {
    /// In the cohort's zone.
    pub opens_civil: DateTime,
    pub opens_at: Timestamp,
    /// As far after the release as the cohort's schedule has it; a module may have none.
    pub due_at: Option<Timestamp>,
}

/// The dates of each module for one student, in the modules' order. An override moves the due moment with the release, by as
/// much on the wall's clock: who gets a module later has as long for it as the others.
pub fn dates(plan: &CohortPlan, overrides: &[Override], enrolment: EnrolmentId) -> Vec<Dates> {
    let starts_on = plan.cohort().starts_on;
    let of = |planned: super::PlannedModule<'_>| {
        let opens_civil = release_civil(plan, &planned, overrides, enrolment);
        let moved = planned.release.civil(starts_on).duration_until(opens_civil);
        let due = planned.due.map(|due| due.civil(starts_on).saturating_add(moved));
        Dates { opens_civil, opens_at: plan.zone().instant(opens_civil), due_at: due.map(|due| plan.zone().instant(due)) }
    };
    plan.planned().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::model::testing::{Sample, at, override_of, slot, someone_else, student};
    use crate::schedule::model::{ItemKind, ScheduleItem};

    fn plan() -> CohortPlan {
        let (cohort, modules, mut items) = Sample::default().parts();
        let due = ScheduleItem { module: modules[0].id, kind: ItemKind::Due, slot: slot(6, 23, 59) };
        items.push(due);
        CohortPlan::new(cohort, modules, &items).unwrap()
    }

    #[test]
    fn an_extension_moves_one_students_release_and_due_moment_and_nobody_elses() {
        let plan = plan();
        let overrides = [override_of(1, Some(student()), "2027-01-11T09:00", "2027-01-05T00:00:00Z")];
        let own = dates(&plan, &overrides, student());
        assert_eq!(own[0].opens_at, at("2027-01-11T03:30:00Z"));
        assert_eq!(own[0].due_at, Some(at("2027-01-17T18:29:00Z")));
        assert_eq!((own[1].opens_at, own[1].due_at), (at("2027-01-11T03:30:00Z"), None));
        let others = dates(&plan, &overrides, someone_else());
        assert_eq!((others[0].opens_at, others[0].due_at), (at("2027-01-04T03:30:00Z"), Some(at("2027-01-10T18:29:00Z"))));
    }

    #[test]
    fn a_due_moment_keeps_its_civil_time_across_a_change_of_clocks() {
        let sample =
            Sample { zone: "Europe/London".parse().unwrap(), starts_on: "2027-03-22".parse().unwrap(), ..Sample::default() };
        let (cohort, modules, mut items) = sample.parts();
        items.push(ScheduleItem { module: modules[0].id, kind: ItemKind::Due, slot: slot(5, 20, 0) });
        let plan = CohortPlan::new(cohort, modules, &items).unwrap();
        let overrides = [override_of(1, Some(student()), "2027-03-29T09:00", "2027-03-22T00:00:00Z")];
        assert_eq!(dates(&plan, &overrides, student())[0].due_at, Some(at("2027-04-03T19:00:00Z")));
    }
}
