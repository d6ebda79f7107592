//! The order of what stands in a list: readings in a module, modules in a course.

use std::collections::BTreeMap;

use super::CourseModule;

/// Where something in a list goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shift {
    /// One place towards the beginning.
    Up,
    /// One place towards the end.
    Down,
}

/// The word names no direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Choose up or down")]
pub struct UnknownShift;

impl std::str::FromStr for Shift {
    type Err = UnknownShift;

    fn from_str(word: &str) -> Result<Self, UnknownShift> {
        match word {
            "up" => Ok(Self::Up),
            "down" => Ok(Self::Down),
            _ => Err(UnknownShift),
        }
    }
}

/// The list with the item at `at` in its neighbour's place and the reverse; at an edge it stays as it was.
pub fn shifted<T>(mut items: Vec<T>, at: usize, to: Shift) -> Vec<T> {
    let other = match to {
        Shift::Up => at.checked_sub(1),
        Shift::Down => at.checked_add(1),
    };
    if let Some(other) = other.filter(|&other| at.max(other) < items.len()) {
        items.swap(at, other);
    }
    items
}

/// A module would wait for one that is not before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Week {position} waits for the readings of week {named}, which must come before it")]
pub struct NotBackwards {
    /// The module that waits.
    pub position: u32,
    pub named: u32,
}

/// These modules numbered anew from 1, in the order given. Their rules keep naming the modules that they named; what a rule said
/// of a module that is gone, it says no more.
///
/// # Errors
/// A module would come before one that it waits for. Both are named by the positions that they had.
pub fn renumbered(modules: Vec<CourseModule>) -> Result<Vec<CourseModule>, NotBackwards> {
    let positions: BTreeMap<u32, u32> = modules.iter().map(|module| module.position).zip(1..).collect();
    let place = |(module, position): (CourseModule, u32)| {
        let late = |named: &u32| positions.get(named).is_some_and(|&named| named >= position);
        if let Some(named) = module.release_rule.modules().into_iter().find(late) {
            return Err(NotBackwards { position: module.position, named });
        }
        Ok(CourseModule { position, release_rule: module.release_rule.renumbered(&positions), ..module })
    };
    modules.into_iter().zip(1..).map(place).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::catalogue::model::Rule;
    use crate::kernel::ids::{CourseId, ModuleId};

    fn module(number: u32, rule: Rule) -> CourseModule {
        CourseModule {
            id: ModuleId(Uuid::from_u128(u128::from(number))),
            course: CourseId(Uuid::from_u128(1)),
            position: number,
            title: format!("Week {number}"),
            dek: String::new(),
            outcomes: Vec::new(),
            questions: Vec::new(),
            reflection_prompt: None,
            release_rule: rule,
            readings: Vec::new(),
            version: 1,
        }
    }

    fn shift() -> impl Strategy<Value = Shift> {
        prop_oneof![Just(Shift::Up), Just(Shift::Down)]
    }

    /// Which modules each module's rule means, by their ids.
    fn meant(modules: &[CourseModule]) -> BTreeMap<ModuleId, BTreeSet<ModuleId>> {
        let id = |position: &u32| modules.iter().find(|module| module.position == *position).map(|module| module.id);
        modules.iter().map(|module| (module.id, module.release_rule.modules().iter().filter_map(id).collect())).collect()
    }

    proptest! {
        #[test]
        fn any_sequence_of_moves_keeps_every_item_once(
            count in 0usize..12, moves in prop::collection::vec((0usize..14, shift()), 0..60)
        ) {
            let mut items: Vec<usize> = (0..count).collect();
            for (at, to) in moves {
                let before = items.clone();
                items = shifted(items, at, to);
                let moved = before.iter().zip(&items).filter(|(one, two)| one != two).count();
                prop_assert!(moved == 0 || moved == 2);
            }
            items.sort_unstable();
            prop_assert_eq!(items, (0..count).collect::<Vec<_>>());
        }

        #[test]
        fn a_move_back_undoes_a_move(count in 1usize..12, at in 0usize..12) {
            let items: Vec<usize> = (0..count).collect();
            if at + 1 < count {
                prop_assert_eq!(shifted(shifted(items.clone(), at, Shift::Down), at + 1, Shift::Up), items);
            }
        }

        #[test]
        fn rules_follow_the_modules_they_name_however_the_weeks_are_moved(
            waits in prop::collection::vec(prop::collection::btree_set(1u32..8, 0..3), 8),
            moves in prop::collection::vec((0usize..8, shift()), 0..40),
        ) {
            let rule = |(waits, position): (BTreeSet<u32>, u32)| {
                module(position, Rule::after(&waits.into_iter().filter(|&named| named < position).collect()))
            };
            let mut modules: Vec<_> = waits.into_iter().zip(1..).map(rule).collect();
            let before = meant(&modules);
            for (at, to) in moves {
                if let Ok(moved) = renumbered(shifted(modules.clone(), at, to)) {
                    modules = moved;
                }
                prop_assert_eq!(&meant(&modules), &before);
                for (module, position) in modules.iter().zip(1..) {
                    prop_assert_eq!(module.position, position);
                    prop_assert!(module.release_rule.modules().iter().all(|&named| named < position));
                }
            }
        }
    }

    #[test]
    fn a_week_does_not_go_before_one_that_it_waits_for() {
        let modules = vec![module(1, Rule::Always), module(2, Rule::RequiredReadingsRead { module: 1 })];
        assert_eq!(renumbered(shifted(modules, 0, Shift::Down)), Err(NotBackwards { position: 2, named: 1 }));
    }

    #[test]
    fn a_week_that_is_gone_is_waited_for_no_more() {
        let waiting = Rule::All(vec![Rule::RequiredReadingsRead { module: 1 }, Rule::RequiredReadingsRead { module: 2 }]);
        let left = renumbered(vec![module(2, Rule::RequiredReadingsRead { module: 1 }), module(3, waiting)]).unwrap();
        assert_eq!(left[0].release_rule.modules(), BTreeSet::new());
        assert_eq!((left[1].position, left[1].release_rule.modules()), (2, BTreeSet::from([1])));
    }
}
