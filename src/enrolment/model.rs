//! A student's place in a cohort: held while they pay, then theirs. Pure.

mod events;
#[cfg(test)]
mod tests;
pub mod waitlist;

pub use events::EnrolmentEvent;

use crate::catalogue::model::Cohort;
use crate::kernel::ids::{CohortId, EnrolmentId, UserId};
use crate::kernel::time::SignedDuration;
use crate::kernel::{PersonName, Timestamp, Zone};

/// How long a seat is held while its student pays (service time): a minute longer than a payment page lives, so that a payment
/// made in its last moment still finds its seat.
pub const HOLD: SignedDuration = SignedDuration::from_mins(32);
/// How often a hold may be extended, so that nobody keeps a seat for ever without paying.
pub const EXTENSIONS: i32 = 2;

/// One student in one cohort.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    pub id: EnrolmentId,
    pub cohort: CohortId,
    pub user: UserId,
    /// The name that the certificate will bear.
    pub certificate_name: PersonName,
    pub state: EnrolmentState,
    pub created_at: Timestamp,
}

/// Where an enrolment stands. All times are service time. The first two take a seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnrolmentState {
    /// The seat is kept until `until`, and longer if nobody has freed it yet: only [`Enrolment::lapse`] frees a seat.
    Held {
        until: Timestamp,
        extensions: i32,
    },
    Enrolled {
        at: Timestamp,
    },
    /// The hold ended unpaid.
    Lapsed {
        at: Timestamp,
    },
    Cancelled {
        at: Timestamp,
    },
}

impl EnrolmentState {
    /// A stable word for the audit log.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Held { .. } => "held",
            Self::Enrolled { .. } => "enrolled",
            Self::Lapsed { .. } => "lapsed",
            Self::Cancelled { .. } => "cancelled",
        }
    }

    /// Whether it takes a seat of the cohort.
    pub const fn takes_a_seat(&self) -> bool {
        matches!(self, Self::Held { .. } | Self::Enrolled { .. })
    }
}

/// The enrolment's state does not allow the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAllowed {
    #[error("the seat is not held")]
    NotHeld,
    #[error("the seat has not lapsed")]
    NotLapsed,
    #[error("the hold was extended as often as is allowed")]
    ExtendedTooOften,
    #[error("there is no seat to give back")]
    NoSeat,
}

impl Enrolment {
    /// A new hold of [`HOLD`] from `now`.
    pub fn held(id: EnrolmentId, cohort: CohortId, user: UserId, certificate_name: PersonName, now: Timestamp) -> Self {
        let until = crate::kernel::time::shifted(now, HOLD);
        Self { id, cohort, user, certificate_name, state: EnrolmentState::Held { until, extensions: 0 }, created_at: now }
    }

    /// A seat given without a hold: free of charge.
    pub fn given(id: EnrolmentId, cohort: CohortId, user: UserId, certificate_name: PersonName, now: Timestamp) -> Self {
        Self { id, cohort, user, certificate_name, state: EnrolmentState::Enrolled { at: now }, created_at: now }
    }

    /// Keeps the seat until `until` for another attempt to pay, never shorter than before. It counts.
    ///
    /// # Errors
    /// [`NotAllowed`].
    pub fn extend(mut self, until: Timestamp) -> Result<Self, NotAllowed> {
        match self.state {
            EnrolmentState::Held { extensions, .. } if extensions >= EXTENSIONS => Err(NotAllowed::ExtendedTooOften),
            EnrolmentState::Held { until: before, extensions } => {
                self.state = EnrolmentState::Held { until: before.max(until), extensions: extensions + 1 };
                Ok(self)
            }
            _ => Err(NotAllowed::NotHeld),
        }
    }

