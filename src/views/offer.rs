//! One cohort as it is offered: its dates, its price, and whether a seat can be had.

use sea_orm::DbErr;

use super::price::{PriceTag, price_tags};
use crate::catalogue::{self, model::Cohort};
use crate::db::Conn;
use crate::enrolment::{self, Phase, SeatTerms, WaitState, Window};
use crate::kernel::ids::{CohortId, UserId};
use crate::kernel::shown::{long_date, short_date};
use crate::kernel::time::Date;
use crate::kernel::{Slug, Timestamp, Zone};
use crate::organisation::{self, RefundRule};
use crate::pricing::Seller;

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
    /// What a seat costs now; times are in `zone`.
    pub tags: Vec<PriceTag>,
    pub capacity: u32,
    pub seats_left: u32,
    pub window: Window,
    /// How many wait for a seat.
    pub waiting: u32,
    pub waitlist: Phase,
    /// Until when a seat is kept for its reader, who was on the waitlist.
    pub kept_until: Option<Timestamp>,
    pub refund_rule: RefundRule,
}

impl Offer {
    /// The same with no seat left: what a page says to whom was refused for that, whatever has happened since.
    #[must_use]
    pub fn as_full(self) -> Self {
        Self { seats_left: 0, ..self }
    }

    /// Whether somebody who finds no seat can join the waitlist.
    pub fn may_join(&self) -> bool {
        self.waitlist == Phase::Open && self.seats_left == 0
    }

    /// The same as this person has it at service time `now`: with the seat that is kept for them, if one is.
    ///
    /// # Errors
    /// The database's own.
    pub async fn seen_by(self, conn: &Conn, person: UserId, now: Timestamp) -> Result<Self, DbErr> {
        let own = enrolment::wait_for(conn, person, self.id).await?.filter(|wait| wait.has_an_offer(now));
        let kept_until = own.and_then(|wait| match wait.state {
            WaitState::Offered { until, .. } => Some(until),
            _ => None,
        });
        Ok(Self { kept_until, ..self })
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
    let terms = SeatTerms::of(&cohort);
    let seats = enrolment::seats_by_state(conn, &[cohort.id]).await?.remove(&cohort.id).unwrap_or_default();
    let seller = Seller::from(&organisation::current(conn).await?.tax);
    Ok(Some(Offer {
        id: cohort.id,
        slug: cohort.slug,
        name: cohort.name,
        course: cohort.course_title,
        starts_on: cohort.starts_on,
        starts_long: long_date(cohort.starts_on),
        starts_short: short_date(cohort.starts_on),
        tags: price_tags(&cohort.prices, &seller, now, &cohort.zone),
        zone: cohort.zone,
        capacity: cohort.capacity,
        seats_left: cohort.capacity.saturating_sub(seats.taken()),
        window: terms.window(now),
        waiting: seats.waiting,
        waitlist: terms.waitlist(now),
        kept_until: None,
        refund_rule: cohort.refund_rule,
    }))
}
