//! The waitlist of a full cohort: who comes next, and what becomes of an offer. Pure.

mod events;
#[cfg(test)]
mod tests;

use super::{SeatTerms, Window};
use crate::kernel::Timestamp;
use crate::kernel::ids::{CohortId, EnrolmentId, UserId, WaitId};
use crate::kernel::time::{SignedDuration, shifted};

pub use events::WaitlistEvent;

/// One person's wait for a seat in a cohort. One offer at most is made to it: who lets it pass may join again, at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    pub id: WaitId,
    pub cohort: CohortId,
    pub user: UserId,
    /// In the order of joining; no two of a cohort have the same.
    pub place: i32,
    pub state: WaitState,
    pub joined_at: Timestamp,
}

/// Where a wait stands. All times are service time. The first two are live; only an offer takes a seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitState {
    Waiting,
    /// A seat is kept until `until`, and longer if nobody has passed it on yet; it can be accepted until then only.
    Offered {
        at: Timestamp,
        until: Timestamp,
    },
    /// It ended in a seat.
    Accepted {
        enrolment: EnrolmentId,
        at: Timestamp,
    },
    /// The offer was not taken in time.
    Lapsed {
        at: Timestamp,
    },
    /// Of their own will, which may be to decline an offer, or by an admin's.
    Left {
        at: Timestamp,
    },
    /// No offer came before the waitlist's end.
    Closed {
        at: Timestamp,
    },
}

impl WaitState {
    /// A stable word for the audit log.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Offered { .. } => "offered",
            Self::Accepted { .. } => "accepted",
            Self::Lapsed { .. } => "lapsed",
            Self::Left { .. } => "left",
            Self::Closed { .. } => "closed",
        }
    }

    /// Whether it may still end in a seat.
    pub const fn is_live(&self) -> bool {
        matches!(self, Self::Waiting | Self::Offered { .. })
    }

    /// Whether it takes a seat of the cohort.
    pub const fn takes_a_seat(&self) -> bool {
        matches!(self, Self::Offered { .. })
    }
}

/// The wait is over: it can change no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the wait is over")]
pub struct NotLive;

impl Wait {
    /// Whether there is a seat for its person to take at `now`.
    pub fn has_an_offer(&self, now: Timestamp) -> bool {
        matches!(self.state, WaitState::Offered { until, .. } if until > now)
    }

    /// It ended in this seat.
    ///
    /// # Errors
    /// [`NotLive`].
    pub fn accept(self, enrolment: EnrolmentId, at: Timestamp) -> Result<Self, NotLive> {
        self.end(WaitState::Accepted { enrolment, at })
    }

    /// Its person waits no longer, or does not want what was offered.
    ///
    /// # Errors
    /// [`NotLive`].
    pub fn leave(self, at: Timestamp) -> Result<Self, NotLive> {
        self.end(WaitState::Left { at })
    }

    fn end(self, state: WaitState) -> Result<Self, NotLive> {
        if self.state.is_live() { Ok(Self { state, ..self }) } else { Err(NotLive) }
    }
}

/// Whether a cohort's free seats are offered to those who wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Enrolment has not opened: nobody can be enrolled yet.
    Ahead,
    Open,
    /// Enrolment has closed, or the cohort has started.
    Over,
}

impl SeatTerms {
    /// The first moment from which nothing is offered any more: enrolment closes, or the cohort starts.
    pub fn waitlist_ends_at(&self) -> Timestamp {
        self.closes_at.min(self.starts_at)
    }

    /// Where the waitlist stands at service time `now`.
    pub fn waitlist(&self, now: Timestamp) -> Phase {
        if now >= self.waitlist_ends_at() {
            Phase::Over
        } else if self.published_at.is_some() && self.window(now) == Window::Open {
            Phase::Open
        } else {
            Phase::Ahead
        }
    }
}

/// What a waitlist is brought up to date with.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    pub capacity: u32,
    /// Seats held and enrolled.
    pub seated: u32,
    pub phase: Phase,
    pub now: Timestamp,
    /// How long a new offer is good.
    pub length: SignedDuration,
}

/// What becomes of a wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub before: Wait,
    pub after: Wait,
}

/// Brings a waitlist up to date: offers whose time is over lapse, then each free seat is offered to the next in line; when the
/// waitlist is over, whoever has no offer is let go. Offers that were made stay good for their time, whatever else changes.
///
/// `line` is the live waits in the order of their places: all of the offers, and as many of those waiting as there may be seats.
/// What is up to date already is no step.
pub fn tend(line: &[Wait], standing: &Standing) -> Vec<Step> {
    let Standing { capacity, seated, phase, now, length } = *standing;
    let open = line.iter().filter(|wait| wait.has_an_offer(now)).count();
    let mut free = capacity.saturating_sub(seated).saturating_sub(u32::try_from(open).unwrap_or(u32::MAX));
    let mut steps = Vec::new();
    for wait in line {
        let state = match (wait.state, phase) {
            (WaitState::Offered { until, .. }, _) if until <= now => WaitState::Lapsed { at: now },
            (WaitState::Waiting, Phase::Over) => WaitState::Closed { at: now },
            (WaitState::Waiting, Phase::Open) if free > 0 => {
                free -= 1;
                WaitState::Offered { at: now, until: shifted(now, length) }
            }
            _ => continue,
        };
        steps.push(Step { before: wait.clone(), after: Wait { state, ..wait.clone() } });
    }
    steps
}

/// When a waitlist must be looked at next: an offer ends, or, while somebody waits, enrolment opens or the waitlist ends.
pub fn next_due(line: &[Wait], terms: &SeatTerms, now: Timestamp) -> Option<Timestamp> {
    let due = |wait: &Wait| match wait.state {
        WaitState::Offered { until, .. } => Some(until),
        WaitState::Waiting if terms.opens_at > now => Some(terms.opens_at.min(terms.waitlist_ends_at())),
        WaitState::Waiting => Some(terms.waitlist_ends_at()),
        _ => None,
    };
    line.iter().filter_map(due).min()
}
