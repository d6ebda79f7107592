//! What a person wants to be mailed. Sign-in codes, receipts and what changes an account are no reminders, and always go.

use std::str::FromStr;

use serde_json::{Value, json};

use crate::kernel::Timestamp;
use crate::kernel::event::{Event, Subject, Touch};
use crate::kernel::ids::{EnrolmentId, UserId};

/// Mails that are turned off together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MailGroup {
    /// A week is open, or its date has changed. Turned off on the preference page alone.
    CourseNews,
    /// What the student could know without us: turned off there, or by one click from any of these mails (RFC 8058).
    Nudges,
}

/// The text names no group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a group of mails")]
pub struct UnknownGroup;

impl MailGroup {
    /// Every group.
    pub const ALL: [Self; 2] = [Self::CourseNews, Self::Nudges];

    /// The stable word: stored, and part of unsubscribe links.
    pub fn word(self) -> &'static str {
        match self {
            Self::CourseNews => "course_news",
            Self::Nudges => "nudges",
        }
    }
}

impl FromStr for MailGroup {
    type Err = UnknownGroup;

    fn from_str(text: &str) -> Result<Self, UnknownGroup> {
        Self::ALL.into_iter().find(|group| group.word() == text).ok_or(UnknownGroup)
    }
}

/// Whether a group is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    On {
        /// What was due earlier is not made up for; the beginning of time where it was never turned off.
        since: Timestamp,
    },
    Off,
}

impl Wish {
    /// The stable word: `on` or `off`.
    pub fn word(self) -> &'static str {
        match self {
            Self::On { .. } => "on",
            Self::Off => "off",
        }
    }

    /// Whether a mail due at this moment is none of those that fell due while the group was off. True of a group that is off.
    pub(super) fn covers(self, due_at: Timestamp) -> bool {
        match self {
            Self::On { since } => since <= due_at,
            Self::Off => true,
        }
    }
}

/// A person's wish for each group. All are on until turned off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wishes {
    pub news: Wish,
    pub nudges: Wish,
}

impl Default for Wishes {
    fn default() -> Self {
        let on = Wish::On { since: Timestamp::MIN };
        Self { news: on, nudges: on }
    }
}

impl Wishes {
    pub fn of(&self, group: MailGroup) -> Wish {
        match group {
            MailGroup::CourseNews => self.news,
            MailGroup::Nudges => self.nudges,
        }
    }

    /// With another wish for one group.
    #[must_use]
    pub fn with(self, group: MailGroup, wish: Wish) -> Self {
        match group {
            MailGroup::CourseNews => Self { news: wish, ..self },
            MailGroup::Nudges => Self { nudges: wish, ..self },
        }
    }
}

/// A group was turned on or off.
#[derive(Debug)]
pub struct PreferenceEvent {
    pub user: UserId,
    pub group: MailGroup,
    pub before: Wish,
    pub after: Wish,
    /// The person's, whose mail is planned again.
    pub enrolments: Vec<EnrolmentId>,
}

impl PreferenceEvent {
    fn told(&self, wish: Wish) -> Value {
        json!({ "group": self.group.word(), "mail": wish.word() })
    }
}

impl Event for PreferenceEvent {
    fn kind(&self) -> &'static str {
        "user.mail_preference_changed"
    }

    fn subject(&self) -> Subject {
        Subject::User(self.user)
    }

    fn before(&self) -> Value {
        self.told(self.before)
    }

    fn after(&self) -> Value {
        self.told(self.after)
    }

    fn touches(&self) -> Vec<Touch> {
        self.enrolments.iter().copied().map(Touch::Enrolment).collect()
    }
}
