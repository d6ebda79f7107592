//! One cohort as it is offered: its dates, its price, and whether a seat can be had.

use sea_orm::{DbErr, EntityTrait, QueryFilter};

use super::corrupt;
use crate::db::Conn;
use crate::db::rows::catalogue::{cohorts, courses};
use crate::enrolment::{self, SeatTerms, Window};
use crate::kernel::ids::CohortId;
use crate::kernel::shown::{long_date, short_date};
use crate::kernel::time::Date;
use crate::kernel::{Money, Slug, Timestamp, Zone};

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
}

impl Offer {
    /// The same with no seat left: what a page says to whom was refused for that, whatever has happened since.
    #[must_use]
    pub fn as_full(self) -> Self {
        Self { seats_left: 0, ..self }
    }
}

/// The cohort of this slug, at service time `now`.
///
/// # Errors
/// The database's own.
pub async fn by_slug(conn: &Conn, slug: &Slug, now: Timestamp) -> Result<Option<Offer>, DbErr> {
    let query = cohorts::Entity::find().filter(cohorts::COLUMN.slug.eq(slug.as_str()));
    let Some((cohort, Some(course))) = query.find_also_related(courses::Entity).one(conn).await? else { return Ok(None) };
    let capacity = u32::try_from(cohort.capacity).map_err(|_| corrupt("capacity"))?;
    let terms = SeatTerms {
        capacity,
        price: Money::new(cohort.price_minor, cohort.currency.parse().map_err(|_| corrupt("currency"))?),
        opens_at: cohort.enrol_opens_at.into(),
        closes_at: cohort.enrol_closes_at.into(),
        zone: cohort.zone.parse().map_err(|_| corrupt("zone"))?,
    };
    let taken = enrolment::seats_taken(conn, cohort.id).await?;
    let starts_on = Date::from(cohort.starts_on);
    Ok(Some(Offer {
        id: cohort.id,
        slug: slug.clone(),
        name: cohort.name,
        course: course.title,
        starts_on,
        starts_long: long_date(starts_on),
        starts_short: short_date(starts_on),
        window: terms.window(now),
        zone: terms.zone,
        price: terms.price,
        capacity,
        seats_left: capacity.saturating_sub(taken),
    }))
}

/// The cohort of this id, at service time `now`.
///
/// # Errors
/// The database's own.
pub async fn by_id(conn: &Conn, id: CohortId, now: Timestamp) -> Result<Option<Offer>, DbErr> {
    let Some(cohort) = cohorts::Entity::find_by_id(id).one(conn).await? else { return Ok(None) };
    let slug = cohort.slug.parse().map_err(|_| corrupt("slug"))?;
    by_slug(conn, &slug, now).await
}
