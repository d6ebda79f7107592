//! Seats: held while their student pays, then enrolled, or lapsed and free again.
//!
//! A cohort is never oversold: whoever takes a seat first locks the cohort's row, then counts. Whoever frees one passes it on to
//! the cohort's waitlist in the same transaction ([`pass_on`]). A hold that has run out still
//! takes its seat until [`lapse`] frees it, which is payment's to call: only payment can know that no money is on its way.

mod confirmation;
pub mod jobs;
pub mod model;
mod store;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod waitlist;
#[cfg(test)]
mod waitlist_tests;

use sea_orm::DbErr;

use crate::audit;
use crate::db::Txn;
use crate::db::rows::enrolment::enrolments::Funding;
use crate::kernel::ids::{CohortId, EnrolmentId, UserId};
use crate::kernel::{PersonName, Timestamp};

pub(crate) use confirmation::{Confirmation, Sending, post_confirmation};
pub use model::waitlist::{Phase, Wait, WaitState};
pub use model::{EXTENSIONS, Enrolment, EnrolmentState, HOLD, Room, SeatCount, SeatTerms, Window};
use model::{EnrolmentEvent, NotAllowed};
pub use store::counts::{seats_by_state, seats_taken};
pub(crate) use store::to_enrolment;
pub use store::waitlist::{line, position, wait, wait_for, waits_of_user};
pub use store::{active_of_user, enrolment, holds_ending, holds_over, of_cohort, of_user, seat_terms, was_promised};
pub use waitlist::{JoinRefusal, LeaveRefusal, join, leave, pass_on, remove};