    /// Keeps the seat until exactly `until`: as long as a bank takes, or less once it has said no. It counts as no extension.
    ///
    /// # Errors
    /// [`NotAllowed::NotHeld`].
    pub fn keep(mut self, until: Timestamp) -> Result<Self, NotAllowed> {
        let EnrolmentState::Held { extensions, .. } = self.state else { return Err(NotAllowed::NotHeld) };
        self.state = EnrolmentState::Held { until, extensions };
        Ok(self)
    }

    /// The held seat becomes the student's.
    ///
    /// # Errors
    /// [`NotAllowed::NotHeld`].
    pub fn confirm(mut self, at: Timestamp) -> Result<Self, NotAllowed> {
        let EnrolmentState::Held { .. } = self.state else { return Err(NotAllowed::NotHeld) };
        self.state = EnrolmentState::Enrolled { at };
        Ok(self)
    }

    /// A seat that had lapsed is taken after all. Whether one is free is the caller's to know.
    ///
    /// # Errors
    /// [`NotAllowed::NotLapsed`].
    pub fn reseat(mut self, at: Timestamp) -> Result<Self, NotAllowed> {
        let EnrolmentState::Lapsed { .. } = self.state else { return Err(NotAllowed::NotLapsed) };
        self.state = EnrolmentState::Enrolled { at };
        Ok(self)
    }

    /// The seat, held or the student's, is given back.
    ///
    /// # Errors
    /// [`NotAllowed::NoSeat`].
    pub fn cancel(mut self, at: Timestamp) -> Result<Self, NotAllowed> {
        if !self.state.takes_a_seat() {
            return Err(NotAllowed::NoSeat);
        }
        self.state = EnrolmentState::Cancelled { at };
        Ok(self)
    }

    /// The hold ends and the seat is free.
    ///
    /// # Errors
    /// [`NotAllowed::NotHeld`].
    pub fn lapse(mut self, at: Timestamp) -> Result<Self, NotAllowed> {
        let EnrolmentState::Held { .. } = self.state else { return Err(NotAllowed::NotHeld) };
        self.state = EnrolmentState::Lapsed { at };
        Ok(self)
    }
}

/// What stands between a lapsed enrolment and a seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    Free,
    Full,
    /// The student has, or holds, another seat in the same cohort.
    SeatedElsewhere,
}

/// How many seats of a cohort are taken, by how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SeatCount {
    pub held: u32,
    pub enrolled: u32,
    /// To people on the waitlist: each offer takes a seat.
    pub offered: u32,
    /// Who waits for a seat; they take none.
    pub waiting: u32,
}

impl SeatCount {
    /// Those that nobody else can have.
    pub const fn taken(&self) -> u32 {
        self.held + self.enrolled + self.offered
    }
}

/// What a cohort says of its seats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatTerms {
    pub capacity: u32,
    pub opens_at: Timestamp,
    pub closes_at: Timestamp,
    /// The first moment of the cohort's first day.
    pub starts_at: Timestamp,
    /// The zone of the cohort's civil times.
    pub zone: Zone,
    /// Since when the public can enrol.
    pub published_at: Option<Timestamp>,
}

/// Whether a cohort takes enrolments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    NotOpenYet { opens_at: Timestamp },
    Open,
    Closed { closed_at: Timestamp },
}

impl SeatTerms {
    pub fn of(cohort: &Cohort) -> Self {
        Self {
            capacity: cohort.capacity,
            opens_at: cohort.window.opens(),
            closes_at: cohort.window.closes(),
            starts_at: cohort.zone.instant(cohort.starts_on.at(0, 0, 0, 0)),
            zone: cohort.zone.clone(),
            published_at: cohort.published_at,
        }
    }

    /// The window at service time `now`. It is open from `opens_at` on, and closed from `closes_at` on.
    pub fn window(&self, now: Timestamp) -> Window {
        if now >= self.closes_at {
            Window::Closed { closed_at: self.closes_at }
        } else if now < self.opens_at {
            Window::NotOpenYet { opens_at: self.opens_at }
        } else {
            Window::Open
        }
    }
}
