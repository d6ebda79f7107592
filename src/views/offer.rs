//! One cohort as it is offered: its dates, its price, and whether a seat can be had.

use sea_orm::DbErr;

use crate::catalogue::{self, model::Cohort};
use crate::db::Conn;
use crate::enrolment::{self, Window};
use crate::kernel::ids::CohortId;
use crate::kernel::shown::{long_date, short_date};
use crate::kernel::time::Date;
use crate::kernel::{Money, Slug, Timestamp, Zone};
use crate::organisation::RefundRule;

/// A cohort with its course's title and what is left of its seats.
#[derive(Debug, Clone)]
pub struct Offer {
    pub id: CohortId,
    pub slug: Slug,
    /// The cohort's.
    pub name: String,
    /// The course's title.
    pub course: String,
    /// The civil day that its schedule counts from.
    pub starts_on: Date,
    pub starts_long: String,
    pub starts_short: String,
    pub zone: Zone,
    pub price: Money,
    pub capacity: u32,
    pub seats_left: u32,
    pub window: Window,
    pub refund_rule: RefundRule,
}

impl Offer {
    /// The same with no seat left: what a page says to whom was refused for that, whatever has happened since.
    #[must_use]
    pub fn as_full(self) -> Self {
        Self { seats_left: 0, ..self }
    }
}

/// The published cohort of this slug, at service time `now`; one that is not published is not there.
///
/// # Errors
/// The database's own.
pub async fn by_slug(conn: &Conn, slug: &Slug, now: Timestamp) -> Result<Option<Offer>, DbErr> {
    match catalogue::cohort_by_slug(conn, slug).await?.filter(|cohort| cohort.published_at.is_some()) {
        Some(cohort) => offer(conn, cohort, now).await,
        None => Ok(None),
    }
}

/// The cohort of this id, at service time `now`.
///
/// # Errors
/// The database's own.
pub async fn by_id(conn: &Conn, id: CohortId, now: Timestamp) -> Result<Option<Offer>, DbErr> {
    match catalogue::cohort(conn, id).await? {
        Some(cohort) => offer(conn, cohort, now).await,
        None => Ok(None),
    }
}

async fn offer(conn: &Conn, cohort: Cohort, now: Timestamp) -> Result<Option<Offer>, DbErr> {
    let Some(terms) = enrolment::seat_terms(conn, cohort.id).await? else { return Ok(None) };
    let taken = enrolment::seats_taken(conn, cohort.id).await?;
    Ok(Some(Offer {
        id: cohort.id,
        slug: cohort.slug,
        name: cohort.name,
        course: cohort.course_title,
        starts_on: cohort.starts_on,
        starts_long: long_date(cohort.starts_on),
        starts_short: short_date(cohort.starts_on),
        zone: cohort.zone,
        price: cohort.price,
        capacity: cohort.capacity,
        seats_left: cohort.capacity.saturating_sub(taken),
        window: terms.window(now),
        refund_rule: cohort.refund_rule,
    }))
}
