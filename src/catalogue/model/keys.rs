//! The readings of one module, in order: what may be done to them. The same for a course's module and for a cohort's.

use super::{ReadingKey, Shift, shifted};
use crate::kernel::ids::ReadingId;

/// The most readings of one module.
const MOST: usize = 30;

/// A reading's place in a module to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    pub reading: ReadingId,
    pub required: bool,
    pub why: String,
}

/// One change of a module's readings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyChange {
    /// The reading comes to the end of the list.
    Attach(NewKey),
    /// Another sentence, or required where it was optional; the place stays.
    Amend(NewKey),
    Detach(ReadingId),
    Shift(ReadingId, Shift),
}

/// Why a module's readings are not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefusal {
    #[error("The week has no such reading")]
    NotThere,
    #[error("The week has this reading already")]
    There,
    #[error("A week has at most {MOST} readings")]
    TooMany,
}

impl KeyChange {
    /// The list after the change, its places numbered from 1.
    ///
    /// # Errors
    /// [`KeyRefusal`].
    pub fn apply(self, mut keys: Vec<ReadingKey>) -> Result<Vec<ReadingKey>, KeyRefusal> {
        let place = |keys: &[ReadingKey], reading| keys.iter().position(|key| key.reading == reading);
        match self {
            Self::Attach(new) => {
                if place(&keys, new.reading).is_some() {
                    return Err(KeyRefusal::There);
                }
                if keys.len() >= MOST {
                    return Err(KeyRefusal::TooMany);
                }
                keys.push(ReadingKey { reading: new.reading, position: 0, required: new.required, why: new.why });
            }
            Self::Amend(new) => {
                let at = place(&keys, new.reading).ok_or(KeyRefusal::NotThere)?;
                (keys[at].required, keys[at].why) = (new.required, new.why);
            }
            Self::Detach(reading) => {
                keys.remove(place(&keys, reading).ok_or(KeyRefusal::NotThere)?);
            }
            Self::Shift(reading, to) => {
                let at = place(&keys, reading).ok_or(KeyRefusal::NotThere)?;
                keys = shifted(keys, at, to);
            }
        }
        for (key, position) in keys.iter_mut().zip(1..) {
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

    fn reading(number: u8) -> ReadingId {
        ReadingId(Uuid::from_u128(u128::from(number)))
    }

    fn new(number: u8, required: bool) -> NewKey {
        NewKey { reading: reading(number), required, why: format!("Why {number}, {required}.") }
    }

    fn change() -> impl Strategy<Value = KeyChange> {
        let number = 0u8..40;
        prop_oneof![
            4 => (number.clone(), any::<bool>()).prop_map(|(number, required)| KeyChange::Attach(new(number, required))),
            1 => (number.clone(), any::<bool>()).prop_map(|(number, required)| KeyChange::Amend(new(number, required))),
            1 => number.clone().prop_map(|number| KeyChange::Detach(reading(number))),
            2 => (number, prop_oneof![Just(Shift::Up), Just(Shift::Down)])
                .prop_map(|(number, to)| KeyChange::Shift(reading(number), to)),
        ]
    }

    proptest! {
        #[test]
        fn places_stay_numbered_and_each_reading_stands_once(changes in prop::collection::vec(change(), 0..120)) {
            let mut keys = Vec::new();
            for change in changes {
                let before: BTreeSet<_> = keys.iter().map(|key: &ReadingKey| key.reading).collect();
                let Ok(after) = change.clone().apply(keys.clone()) else { continue };
                keys = after;
                let now: BTreeSet<_> = keys.iter().map(|key| key.reading).collect();
                prop_assert_eq!(now.len(), keys.len());
                prop_assert!(keys.len() <= MOST);
                prop_assert!(keys.iter().zip(1..).all(|(key, position)| key.position == position));
                let differs: Vec<_> = now.symmetric_difference(&before).copied().collect();
                match change {
                    KeyChange::Attach(new) => prop_assert_eq!(differs, vec![new.reading]),
                    KeyChange::Detach(gone) => prop_assert_eq!(differs, vec![gone]),
                    KeyChange::Amend(_) | KeyChange::Shift(..) => prop_assert!(differs.is_empty()),
                }
            }
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let one = KeyChange::Attach(new(1, true)).apply(Vec::new()).unwrap();
        assert_eq!(KeyChange::Attach(new(1, false)).apply(one.clone()), Err(KeyRefusal::There));
        for change in [KeyChange::Amend(new(2, true)), KeyChange::Detach(reading(2)), KeyChange::Shift(reading(2), Shift::Up)] {
            assert_eq!(change.apply(one.clone()), Err(KeyRefusal::NotThere));
        }
        let full = (0..30).fold(Vec::new(), |keys, number| KeyChange::Attach(new(number, true)).apply(keys).unwrap());
        assert_eq!(KeyChange::Attach(new(30, true)).apply(full), Err(KeyRefusal::TooMany));
    }

    #[test]
    fn an_amended_reading_keeps_its_place() {
        let two = [1, 2].into_iter().fold(Vec::new(), |keys, number| KeyChange::Attach(new(number, true)).apply(keys).unwrap());
        let amended = KeyChange::Amend(new(1, false)).apply(two).unwrap();
        assert_eq!((amended[0].reading, amended[0].required, amended[0].position), (reading(1), false, 1));
        assert_eq!(amended[0].why, "Why 1, false.");
    }
}
