//! The waitlist of a full cohort: a freed seat is offered to the next in line in the transaction that frees it.
//!
//! Whoever changes a waitlist has locked the cohort's row, as whoever counts its seats. An offer takes a seat until it is accepted,
//! declined, or passed on; [`pass_on`] is called by whatever frees a seat, and before one is given to anybody.

use sea_orm::DbErr;
use serde_json::json;

use super::jobs::TendWaitlist;
use super::model::waitlist::{NotLive, Phase, Standing, Step, Wait, WaitState, WaitlistEvent, next_due, tend};
use super::model::{EnrolmentState, SeatTerms, Window};
use super::store;
use crate::db::Txn;
use crate::kernel::Timestamp;
use crate::kernel::ids::{CohortId, EnrolmentId, UserId, WaitId};
use crate::mail::{self, Post};
use crate::{audit, identity, jobs, organisation};

/// What is left of a cohort's seats for one person, once free ones were offered to those who wait.
#[derive(Debug)]
pub(super) struct Vacancy {
    /// Seats that anybody may take.
    pub free: u32,
    /// The person's own live wait.
    pub own: Option<Wait>,
}

impl Vacancy {
    /// Whether the person was offered a seat that they can take now.
    pub fn is_offered(&self, now: Timestamp) -> bool {
        self.own.as_ref().is_some_and(|wait| wait.has_an_offer(now))
    }

    /// Whether there is a seat for the person.
    pub fn has_room(&self, now: Timestamp) -> bool {
        self.free > 0 || self.is_offered(now)
    }
}

/// Looks for a seat of a cohort, which the caller has locked, for a person; free ones are offered to those who wait first.
pub(super) async fn vacancy(txn: &Txn, cohort: CohortId, terms: &SeatTerms, user: UserId) -> Result<Vacancy, DbErr> {
    let free = brought_up_to_date(txn, cohort, terms).await?;
    Ok(Vacancy { free, own: store::waitlist::wait_for(txn, user, cohort).await? })
}

/// Offers a cohort's free seats to those who wait, ends offers whose time is over, and lets who waits go when the waitlist is over.
/// What is up to date stays as it is. Whoever frees a seat locks the cohort before recording anything, so that two never wait for
/// each other.
///
/// # Errors
/// The database's own.
pub async fn pass_on(txn: &Txn, cohort: CohortId) -> Result<(), DbErr> {
    match store::seat_terms_for_update(txn, cohort).await? {
        Some(terms) => brought_up_to_date(txn, cohort, &terms).await.map(drop),
        None => Ok(()),
    }
}

/// As [`pass_on`] with the cohort locked; how many seats are left then.
async fn brought_up_to_date(txn: &Txn, cohort: CohortId, terms: &SeatTerms) -> Result<u32, DbErr> {
    let (seated, phase) = (store::seated(txn, cohort).await?, terms.waitlist(txn.now()));
    let mut line = head(txn, cohort, terms).await?;
    if line.is_empty() {
        return Ok(terms.capacity.saturating_sub(seated));
    }
    let length = organisation::current(txn).await?.offer_length.duration();
    let steps = tend(&line, &Standing { capacity: terms.capacity, seated, phase, now: txn.now(), length });
    for step in &steps {
        store::waitlist::save(txn, &step.after).await?;
        audit::record(txn, &WaitlistEvent::Moved(step)).await?;
        tell(txn, &step.after).await?;
        line.iter_mut().filter(|wait| wait.id == step.after.id).for_each(|wait| *wait = step.after.clone());
    }
    if !steps.is_empty() {
        look_again(txn, cohort, terms, &line).await?;
    }
    let offered = line.iter().filter(|wait| wait.state.takes_a_seat()).count();
    Ok(terms.capacity.saturating_sub(seated).saturating_sub(u32::try_from(offered).unwrap_or(u32::MAX)))
}

