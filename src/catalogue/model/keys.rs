//! Which readings a module is keyed to, and how that changes: the same for a course's module and for a cohort's. Pure.
//!
//! A module's keys are numbered from 1 in reading order and name each reading once. A change takes the keys as they were and
//! gives the keys as they shall be; what it would close for students is the schedule's business.

use std::fmt;
use std::str::FromStr;

use super::{ReadingKey, Shift, shifted};
use crate::kernel::ids::ReadingId;
use crate::kernel::text::{TextError, single_line};

/// The most readings of one module.
const MOST: usize = 30;

/// Why a reading stands where it does: a line of 1 to 300 characters for the student.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why(String);

impl FromStr for Why {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        single_line(text, 300).map(Self)
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a module is incomplete without a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    Required,
    Optional,
}

impl Need {
    /// What a key says.
    pub fn of(key: &ReadingKey) -> Self {
        if key.required { Self::Required } else { Self::Optional }
    }

    /// A form's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Optional => "optional",
        }
    }

    /// What this word stands for.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Required, Self::Optional].into_iter().find(|need| need.word() == word)
    }
}

/// One change of a module's keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyChange {
    /// Behind those that are there.
    Attach {
        reading: ReadingId,
        need: Need,
        why: Why,
    },
    Detach {
        reading: ReadingId,
    },
    /// Past its neighbour on that side; at the end of the row it stays.
    Move {
        reading: ReadingId,
        to: Shift,
    },
    /// Says otherwise whether it is needed, and why.
    Restate {
        reading: ReadingId,
        need: Need,
        why: Why,
    },
}

/// Why a module's keys stay as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefusal {
    #[error("This reading is in the week already")]
    There,
    #[error("This reading is not in the week")]
    NotThere,
    #[error("A week has at most {MOST} readings")]
    TooMany,
}

