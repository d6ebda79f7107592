//! What must hold for every cohort, student and history. `PROPTEST_CASES` sets how many are tried.

use std::collections::BTreeMap;

use jiff::tz::{AmbiguousOffset, TimeZone};
use proptest::prelude::*;

use super::testing::{after, any_change, any_inputs, any_sample, any_seconds, any_slot, apply, module_id, reading_id, start_of};
use super::{Access, CivilSlot, CohortPlan};
use crate::catalogue::model::{KeyChange, Need, Shift};
use crate::kernel::ids::ModuleId;
use crate::kernel::time::SignedDuration;

/// What a clock on the wall skips or repeats, if anything, at a civil moment.
fn ambiguity(zone: &str, civil: crate::kernel::time::DateTime) -> AmbiguousOffset {
    TimeZone::get(zone).unwrap().to_ambiguous_timestamp(civil).offset()
}

/// What the board does to a module's readings; those of module 9 are never ready.
fn any_key_change() -> impl Strategy<Value = KeyChange> {
    let reading = (prop_oneof![3 => 1..=4u32, 1 => Just(9)], 1..=3u32).prop_map(|(module, place)| reading_id(module, place));
    let need = prop_oneof![2 => Just(Need::Required), 1 => Just(Need::Optional)];
    (reading, need, 0..5u8).prop_map(|(reading, need, which)| match which {
        0 | 1 => KeyChange::Attach { reading, need, why: "So.".parse().unwrap() },
        2 => KeyChange::Detach { reading },
        3 => KeyChange::Move { reading, to: Shift::Down },
        _ => KeyChange::Restate { reading, need, why: "So.".parse().unwrap() },
    })
}

proptest! {
    #[test]
    fn moving_attaching_and_requiring_hide_nothing_that_was_open(
        (sample, mut inputs) in any_inputs(),
        steps in proptest::collection::vec((0..6 * 86_400i64, 1..=4u32, any_key_change(), proptest::option::of(any_slot())), 1..20),
    ) {
        let (mut cohort, mut modules, mut items) = sample.parts();
        let mut now = start_of(&sample);
        for (seconds, position, change, moved) in steps {
            now = after(now, seconds);
            let before = inputs.decide(now);
            inputs.openings.extend(inputs.openings_to_record(now));
            let module = &mut modules[position as usize - 1];
            module.readings = change.applied(&module.readings).unwrap_or(module.readings.clone());
            if let Some(slot) = moved {
                items.iter_mut().filter(|item| item.module == module_id(position)).for_each(|item| item.slot = slot);
            }
            cohort.revision += 1;
            inputs.plan = std::sync::Arc::new(CohortPlan::new(cohort.clone(), modules.clone(), &items).unwrap());
            for (before, after) in before.into_iter().zip(inputs.decide(now)) {
                if before.access.is_open() {
                    prop_assert_eq!(before, after, "after {:?}", change);
                }
            }
        }
    }

    #[test]
    fn an_opening_is_never_undone_by_any_change_made_through_the_record(
        mut sample in any_sample(),
        steps in proptest::collection::vec((0..6 * 86_400i64, any_change()), 1..20),
        later in 0..400 * 86_400i64,
    ) {
        let (mut inputs, mut now) = (sample.inputs(), start_of(&sample));
        let mut opened = BTreeMap::<ModuleId, Access>::new();
        for (seconds, change) in steps {
            now = after(now, seconds);
            for decided in inputs.decide(now) {
                if decided.access.is_open() {
                    opened.entry(decided.module).or_insert(decided.access);
                }
            }
            apply(&mut sample, &mut inputs, &change, now);
            for (module, access) in &opened {
                prop_assert_eq!(inputs.access(*module, now), Some(access.clone()), "right after {:?}", change);
                prop_assert_eq!(inputs.access(*module, after(now, later)), Some(access.clone()), "later, after {:?}", change);
            }
        }
    }

    #[test]
    fn a_later_moment_closes_nothing_and_changes_no_moment_of_opening(
        (sample, inputs) in any_inputs(), one in any_seconds(), two in any_seconds(),
    ) {
        let (earlier, later) = (after(start_of(&sample), one.min(two)), after(start_of(&sample), one.max(two)));
        for (before, after) in inputs.decide(earlier).into_iter().zip(inputs.decide(later)) {
            if before.access.is_open() {
                prop_assert_eq!(before, after);
            }
        }
    }

    #[test]
    fn nothing_is_open_before_the_moment_it_is_said_to_be_open_since((sample, inputs) in any_inputs(), seconds in any_seconds()) {
        for decided in inputs.decide(after(start_of(&sample), seconds)) {
            if let Access::Open { since } = decided.access {
                let just_before = since.checked_sub(SignedDuration::from_micros(1)).unwrap();
                prop_assert_eq!(inputs.access(decided.module, since), Some(Access::Open { since }));
                prop_assert!(!inputs.access(decided.module, just_before).unwrap().is_open());
            }
        }
    }

    #[test]
    fn the_moment_told_while_locked_is_exactly_the_moment_of_opening((sample, inputs) in any_inputs(), seconds in any_seconds()) {
        let now = after(start_of(&sample), seconds);
        for decided in inputs.decide(now) {
            let Access::Locked { why, opens_at, scheduled_for } = decided.access else { continue };
            prop_assert!(!why.is_empty());
            if let Some(told) = opens_at {
                let just_before = told.checked_sub(SignedDuration::from_micros(1)).unwrap();
                prop_assert!(told > now && told == scheduled_for);
                prop_assert!(!inputs.access(decided.module, just_before).unwrap().is_open());
                prop_assert_eq!(inputs.access(decided.module, told), Some(Access::Open { since: told }));
            }
        }
    }

    #[test]
    fn a_release_shows_on_the_wall_what_its_slot_says_unless_clocks_skip_it(sample in any_sample()) {
        let plan = sample.plan();
        for planned in plan.planned() {
            let (meant, release) = (planned.release.civil(sample.starts_on), plan.instant(planned.release));
            let shown = plan.zone().civil(release);
            match ambiguity(plan.zone().name(), meant) {
                AmbiguousOffset::Gap { .. } => prop_assert!(shown > meant && shown.duration_since(meant) <= SignedDuration::from_hours(1)),
                AmbiguousOffset::Unambiguous { .. } => prop_assert_eq!(shown, meant),
                AmbiguousOffset::Fold { .. } => {
                    // The first of the two: an hour later the same time shows again.
                    prop_assert_eq!(shown, meant);
                    prop_assert_eq!(plan.zone().civil(after(release, 3600)), meant);
                }
            }
        }
    }
}

#[test]
fn the_random_cohorts_reach_both_kinds_of_clock_change() {
    let cairo = ("Africa/Cairo", "2027-04-30T00:30", "2027-10-28T23:30");
    let london = ("Europe/London", "2027-03-28T01:30", "2027-10-31T01:30");
    let new_york = ("America/New_York", "2027-03-14T02:30", "2027-11-07T01:30");
    for (zone, skipped, repeated) in [cairo, london, new_york] {
        assert!(matches!(ambiguity(zone, skipped.parse().unwrap()), AmbiguousOffset::Gap { .. }), "{zone}");
        assert!(matches!(ambiguity(zone, repeated.parse().unwrap()), AmbiguousOffset::Fold { .. }), "{zone}");
    }
    let midnight = CivilSlot::parse(0, "00:30").unwrap();
    assert_eq!(midnight.civil("2027-04-30".parse().unwrap()).to_string(), "2027-04-30T00:30:00");
}
