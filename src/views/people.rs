//! What an admin sees of the staff, and of one person.

use std::collections::{HashMap, HashSet};

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};

use crate::catalogue;
use crate::db::Conn;
use crate::db::columns::UtcTime;
use crate::db::rows::identity::{second_factors, sessions};
use crate::enrolment::{self, Enrolment};
use crate::identity::{self, Account, FactorFacts, Role, SessionRow};
use crate::kernel::Timestamp;
use crate::kernel::ids::UserId;

/// One of the staff.
#[derive(Debug, Clone)]
pub struct StaffRow {
    pub account: Account,
    pub has_factor: bool,
    /// Machine time; `None` for who has not been here for a month, or never.
    pub last_seen: Option<Timestamp>,
}

/// The staff, by name.
///
/// # Errors
/// The database's own.
pub async fn staff(conn: &Conn) -> Result<Vec<StaffRow>, DbErr> {
    let accounts = identity::staff(conn).await?;
    let ids: Vec<UserId> = accounts.iter().map(|account| account.person.id).collect();
    let factors = second_factors::Entity::find().filter(second_factors::Column::UserId.is_in(ids.clone())).all(conn).await?;
    let factors: HashSet<UserId> = factors.into_iter().map(|factor| factor.user_id).collect();
    let seen: Vec<(UserId, UtcTime)> = sessions::Entity::find()
        .select_only()
        .column(sessions::Column::UserId)
        .column_as(sessions::Column::LastSeenAt.max(), "seen")
        .filter(sessions::Column::UserId.is_in(ids))
        .group_by(sessions::Column::UserId)
        .into_tuple()
        .all(conn)
        .await?;
    let seen: HashMap<UserId, UtcTime> = seen.into_iter().collect();
    let row = |account: Account| StaffRow {
        has_factor: factors.contains(&account.person.id),
        last_seen: seen.get(&account.person.id).map(|at| (*at).into()),
        account,
    };
    Ok(accounts.into_iter().map(row).collect())
}

/// A person's seat, with its cohort's name and page.
#[derive(Debug, Clone)]
pub struct SeatRow {
    pub enrolment: Enrolment,
    pub cohort: String,
    pub slug: String,
}

/// One person.
#[derive(Debug, Clone)]
pub struct PersonSheet {
    pub account: Account,
    pub factor: Option<FactorFacts>,
    pub sessions: Vec<SessionRow>,
    /// Those that they hold or have.
    pub seats: Vec<SeatRow>,
    /// The cohorts that they teach, by name.
    pub teaches: Vec<String>,
}

/// One person, at machine time `now`.
///
/// # Errors
/// The database's own.
pub async fn person(conn: &Conn, id: UserId, now: Timestamp) -> Result<Option<PersonSheet>, DbErr> {
    let Some(account) = identity::account(conn, id).await? else { return Ok(None) };
    let mut seats = Vec::new();
    for enrolment in enrolment::active_of_user(conn, id).await? {
        if let Some(cohort) = catalogue::cohort(conn, enrolment.cohort).await? {
            seats.push(SeatRow { enrolment, cohort: cohort.name, slug: cohort.slug.as_str().to_owned() });
        }
    }
    let teaches = match account.person.role {
        Role::Student => Vec::new(),
        _ => catalogue::cohorts_of_instructor(conn, id).await?.into_iter().map(|cohort| cohort.name).collect(),
    };
    Ok(Some(PersonSheet {
        factor: identity::factor(conn, id).await?,
        sessions: identity::sessions_of(conn, id, account.person.role, now).await?,
        seats,
        teaches,
        account,
    }))
}
