//! One mail to be, and the key under which it is the same mail for ever.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::MailGroup;
use crate::kernel::Timestamp;
use crate::kernel::ids::{EnrolmentId, ModuleId, UserId};

/// What a reminder is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum IntentKind {
    /// The first module opens within a day.
    CohortStarts,
    /// A module is open. Due when it opens.
    ModuleReleased,
    /// A module of which a mail told a moment opens later after all.
    ReleaseMoved,
    /// Required readings of an open module are unread, and the next module comes in two days.
    ReadingsUnread,
    /// Required readings of earlier modules are unread after a module's turn has come.
    FallenBehind,
}

impl IntentKind {
    /// Every kind.
    pub const ALL: [Self; 5] =
        [Self::CohortStarts, Self::ModuleReleased, Self::ReleaseMoved, Self::ReadingsUnread, Self::FallenBehind];

    /// The stable word: the outbox's `kind`.
    pub fn word(self) -> &'static str {
        match self {
            Self::CohortStarts => "cohort_starts",
            Self::ModuleReleased => "module_released",
            Self::ReleaseMoved => "release_moved",
            Self::ReadingsUnread => "readings_unread",
            Self::FallenBehind => "fallen_behind",
        }
    }

    /// What a person turns off to get no more of them.
    pub fn group(self) -> MailGroup {
        match self {
            Self::ModuleReleased | Self::ReleaseMoved => MailGroup::CourseNews,
            Self::CohortStarts | Self::ReadingsUnread | Self::FallenBehind => MailGroup::Nudges,
        }
    }
}

/// What makes two reminders the same one: the outbox's `dedupe_key`, as text `module_released:enr_…:3` or
/// `release_moved:enr_…:3:5`.
///
/// It holds no instant, so that a moved date moves the mail rather than makes another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IntentKey {
    CohortStarts {
        enrolment: EnrolmentId,
        /// Of the first module.
        position: u32,
    },
    ModuleReleased {
        enrolment: EnrolmentId,
        /// Of the module.
        position: u32,
    },
    ReleaseMoved {
        enrolment: EnrolmentId,
        position: u32,
        /// Of the module's release for this student: one notice for each change at most.
        revision: i32,
    },
    ReadingsUnread {
        enrolment: EnrolmentId,
        /// Of the module whose readings they are.
        position: u32,
    },
    FallenBehind {
        enrolment: EnrolmentId,
        /// Of the module whose turn came meanwhile: the readings are of modules before it.
        position: u32,
    },
}

/// The text is not the key of a reminder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the key of a reminder")]
pub struct KeyError;

impl IntentKey {
    pub fn kind(&self) -> IntentKind {
        match self {
            Self::CohortStarts { .. } => IntentKind::CohortStarts,
            Self::ModuleReleased { .. } => IntentKind::ModuleReleased,
            Self::ReleaseMoved { .. } => IntentKind::ReleaseMoved,
            Self::ReadingsUnread { .. } => IntentKind::ReadingsUnread,
            Self::FallenBehind { .. } => IntentKind::FallenBehind,
        }
    }

    pub fn enrolment(&self) -> EnrolmentId {
        self.parts().0
    }

    /// The module's position.
    pub fn position(&self) -> u32 {
        self.parts().1
    }

    fn parts(&self) -> (EnrolmentId, u32) {
        match *self {
            Self::CohortStarts { enrolment, position }
            | Self::ModuleReleased { enrolment, position }
            | Self::ReleaseMoved { enrolment, position, .. }
            | Self::ReadingsUnread { enrolment, position }
            | Self::FallenBehind { enrolment, position } => (enrolment, position),
        }
    }
}

impl fmt::Display for IntentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.kind().word(), self.enrolment(), self.position())?;
        match self {
            Self::ReleaseMoved { revision, .. } => write!(f, ":{revision}"),
            _ => Ok(()),
        }
    }
}

impl FromStr for IntentKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let mut parts = text.split(':');
        let mut part = || parts.next().ok_or(KeyError);
        let (kind, enrolment, position) = (part()?, part()?, part()?);
        let enrolment = enrolment.parse().map_err(|_| KeyError)?;
        let position = position.parse().map_err(|_| KeyError)?;
        let key = match IntentKind::ALL.into_iter().find(|known| known.word() == kind).ok_or(KeyError)? {
            IntentKind::CohortStarts => Self::CohortStarts { enrolment, position },
            IntentKind::ModuleReleased => Self::ModuleReleased { enrolment, position },
            IntentKind::ReleaseMoved => {
                Self::ReleaseMoved { enrolment, position, revision: part()?.parse().map_err(|_| KeyError)? }
            }
            IntentKind::ReadingsUnread => Self::ReadingsUnread { enrolment, position },
            IntentKind::FallenBehind => Self::FallenBehind { enrolment, position },
        };
        // One text for each key: this also refuses leading zeros and a rest.
        if key.to_string() == text { Ok(key) } else { Err(KeyError) }
    }
}

impl Serialize for IntentKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for IntentKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A mail to be sent because time passes. Its serde form can be the outbox's payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    pub key: IntentKey,
    pub user: UserId,
    pub module: ModuleId,
    /// The moment that the mail tells: of the module's opening, or of the next module's for `readings_unread`.
    pub opens_at: Timestamp,
    /// Not to be sent before.
    pub due_at: Timestamp,
    /// Not to be sent at this moment or later.
    pub not_after: Timestamp,
    /// Of the module's release for this student, when this was planned.
    pub revision: i32,
}

impl Intent {
    pub fn kind(&self) -> IntentKind {
        self.key.kind()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::model::testing::{at, module_id, student};

    #[test]
    fn an_intent_reads_back_from_the_payload_it_is_stored_as() {
        let moment = at("2027-01-04T03:30:00.000001Z");
        let intent = Intent {
            key: IntentKey::ModuleReleased { enrolment: student(), position: 3 },
            user: UserId(uuid::Uuid::from_u128(1)),
            module: module_id(3),
            opens_at: moment,
            due_at: moment,
            not_after: moment,
            revision: 1,
        };
        let payload = serde_json::to_value(intent).unwrap();
        assert_eq!(payload["key"], "module_released:enr_00000000000000000000000001:3");
        assert_eq!(serde_json::from_value::<Intent>(payload).unwrap(), intent);
    }

    #[test]
    fn a_key_reads_back_from_its_text_and_other_texts_are_refused() {
        let released = IntentKey::ModuleReleased { enrolment: student(), position: 3 };
        let moved = IntentKey::ReleaseMoved { enrolment: student(), position: 3, revision: 5 };
        assert_eq!(released.to_string(), "module_released:enr_00000000000000000000000001:3");
        assert_eq!(moved.to_string(), "release_moved:enr_00000000000000000000000001:3:5");
        let (enrolment, position) = (student(), 3);
        let nudges = [
            IntentKey::CohortStarts { enrolment, position },
            IntentKey::ReadingsUnread { enrolment, position },
            IntentKey::FallenBehind { enrolment, position },
        ];
        for key in [released, moved].into_iter().chain(nudges) {
            assert_eq!(key.to_string().parse(), Ok(key));
        }
        let student = student();
        let other_kind = format!("receipt:{student}:3:5");
        let rest = format!("module_released:{student}:3:5");
        let zeros = format!("module_released:{student}:03");
        let short = format!("release_moved:{student}:3");
        for bad in ["", "module_released", &other_kind, &rest, &zeros, &short] {
            assert_eq!(bad.parse::<IntentKey>(), Err(KeyError), "{bad}");
        }
    }
}