/// As much of the line as matters now: all of it when it is over; else one more than there can be offers, so that the first of
/// those who wait is seen, if there is any.
async fn head(txn: &Txn, cohort: CohortId, terms: &SeatTerms) -> Result<Vec<Wait>, DbErr> {
    match terms.waitlist(txn.now()) {
        Phase::Over => store::waitlist::line(txn, cohort).await,
        Phase::Ahead | Phase::Open => store::waitlist::head_of_line(txn, cohort, u64::from(terms.capacity) + 1).await,
    }
}

/// Asks for the waitlist to be looked at when the next of it is due.
async fn look_again(txn: &Txn, cohort: CohortId, terms: &SeatTerms, line: &[Wait]) -> Result<(), DbErr> {
    match next_due(line, terms, txn.now()) {
        Some(at) => jobs::enqueue_at(txn, &TendWaitlist { cohort }, at).await,
        None => Ok(()),
    }
}

/// As [`pass_on`], and asks to be called again at the next due moment: for the job.
pub(super) async fn pass_on_and_look_again(txn: &Txn, cohort: CohortId) -> Result<(), DbErr> {
    let Some(terms) = store::seat_terms_for_update(txn, cohort).await? else { return Ok(()) };
    brought_up_to_date(txn, cohort, &terms).await?;
    let line = head(txn, cohort, &terms).await?;
    look_again(txn, cohort, &terms, &line).await
}

/// The person's wait ended in this seat.
pub(super) async fn accept(txn: &Txn, own: Option<Wait>, enrolment: EnrolmentId) -> Result<(), DbErr> {
    let Some(before) = own else { return Ok(()) };
    let Ok(after) = before.clone().accept(enrolment, txn.now()) else { return Ok(()) };
    store::waitlist::save(txn, &after).await?;
    audit::record(txn, &WaitlistEvent::Accepted(&Step { before, after })).await
}

