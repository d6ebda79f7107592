//! What must be done: the one vocabulary that a module's release and a course's completion are both said in.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::CohortModule;
use crate::kernel::Timestamp;
use crate::kernel::ids::{EnrolmentId, ModuleId, ReadingId};

/// A condition on a student's work. It names modules by position, so that a cohort's copy of a course means its own modules.
///
/// Stored as JSON: `"always"`, `{"required_readings_read":{"module":1}}`, `{"all":[…]}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Rule {
    /// Nothing need be done.
    Always,
    /// Every required reading of the module at this position is read, with a reflection where that module asks for one.
    RequiredReadingsRead { module: u32 },
    /// All of these. Of none: nothing need be done.
    All(Vec<Rule>),
}

/// What is known of one student's course. Kept with its moments, so that any earlier moment can be asked about as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    pub enrolment: EnrolmentId,
    /// The readings that can be read (they have a text or a link that works), each with the moment since when. A reading that
    /// is not ready is absent. The moment must not change while the reading stays ready.
    pub ready: BTreeMap<ReadingId, Timestamp>,
    /// What the student marked as read, and in which module.
    pub read: BTreeMap<(ModuleId, ReadingId), Read>,
}

/// A reading marked as read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Read {
    pub at: Timestamp,
    /// Whether a reflection was handed in with it.
    pub reflected: bool,
}

/// What a rule says of a student.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Met, since `at`; `None` where nothing had to happen for it.
    Met { at: Option<Timestamp> },
    /// Not met, and by what: never empty, in the modules' order.
    Unmet(Vec<Unmet>),
}

/// One thing that a rule still waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unmet {
    /// So many required readings of the module at this position are not read, or not reflected upon where that is asked.
    RequiredReadingsUnread { module: u32, unread: u32 },
    /// The rule names a module that the cohort does not have. A plan refuses such a rule; it can never be met.
    NoSuchModule { module: u32 },
}

impl Facts {
    /// A student of whom nothing is known yet.
    pub fn none_of(enrolment: EnrolmentId) -> Self {
        Self { enrolment, ready: BTreeMap::new(), read: BTreeMap::new() }
    }

    /// The moment, up to `now`, at which the student had read `reading` as `module` asks for it.
    pub fn read_at(&self, module: &CohortModule, reading: ReadingId, now: Timestamp) -> Option<Timestamp> {
        let read = self.read.get(&(module.id, reading))?;
        (read.at <= now && (read.reflected || !module.asks_reflection())).then_some(read.at)
    }

    /// The moment, up to `now`, since which `reading` can be read.
    pub fn ready_at(&self, reading: ReadingId, now: Timestamp) -> Option<Timestamp> {
        self.ready.get(&reading).copied().filter(|&at| at <= now)
    }
}

impl Rule {
    /// The completion rule: all required readings of every module, with reflections where asked.
    pub fn completion(modules: &[CohortModule]) -> Self {
        Self::All(modules.iter().map(|module| Self::RequiredReadingsRead { module: module.position }).collect())
    }

    /// The positions of the modules that the rule names.
    pub fn modules(&self) -> BTreeSet<u32> {
        match self {
            Self::Always => BTreeSet::new(),
            Self::RequiredReadingsRead { module } => BTreeSet::from([*module]),
            Self::All(rules) => rules.iter().flat_map(Self::modules).collect(),
        }
    }

    /// The rule that waits for the required readings of all these modules.
    pub fn after(positions: &BTreeSet<u32>) -> Self {
        let mut rules: Vec<Self> = positions.iter().map(|&module| Self::RequiredReadingsRead { module }).collect();
        match rules.len() {
            0 => Self::Always,
            1 => rules.swap_remove(0),
            _ => Self::All(rules),
        }
    }

    /// The rule over modules that have new positions, by their old ones. What it says of a module without one is dropped.
    pub fn renumbered(&self, positions: &BTreeMap<u32, u32>) -> Self {
        match self {
            Self::Always => Self::Always,
            Self::RequiredReadingsRead { module } => {
                positions.get(module).map_or(Self::Always, |&module| Self::RequiredReadingsRead { module })
            }
            Self::All(rules) => Self::All(rules.iter().map(|rule| rule.renumbered(positions)).collect()),
        }
    }

    /// What the rule says at `now`, of what happened up to then.
    pub fn verdict(&self, modules: &[CohortModule], facts: &Facts, now: Timestamp) -> Verdict {
        match self {
            Self::Always => Verdict::Met { at: None },
            Self::RequiredReadingsRead { module: position } => match modules.iter().find(|module| module.position == *position) {
                Some(module) => required_readings_read(module, facts, now),
                None => Verdict::Unmet(vec![Unmet::NoSuchModule { module: *position }]),
            },
            Self::All(rules) => {
                rules.iter().map(|rule| rule.verdict(modules, facts, now)).fold(Verdict::Met { at: None }, Verdict::and)
            }
        }
    }
}

fn required_readings_read(module: &CohortModule, facts: &Facts, now: Timestamp) -> Verdict {
    let (mut unread, mut last) = (0, None);
    for key in module.required() {
        match facts.read_at(module, key.reading, now) {
            Some(at) => last = last.max(Some(at)),
            None => unread += 1,
        }
    }
    match unread {
        0 => Verdict::Met { at: last },
        unread => Verdict::Unmet(vec![Unmet::RequiredReadingsUnread { module: module.position, unread }]),
    }
}