impl KeyChange {
    /// The keys after the change, numbered anew.
    ///
    /// # Errors
    /// [`KeyRefusal`].
    pub fn applied(&self, before: &[ReadingKey]) -> Result<Vec<ReadingKey>, KeyRefusal> {
        let mut keys = before.to_vec();
        let place = |reading: ReadingId| before.iter().position(|key| key.reading == reading);
        let found = |reading: ReadingId| place(reading).ok_or(KeyRefusal::NotThere);
        match self {
            Self::Attach { reading, .. } if place(*reading).is_some() => return Err(KeyRefusal::There),
            Self::Attach { .. } if before.len() >= MOST => return Err(KeyRefusal::TooMany),
            Self::Attach { reading, need, why } => {
                keys.push(ReadingKey { reading: *reading, position: 0, required: *need == Need::Required, why: why.to_string() })
            }
            Self::Detach { reading } => drop(keys.remove(found(*reading)?)),
            Self::Move { reading, to } => keys = shifted(keys, found(*reading)?, *to),
            Self::Restate { reading, need, why } => {
                let key = &mut keys[found(*reading)?];
                (key.required, key.why) = (*need == Need::Required, why.to_string());
            }
        }
        for (position, key) in (1..).zip(&mut keys) {
            key.position = position;
        }
        Ok(keys)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn id(number: u128) -> ReadingId {
        ReadingId(Uuid::from_u128(number))
    }

    fn keys(numbers: &[u128]) -> Vec<ReadingKey> {
        let key = |(position, &number)| ReadingKey { reading: id(number), position, required: true, why: "So.".to_owned() };
        (1..).zip(numbers).map(key).collect()
    }

    fn order(keys: &[ReadingKey]) -> Vec<u128> {
        keys.iter().map(|key| key.reading.0.as_u128()).collect()
    }

    fn why() -> Why {
        "It shows how.".parse().unwrap()
    }

    #[test]
    fn a_reading_is_attached_last_and_once() {
        let attach = |number| KeyChange::Attach { reading: id(number), need: Need::Optional, why: why() };
        let after = attach(3).applied(&keys(&[1, 2])).unwrap();
        assert_eq!(order(&after), [1, 2, 3]);
        assert_eq!((after[2].position, after[2].required, after[2].why.as_str()), (3, false, "It shows how."));
        assert_eq!(attach(2).applied(&keys(&[1, 2])), Err(KeyRefusal::There));
        let full: Vec<u128> = (1..=30).collect();
        assert_eq!(attach(31).applied(&keys(&full)), Err(KeyRefusal::TooMany));
        assert_eq!(attach(30).applied(&keys(&full)), Err(KeyRefusal::There));
    }

    #[test]
    fn a_reading_moves_past_its_neighbour_and_no_further_than_the_end() {
        let moved = |number, to| order(&KeyChange::Move { reading: id(number), to }.applied(&keys(&[1, 2, 3])).unwrap());
        assert_eq!(moved(2, Shift::Up), [2, 1, 3]);
        assert_eq!(moved(2, Shift::Down), [1, 3, 2]);
        assert_eq!(moved(1, Shift::Up), [1, 2, 3]);
        assert_eq!(moved(3, Shift::Down), [1, 2, 3]);
    }

    #[test]
    fn detaching_closes_the_gap_and_restating_changes_nothing_else() {
        let after = KeyChange::Detach { reading: id(2) }.applied(&keys(&[1, 2, 3])).unwrap();
        assert_eq!(after, keys(&[1, 3]));
        let after = KeyChange::Restate { reading: id(1), need: Need::Optional, why: why() }.applied(&keys(&[1, 2])).unwrap();
        assert_eq!((after[0].required, after[0].why.as_str(), &after[1]), (false, "It shows how.", &keys(&[1, 2])[1]));
        for change in [
            KeyChange::Detach { reading: id(9) },
            KeyChange::Move { reading: id(9), to: Shift::Up },
            KeyChange::Restate { reading: id(9), need: Need::Optional, why: why() },
        ] {
            assert_eq!(change.applied(&keys(&[1])), Err(KeyRefusal::NotThere));
        }
    }

    #[test]
    fn a_why_is_one_line_that_says_something() {
        assert_eq!("  It  shows how. ".parse::<Why>().unwrap().to_string(), "It shows how.");
        assert!("".parse::<Why>().is_err() && "a\nb".parse::<Why>().is_err() && "x".repeat(301).parse::<Why>().is_err());
    }

    fn any_key_change() -> impl Strategy<Value = KeyChange> {
        let need = prop_oneof![Just(Need::Required), Just(Need::Optional)];
        (1..40u128, need, 0..8u8).prop_map(|(number, need, which)| {
            let reading = id(number);
            match which {
                0 => KeyChange::Detach { reading },
                1 => KeyChange::Move { reading, to: Shift::Up },
                2 => KeyChange::Move { reading, to: Shift::Down },
                3 => KeyChange::Restate { reading, need, why: why() },
                _ => KeyChange::Attach { reading, need, why: why() },
            }
        })
    }

    proptest! {
        #[test]
        fn keys_stay_numbered_and_distinct_whatever_changes(changes in proptest::collection::vec(any_key_change(), 0..120)) {
            let mut now = keys(&[1, 2]);
            for change in changes {
                let Ok(after) = change.applied(&now) else { continue };
                let (before, them): (BTreeSet<_>, BTreeSet<_>) = (order(&now).into_iter().collect(), order(&after).into_iter().collect());
                prop_assert!(after.iter().zip(1..).all(|(key, position)| key.position == position));
                prop_assert!(them.len() == after.len() && after.len() <= MOST);
                let differs: Vec<_> = them.symmetric_difference(&before).copied().collect();
                match change {
                    KeyChange::Attach { reading, .. } | KeyChange::Detach { reading } => {
                        prop_assert_eq!(differs, vec![reading.0.as_u128()]);
                    }
                    KeyChange::Move { .. } | KeyChange::Restate { .. } => prop_assert!(differs.is_empty()),
                }
                now = after;
            }
        }
    }
}