/// Why somebody is not on a waitlist.
#[derive(Debug, thiserror::Error)]
pub enum JoinRefusal {
    /// Or it is not published.
    #[error("there is no such cohort")]
    NoSuchCohort,
    #[error("enrolment is not open yet")]
    NotOpenYet { opens_at: Timestamp },
    /// Enrolment has closed, or the cohort has started.
    #[error("the waitlist has ended")]
    Over { ended_at: Timestamp },
    #[error("there are seats to be had")]
    SeatsFree,
    #[error("already enrolled in this cohort")]
    AlreadyEnrolled(EnrolmentId),
    #[error("a seat in this cohort is held already")]
    AlreadyHeld(EnrolmentId),
    #[error("already on the waitlist")]
    AlreadyWaiting(WaitId),
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// Puts a person at the end of a full cohort's waitlist, and confirms it by mail.
///
/// # Errors
/// [`JoinRefusal`].
pub async fn join(txn: &Txn, cohort: CohortId, user: UserId) -> Result<Wait, JoinRefusal> {
    // The person before the cohort, as where a seat is held.
    store::lock_user(txn, user).await?;
    let terms = store::seat_terms_for_update(txn, cohort).await?.filter(|terms| terms.published_at.is_some());
    let terms = terms.ok_or(JoinRefusal::NoSuchCohort)?;
    let active = store::active_of_user(txn, user).await?;
    if let Some(known) = active.iter().find(|enrolment| enrolment.cohort == cohort) {
        return Err(match known.state {
            EnrolmentState::Enrolled { .. } => JoinRefusal::AlreadyEnrolled(known.id),
            _ => JoinRefusal::AlreadyHeld(known.id),
        });
    }
    let vacancy = vacancy(txn, cohort, &terms, user).await?;
    if let Some(own) = vacancy.own {
        return Err(JoinRefusal::AlreadyWaiting(own.id));
    }
    match (terms.waitlist(txn.now()), terms.window(txn.now())) {
        (Phase::Over, Window::Open) if vacancy.free > 0 => return Err(JoinRefusal::SeatsFree),
        (Phase::Over, _) => return Err(JoinRefusal::Over { ended_at: terms.waitlist_ends_at() }),
        (Phase::Ahead, _) => return Err(JoinRefusal::NotOpenYet { opens_at: terms.opens_at }),
        (Phase::Open, _) if vacancy.free > 0 => return Err(JoinRefusal::SeatsFree),
        (Phase::Open, _) => {}
    }
    let place = store::waitlist::next_place(txn, cohort).await?;
    let wait = Wait { id: txn.new_id(), cohort, user, place, state: WaitState::Waiting, joined_at: txn.now() };
    store::waitlist::insert(txn, &wait).await?;
    audit::record(txn, &WaitlistEvent::Joined(&wait)).await?;
    tell(txn, &wait).await?;
    look_again(txn, cohort, &terms, std::slice::from_ref(&wait)).await?;
    Ok(wait)
}

/// Why a wait does not end.
#[derive(Debug, thiserror::Error)]
pub enum LeaveRefusal {
    /// Or it is somebody else's.
    #[error("there is no such place on a waitlist")]
    NoSuchWait,
    #[error("the wait is over")]
    NotLive,
    #[error(transparent)]
    Db(#[from] DbErr),
}

impl From<NotLive> for LeaveRefusal {
    fn from(NotLive: NotLive) -> Self {
        Self::NotLive
    }
}

/// Takes a person off a waitlist at their wish; a seat that they were offered is passed on.
///
/// # Errors
/// [`LeaveRefusal`].
pub async fn leave(txn: &Txn, user: UserId, id: WaitId) -> Result<Wait, LeaveRefusal> {
    let before = locked(txn, id).await?;
    if before.user != user {
        return Err(LeaveRefusal::NoSuchWait);
    }
    let step = Step { after: before.clone().leave(txn.now())?, before };
    store::waitlist::save(txn, &step.after).await?;
    audit::record(txn, &WaitlistEvent::Left(&step)).await?;
    pass_on(txn, step.after.cohort).await?;
    Ok(step.after)
}

/// Takes somebody off a waitlist, and tells them. `reason` is kept in the audit log. A seat that they were offered is passed on.
///
/// # Errors
/// [`LeaveRefusal`].
pub async fn remove(txn: &Txn, id: WaitId, reason: &str) -> Result<Wait, LeaveRefusal> {
    let before = locked(txn, id).await?;
    let step = Step { after: before.clone().leave(txn.now())?, before };
    store::waitlist::save(txn, &step.after).await?;
    audit::record(txn, &WaitlistEvent::Removed { step: &step, reason }).await?;
    post(txn, &step.after, "waitlist_closed", None).await?;
    pass_on(txn, step.after.cohort).await?;
    Ok(step.after)
}

/// The wait, with its cohort locked, by whose row every change of a waitlist waits for the one before.
async fn locked(txn: &Txn, id: WaitId) -> Result<Wait, LeaveRefusal> {
    let found = store::waitlist::wait(txn, id).await?.ok_or(LeaveRefusal::NoSuchWait)?;
    store::seat_terms_for_update(txn, found.cohort).await?;
    // Once more, now that nobody else can change it.
    store::waitlist::wait(txn, id).await?.ok_or(LeaveRefusal::NoSuchWait)
}

/// Mails a person where their wait stands now.
async fn tell(txn: &Txn, wait: &Wait) -> Result<(), DbErr> {
    match wait.state {
        WaitState::Waiting => post(txn, wait, "waitlist_joined", None).await,
        WaitState::Offered { until, .. } => post(txn, wait, "waitlist_offer", Some(until)).await,
        WaitState::Lapsed { .. } => post(txn, wait, "waitlist_lapsed", None).await,
        WaitState::Closed { .. } => post(txn, wait, "waitlist_closed", None).await,
        WaitState::Accepted { .. } | WaitState::Left { .. } => Ok(()),
    }
}

async fn post(txn: &Txn, wait: &Wait, kind: &'static str, not_after: Option<Timestamp>) -> Result<(), DbErr> {
    let Some(person) = identity::person(txn, wait.user).await? else { return Ok(()) };
    let letter = Post::transactional(kind, wait.id, (wait.user, person.email), json!({ "wait": wait.id }), txn.now());
    let letter = Post { not_after, ..letter };
    mail::post(txn, letter).await
}