impl Verdict {
    /// Both: met since the later of the two, or unmet by what either misses.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Met { at: one }, Self::Met { at: two }) => Self::Met { at: one.max(two) },
            (Self::Met { .. }, unmet) | (unmet, Self::Met { .. }) => unmet,
            (Self::Unmet(mut one), Self::Unmet(two)) => {
                one.extend(two);
                one.sort_unstable();
                one.dedup();
                Self::Unmet(one)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::catalogue::model::ReadingKey;
    use crate::kernel::ids::CohortId;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn reading(number: u128) -> ReadingId {
        ReadingId(Uuid::from_u128(number))
    }

    /// The module at `position` with two required readings, `10 * position + 1` and `+ 2`, and an optional third.
    fn module(position: u32) -> CohortModule {
        let key = |place: u32| ReadingKey {
            reading: reading(u128::from(10 * position + place)),
            position: place,
            required: place < 3,
            why: String::new(),
        };
        CohortModule {
            id: ModuleId(Uuid::from_u128(u128::from(position))),
            cohort: CohortId(Uuid::from_u128(1)),
            position,
            title: format!("Week {position}"),
            dek: String::new(),
            outcomes: Vec::new(),
            questions: Vec::new(),
            reflection_prompt: None,
            release_rule: Rule::Always,
            readings: (1..=3).map(key).collect(),
        }
    }

    fn facts(read: &[(u32, u128, &str)]) -> Facts {
        let mut facts = Facts::none_of(EnrolmentId(Uuid::from_u128(1)));
        for (position, number, when) in read {
            let module = ModuleId(Uuid::from_u128(u128::from(*position)));
            facts.read.insert((module, reading(*number)), Read { at: at(when), reflected: false });
        }
        facts
    }

    const NOW: &str = "2027-01-20T00:00:00Z";

    #[test]
    fn a_rule_is_met_at_the_last_required_reading_and_not_at_an_optional_one() {
        let facts = facts(&[(1, 11, "2027-01-05T00:00:00Z"), (1, 12, "2027-01-04T00:00:00Z"), (1, 13, "2027-01-06T00:00:00Z")]);
        let rule = Rule::RequiredReadingsRead { module: 1 };
        assert_eq!(rule.verdict(&[module(1)], &facts, at(NOW)), Verdict::Met { at: Some(at("2027-01-05T00:00:00Z")) });
    }

    #[test]
    fn what_happened_later_does_not_count_yet() {
        let facts = facts(&[(1, 11, "2027-01-05T00:00:00Z"), (1, 12, "2027-01-04T00:00:00Z")]);
        let verdict = Rule::RequiredReadingsRead { module: 1 }.verdict(&[module(1)], &facts, at("2027-01-04T12:00:00Z"));
        assert_eq!(verdict, Verdict::Unmet(vec![Unmet::RequiredReadingsUnread { module: 1, unread: 1 }]));
    }

    #[test]
    fn a_reading_without_the_reflection_asked_for_is_not_read() {
        let facts = facts(&[(1, 11, "2027-01-05T00:00:00Z"), (1, 12, "2027-01-04T00:00:00Z")]);
        let mut asking = module(1);
        asking.reflection_prompt = Some("What surprised you?".to_owned());
        let verdict = Rule::RequiredReadingsRead { module: 1 }.verdict(&[asking], &facts, at(NOW));
        assert_eq!(verdict, Verdict::Unmet(vec![Unmet::RequiredReadingsUnread { module: 1, unread: 2 }]));
    }

    #[test]
    fn completion_asks_for_every_module_and_names_each_that_misses() {
        let modules = [module(1), module(2)];
        let completion = Rule::completion(&modules);
        assert_eq!(
            completion.verdict(&modules, &facts(&[(1, 11, NOW)]), at(NOW)),
            Verdict::Unmet(vec![
                Unmet::RequiredReadingsUnread { module: 1, unread: 1 },
                Unmet::RequiredReadingsUnread { module: 2, unread: 2 },
            ])
        );
        let all =
            [(1, 11, "2027-01-05T00:00:00Z"), (1, 12, NOW), (2, 21, "2027-01-05T00:00:00Z"), (2, 22, "2027-01-06T00:00:00Z")];
        assert_eq!(completion.verdict(&modules, &facts(&all), at(NOW)), Verdict::Met { at: Some(at(NOW)) });
    }

    #[test]
    fn nothing_to_do_is_met_without_a_moment() {
        let empty = facts(&[]);
        assert_eq!(Rule::Always.verdict(&[], &empty, at(NOW)), Verdict::Met { at: None });
        assert_eq!(Rule::All(Vec::new()).verdict(&[], &empty, at(NOW)), Verdict::Met { at: None });
    }

    #[test]
    fn a_rule_on_a_module_that_is_not_there_is_never_met() {
        let verdict = Rule::RequiredReadingsRead { module: 9 }.verdict(&[module(1)], &facts(&[]), at(NOW));
        assert_eq!(verdict, Verdict::Unmet(vec![Unmet::NoSuchModule { module: 9 }]));
    }

    #[test]
    fn the_stored_form_reads_back_and_refuses_what_it_does_not_know() {
        let rule = Rule::All(vec![Rule::Always, Rule::RequiredReadingsRead { module: 1 }]);
        let stored = json!({"all": ["always", {"required_readings_read": {"module": 1}}]});
        assert_eq!(serde_json::to_value(&rule).unwrap(), stored);
        assert_eq!(serde_json::from_value::<Rule>(stored).unwrap(), rule);
        for bad in [json!("never"), json!({"required_readings_read": {"module": 1, "at_least": 2}}), json!({"all": "always"})] {
            assert!(serde_json::from_value::<Rule>(bad.clone()).is_err(), "{bad}");
        }
    }
}
