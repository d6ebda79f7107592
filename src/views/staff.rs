//! What staff see of cohorts.

use sea_orm::DbErr;

use crate::catalogue::{self, model::Cohort};
use crate::db::Conn;
use crate::enrolment::{self, Phase, SeatCount, SeatTerms, Window};
use crate::identity::{Person, Role};
use crate::kernel::Timestamp;
use crate::kernel::ids::CohortId;

/// A cohort with the count of its seats.
#[derive(Debug, Clone)]
pub struct CohortRow {
    pub cohort: Cohort,
    pub course: String,
    pub weeks: u32,
    pub taken: u32,
    /// Of those taken.
    pub held: u32,
    /// Of those taken: to people on the waitlist, who have not answered yet.
    pub offered: u32,
    /// Who waits for a seat.
    pub waiting: u32,
    pub waitlist: Phase,
    pub window: Window,
}

impl CohortRow {
    /// Which week it is in at `now`: `None` before it starts, and more than `weeks` after its last.
    pub fn week(&self, now: Timestamp) -> Option<u32> {
        let today = self.cohort.zone.civil(now).date();
        let days = today.duration_since(self.cohort.starts_on).as_hours() / 24;
        u32::try_from(days).ok().map(|days| days / 7 + 1)
    }
}

/// The cohorts that this person sees: all for an admin, for others those that they teach.
///
/// # Errors
/// The database's own.
pub async fn cohorts(conn: &Conn, person: &Person, now: Timestamp) -> Result<Vec<CohortRow>, DbErr> {
    let cohorts = match person.role {
        Role::Admin => catalogue::all_cohorts(conn).await?,
        _ => catalogue::cohorts_of_instructor(conn, person.id).await?,
    };
    let ids: Vec<CohortId> = cohorts.iter().map(|cohort| cohort.id).collect();
    let seats = enrolment::seats_by_state(conn, &ids).await?;
    let weeks = catalogue::weeks_of(conn, &ids).await?;
    let of = |cohort: Cohort| {
        let (seats, weeks) = (seats.get(&cohort.id).copied(), weeks.get(&cohort.id).copied());
        row(cohort, seats.unwrap_or_default(), weeks.unwrap_or_default(), now)
    };
    Ok(cohorts.into_iter().map(of).collect())
}

/// One cohort with the count of its seats.
///
/// # Errors
/// The database's own.
pub async fn cohort(conn: &Conn, cohort: Cohort, now: Timestamp) -> Result<CohortRow, DbErr> {
    let seats = enrolment::seats_by_state(conn, &[cohort.id]).await?.remove(&cohort.id).unwrap_or_default();
    let weeks = catalogue::weeks_of(conn, &[cohort.id]).await?.remove(&cohort.id).unwrap_or_default();
    Ok(row(cohort, seats, weeks, now))
}

/// Whether this person may see a cohort: an admin any, an instructor those that they teach.
///
/// # Errors
/// The database's own.
pub async fn sees(conn: &Conn, person: &Person, cohort: CohortId) -> Result<bool, DbErr> {
    Ok(person.role == Role::Admin || catalogue::instructors(conn, cohort).await?.contains(&person.id))
}

pub(super) fn row(cohort: Cohort, seats: SeatCount, weeks: u32, now: Timestamp) -> CohortRow {
    let terms = SeatTerms::of(&cohort);
    CohortRow {
        course: cohort.course_title.clone(),
        weeks,
        taken: seats.taken(),
        held: seats.held,
        offered: seats.offered,
        waiting: seats.waiting,
        waitlist: terms.waitlist(now),
        window: terms.window(now),
        cohort,
    }
}