/// Why no seat is held.
#[derive(Debug, thiserror::Error)]
pub enum HoldRefusal {
    #[error("all seats are taken")]
    Full,
    #[error("enrolment is not open yet")]
    NotOpenYet { opens_at: Timestamp },
    #[error("enrolment has closed")]
    Closed { closed_at: Timestamp },
    #[error("already enrolled in this cohort")]
    AlreadyEnrolled(EnrolmentId),
    #[error("a seat in this cohort is held already")]
    AlreadyHeld(EnrolmentId),
    /// Seats that wait to be paid, over all cohorts.
    #[error("too many seats are held already")]
    TooManyHolds { limit: u32 },
    /// Or it is not published.
    #[error("there is no such cohort")]
    NoSuchCohort,
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// Holds a seat for [`HOLD`], if the cohort takes enrolments and has one free once those who wait were offered theirs. Who was
/// offered a seat takes it so, even if enrolment has closed since.
///
/// `holds_per_person` limits how many seats one person may hold unpaid at once, over all cohorts.
///
/// # Errors
/// [`HoldRefusal`].
pub async fn hold_seat(
    txn: &Txn,
    cohort: CohortId,
    user: UserId,
    certificate_name: PersonName,
    holds_per_person: u32,
) -> Result<Enrolment, HoldRefusal> {
    let (terms, active) = lock_for_seat(txn, cohort, user).await?;
    let vacancy = waitlist::vacancy(txn, cohort, &terms, user).await?;
    match terms.window(txn.now()) {
        _ if vacancy.is_offered(txn.now()) => {}
        Window::NotOpenYet { opens_at } => return Err(HoldRefusal::NotOpenYet { opens_at }),
        Window::Closed { closed_at } => return Err(HoldRefusal::Closed { closed_at }),
        Window::Open => {}
    }
    let holds = active.iter().filter(|enrolment| matches!(enrolment.state, EnrolmentState::Held { .. })).count();
    if holds >= holds_per_person as usize {
        return Err(HoldRefusal::TooManyHolds { limit: holds_per_person });
    }
    if !vacancy.has_room(txn.now()) {
        return Err(HoldRefusal::Full);
    }
    let held = Enrolment::held(txn.new_id(), cohort, user, certificate_name, txn.now());
    store::insert(txn, &held).await?;
    audit::record(txn, &EnrolmentEvent::Held(&held)).await?;
    waitlist::accept(txn, vacancy.own, held.id).await?;
    Ok(held)
}

/// Gives a seat free of charge, if one is free; the window does not matter, for an admin decides. `reason` is kept in the audit log.
///
/// # Errors
/// [`HoldRefusal`]: `Full`, `AlreadyEnrolled`, `AlreadyHeld`, `NoSuchCohort` or the database's own.
pub async fn give_seat(
    txn: &Txn,
    cohort: CohortId,
    user: UserId,
    certificate_name: PersonName,
    reason: &str,
) -> Result<Enrolment, HoldRefusal> {
    let (terms, _) = lock_for_seat(txn, cohort, user).await?;
    let vacancy = waitlist::vacancy(txn, cohort, &terms, user).await?;
    if !vacancy.has_room(txn.now()) {
        return Err(HoldRefusal::Full);
    }
    let given = Enrolment::given(txn.new_id(), cohort, user, certificate_name, txn.now());
    store::insert(txn, &given).await?;
    audit::record(txn, &EnrolmentEvent::Given { after: &given, reason }).await?;
    waitlist::accept(txn, vacancy.own, given.id).await?;
    Ok(given)
}

/// Locks a person and a cohort for a new seat: the cohort's terms, and the seats that the person has elsewhere.
async fn lock_for_seat(txn: &Txn, cohort: CohortId, user: UserId) -> Result<(SeatTerms, Vec<Enrolment>), HoldRefusal> {
    // Always the person before the cohort, so that two holds never wait for each other. With the person locked, no other hold of
    // theirs can come between the look and the insert, which the unique index would refuse.
    store::lock_user(txn, user).await?;
    let terms = store::seat_terms_for_update(txn, cohort).await?.filter(|terms| terms.published_at.is_some());
    let terms = terms.ok_or(HoldRefusal::NoSuchCohort)?;
    let active = store::active_of_user(txn, user).await?;
    if let Some(known) = active.iter().find(|enrolment| enrolment.cohort == cohort) {
        return Err(match known.state {
            EnrolmentState::Enrolled { .. } => HoldRefusal::AlreadyEnrolled(known.id),
            _ => HoldRefusal::AlreadyHeld(known.id),
        });
    }
    Ok((terms, active))
}

/// Why a seat does not change.
#[derive(Debug, thiserror::Error)]
pub enum SeatRefusal {
    #[error("there is no such enrolment")]
    NoSuchEnrolment,
    #[error("the seat is not held")]
    NotHeld,
    #[error("the seat has not lapsed")]
    NotLapsed,
    /// It has lapsed, or was given back before.
    #[error("there is no seat to give back")]
    NoSeat,
    #[error("the hold was extended as often as is allowed")]
    ExtendedTooOften,
    #[error("all seats are taken")]
    Full,
    /// The student has, or holds, another seat in the same cohort.
    #[error("the student has another seat in this cohort")]
    SeatedElsewhere,
    #[error(transparent)]
    Db(#[from] DbErr),
}

impl From<NotAllowed> for SeatRefusal {
    fn from(refusal: NotAllowed) -> Self {
        match refusal {
            NotAllowed::NotHeld => Self::NotHeld,
            NotAllowed::NotLapsed => Self::NotLapsed,
            NotAllowed::NoSeat => Self::NoSeat,
            NotAllowed::ExtendedTooOften => Self::ExtendedTooOften,
        }
    }
}

/// Locks an enrolment for the rest of the transaction, for a decision that depends on it.
///
/// # Errors
/// The database's own.
pub async fn enrolment_for_update(txn: &Txn, id: EnrolmentId) -> Result<Option<Enrolment>, DbErr> {
    store::enrolment_for_update(txn, id).await
}

async fn locked(txn: &Txn, id: EnrolmentId) -> Result<Enrolment, SeatRefusal> {
    store::enrolment_for_update(txn, id).await?.ok_or(SeatRefusal::NoSuchEnrolment)
}

/// Keeps a held seat until `until` (service time) for another attempt to pay: at most [`EXTENSIONS`] times.
///
/// # Errors
/// [`SeatRefusal`].
pub async fn extend_hold(txn: &Txn, id: EnrolmentId, until: Timestamp) -> Result<Enrolment, SeatRefusal> {
    let before = locked(txn, id).await?;
    let after = before.clone().extend(until)?;
    store::save(txn, &after).await?;
    audit::record(txn, &EnrolmentEvent::Extended { before: &before, after: &after }).await?;
    Ok(after)
}

/// Keeps a held seat until exactly `until` (service time) without counting an extension: while a bank decides, and until the
/// old end once it has refused; and while a transfer is awaited.
///
/// # Errors
/// [`SeatRefusal`].
pub async fn keep_for_bank(txn: &Txn, id: EnrolmentId, until: Timestamp) -> Result<Enrolment, SeatRefusal> {
    let before = locked(txn, id).await?;
    let after = before.clone().keep(until)?;
    if after != before {
        store::save(txn, &after).await?;
        audit::record(txn, &EnrolmentEvent::Extended { before: &before, after: &after }).await?;
    }
    Ok(after)
}

/// Gives the held seat to its student.
///
/// # Errors
/// [`SeatRefusal`].
pub async fn confirm(txn: &Txn, id: EnrolmentId) -> Result<Enrolment, SeatRefusal> {
    let before = locked(txn, id).await?;
    let after = before.clone().confirm(txn.now())?;
    store::save(txn, &after).await?;
    audit::record(txn, &EnrolmentEvent::Confirmed { before: &before, after: &after }).await?;
    Ok(after)
}

/// Notes that the seat was paid for by card, for the staff's lists: payment's to say, with the order that it settles.
///
/// # Errors
/// The database's own.
pub async fn paid_by_card(txn: &Txn, id: EnrolmentId) -> Result<(), DbErr> {
    store::set_funding(txn, id, Funding::Paid).await
}

/// Notes that nothing was owed for the seat, whose price a coupon took off whole.
///
/// # Errors
/// The database's own.
pub async fn nothing_owed(txn: &Txn, id: EnrolmentId) -> Result<(), DbErr> {
    store::set_funding(txn, id, Funding::Free).await
}

/// Notes that the seat was paid for another way, as an admin recorded.
///
/// # Errors
/// The database's own.
pub async fn paid_offline(txn: &Txn, id: EnrolmentId) -> Result<(), DbErr> {
    store::set_funding(txn, id, Funding::Offline).await
}

/// Looks for a seat for an enrolment that has none, with the cohort locked: the answer holds until the transaction ends. Seats that
/// are free are offered to those who wait first; one that this student was offered is theirs.
///
/// # Errors
/// The database's own.
pub async fn room_for(txn: &Txn, enrolment: &Enrolment) -> Result<Room, DbErr> {
    let Some(terms) = store::seat_terms_for_update(txn, enrolment.cohort).await? else { return Ok(Room::Full) };
    let active = store::active_of_user(txn, enrolment.user).await?;
    if active.iter().any(|other| other.cohort == enrolment.cohort && other.id != enrolment.id) {
        return Ok(Room::SeatedElsewhere);
    }
    let vacancy = waitlist::vacancy(txn, enrolment.cohort, &terms, enrolment.user).await?;
    Ok(if vacancy.has_room(txn.now()) { Room::Free } else { Room::Full })
}

/// Gives a student whose hold had lapsed a seat after all, if one is free; the window does not matter, for they paid in it.
///
/// # Errors
/// [`SeatRefusal`].
pub async fn reseat(txn: &Txn, id: EnrolmentId) -> Result<Enrolment, SeatRefusal> {
    let before = locked(txn, id).await?;
    let after = before.clone().reseat(txn.now())?;
    match room_for(txn, &before).await? {
        Room::Free => {}
        Room::Full => return Err(SeatRefusal::Full),
        Room::SeatedElsewhere => return Err(SeatRefusal::SeatedElsewhere),
    }
    store::save(txn, &after).await?;
    audit::record(txn, &EnrolmentEvent::Reseated { before: &before, after: &after }).await?;
    waitlist::accept(txn, store::waitlist::wait_for(txn, after.user, after.cohort).await?, after.id).await?;
    Ok(after)
}

/// Corrects the name that the certificate will bear. The same name again changes nothing.
///
/// # Errors
/// The database's own: there is no such enrolment.
pub async fn correct_name(txn: &Txn, id: EnrolmentId, name: PersonName) -> Result<Enrolment, DbErr> {
    let before = store::enrolment_for_update(txn, id).await?;
    let before = before.ok_or_else(|| DbErr::RecordNotFound("the enrolment to correct".to_owned()))?;
    let after = Enrolment { certificate_name: name, ..before.clone() };
    if after != before {
        store::save_name(txn, &after).await?;
        audit::record(txn, &EnrolmentEvent::Renamed { before: &before, after: &after }).await?;
    }
    Ok(after)
}

/// Frees a held seat, and passes it on to the waitlist.
///
/// # Errors
/// [`SeatRefusal`].
pub async fn lapse(txn: &Txn, id: EnrolmentId) -> Result<Enrolment, SeatRefusal> {
    let before = locked(txn, id).await?;
    let after = before.clone().lapse(txn.now())?;
    // Before anything is recorded, as where a seat is held: or two would wait for each other.
    store::seat_terms_for_update(txn, before.cohort).await?;
    store::save(txn, &after).await?;
    audit::record(txn, &EnrolmentEvent::Lapsed { before: &before, after: &after }).await?;
    pass_on(txn, after.cohort).await?;
    Ok(after)
}

/// Gives a seat back, held or the student's, and passes it on to the waitlist: access ends with it, and what was planned to be mailed
/// is thought over. `reason` is an admin's.
///
/// # Errors
/// [`SeatRefusal`].
pub async fn cancel(txn: &Txn, id: EnrolmentId, reason: Option<&str>) -> Result<Enrolment, SeatRefusal> {
    let before = locked(txn, id).await?;
    let after = before.clone().cancel(txn.now())?;
    // As in [`lapse`]: whoever counts seats now waits, and finds it free.
    store::seat_terms_for_update(txn, before.cohort).await?;
    store::save(txn, &after).await?;
    audit::record(txn, &EnrolmentEvent::Cancelled { before: &before, after: &after, reason }).await?;
    pass_on(txn, after.cohort).await?;
    Ok(after)
}
