//! What staff see of cohorts and of the money that needs them.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};

use crate::catalogue::{self, model::Cohort};
use crate::db::Conn;
use crate::db::columns::UtcTime;
use crate::db::rows::identity::{sessions, users};
use crate::db::rows::learning::progress;
use crate::db::rows::payment::order_lines;
use crate::enrolment::{self, Enrolment, EnrolmentState, Window};
use crate::identity::{Person, Role};
use crate::kernel::ids::{EnrolmentId, OrderId, UserId};
use crate::kernel::{Money, Slug, Timestamp};
use crate::payment::{self, Exception, Order};

/// A cohort with the count of its seats.
#[derive(Debug, Clone)]
pub struct CohortRow {
    pub cohort: Cohort,
    pub course: String,
    pub weeks: u32,
    pub taken: u32,
    /// Of those taken.
    pub held: u32,
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
    let mut rows = Vec::with_capacity(cohorts.len());
    for cohort in cohorts {
        let enrolments = enrolment::of_cohort(conn, cohort.id).await?;
        rows.extend(row(conn, cohort, &enrolments, now).await?);
    }
    Ok(rows)
}

async fn row(conn: &Conn, cohort: Cohort, enrolments: &[Enrolment], now: Timestamp) -> Result<Option<CohortRow>, DbErr> {
    let Some(terms) = enrolment::seat_terms(conn, cohort.id).await? else { return Ok(None) };
    let weeks = catalogue::cohort_modules(conn, cohort.id).await?.len();
    let count = |counts: fn(&EnrolmentState) -> bool| {
        let number = enrolments.iter().filter(|enrolment| counts(&enrolment.state)).count();
        u32::try_from(number).unwrap_or(u32::MAX)
    };
    Ok(Some(CohortRow {
        course: cohort.course_title.clone(),
        weeks: u32::try_from(weeks).unwrap_or(u32::MAX),
        taken: count(EnrolmentState::takes_a_seat),
        held: count(|state| matches!(state, EnrolmentState::Held { .. })),
        window: terms.window(now),
        cohort,
    }))
}

/// One student on a roster.
#[derive(Debug, Clone)]
pub struct RosterRow {
    pub enrolment: Enrolment,
    pub name: String,
    pub email: String,
    /// How many readings are marked as read.
    pub read: u64,
    pub last_seen: Option<Timestamp>,
    /// The newest that pays for the enrolment.
    pub order: Option<OrderId>,
}

/// A cohort's students.
#[derive(Debug, Clone)]
pub struct Roster {
    pub cohort: CohortRow,
    /// How many readings there are to mark.
    pub readings: usize,
    pub rows: Vec<RosterRow>,
}

/// The roster of a cohort that this person may see; another is not found.
///
/// # Errors
/// The database's own.
pub async fn roster(conn: &Conn, person: &Person, slug: &Slug, now: Timestamp) -> Result<Option<Roster>, DbErr> {
    let Some(cohort) = catalogue::cohort_by_slug(conn, slug).await? else { return Ok(None) };
    let sees = person.role == Role::Admin || catalogue::instructors(conn, cohort.id).await?.contains(&person.id);
    if !sees {
        return Ok(None);
    }
    let enrolments = enrolment::of_cohort(conn, cohort.id).await?;
    let modules = catalogue::cohort_modules(conn, cohort.id).await?;
    let Some(cohort) = row(conn, cohort, &enrolments, now).await? else { return Ok(None) };
    let rows = roster_rows(conn, enrolments).await?;
    Ok(Some(Roster { cohort, readings: modules.iter().map(|module| module.readings.len()).sum(), rows }))
}

async fn roster_rows(conn: &Conn, enrolments: Vec<Enrolment>) -> Result<Vec<RosterRow>, DbErr> {
    let (ids, people): (Vec<EnrolmentId>, Vec<UserId>) =
        enrolments.iter().map(|enrolment| (enrolment.id, enrolment.user)).unzip();
    let users = users::Entity::find().filter(users::Column::Id.is_in(people.clone())).all(conn).await?;
    let users: HashMap<UserId, users::Model> = users.into_iter().map(|user| (user.id, user)).collect();
    let read: Vec<(EnrolmentId, i64)> = progress::Entity::find()
        .select_only()
        .column(progress::Column::EnrolmentId)
        .column_as(progress::Column::ReadingId.count(), "read")
        .filter(progress::Column::EnrolmentId.is_in(ids.clone()))
        .group_by(progress::Column::EnrolmentId)
        .into_tuple()
        .all(conn)
        .await?;
    let read: HashMap<EnrolmentId, i64> = read.into_iter().collect();
    let seen: Vec<(UserId, UtcTime)> = sessions::Entity::find()
        .select_only()
        .column(sessions::Column::UserId)
        .column_as(sessions::Column::LastSeenAt.max(), "seen")
        .filter(sessions::Column::UserId.is_in(people))
        .group_by(sessions::Column::UserId)
        .into_tuple()
        .all(conn)
        .await?;
    let seen: HashMap<UserId, UtcTime> = seen.into_iter().collect();
    let lines = order_lines::Entity::find().filter(order_lines::Column::EnrolmentId.is_in(ids)).all(conn).await?;
    let mut orders: HashMap<EnrolmentId, OrderId> = HashMap::new();
    for line in lines {
        if let Some(enrolment) = line.enrolment_id {
            let newest = orders.entry(enrolment).or_insert(line.order_id);
            *newest = line.order_id.max(*newest);
        }
    }
    let row = |enrolment: Enrolment| {
        let user = users.get(&enrolment.user);
        RosterRow {
            name: user.map(|user| user.name.clone()).unwrap_or_default(),
            email: user.map(|user| user.email.clone()).unwrap_or_default(),
            read: read.get(&enrolment.id).and_then(|count| u64::try_from(*count).ok()).unwrap_or_default(),
            last_seen: seen.get(&enrolment.user).map(|at| (*at).into()),
            order: orders.get(&enrolment.id).copied(),
            enrolment,
        }
    };
    Ok(enrolments.into_iter().map(row).collect())
}

/// Money that waits for an admin, with the order it is about.
#[derive(Debug, Clone)]
pub struct QueueRow {
    pub exception: Exception,
    pub order: Option<Order>,
    /// What came, where the gateway said so in a currency of ours.
    pub received: Option<Money>,
}

/// What waits, oldest first.
///
/// # Errors
/// The database's own.
pub async fn queue(conn: &Conn) -> Result<Vec<QueueRow>, DbErr> {
    let mut rows = Vec::new();
    for exception in payment::queue(conn).await? {
        let order = match exception.order {
            Some(id) => payment::order(conn, id).await?,
            None => None,
        };
        let received = exception.detail.get("amount").and_then(|amount| serde_json::from_value(amount.clone()).ok());
        rows.push(QueueRow { exception, order, received });
    }
    Ok(rows)
}
