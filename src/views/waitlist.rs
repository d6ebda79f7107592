//! Waitlists, with the names that go with them.

use std::collections::BTreeMap;

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};

use crate::catalogue::{self, model::Cohort};
use crate::db::Conn;
use crate::db::rows::identity::users;
use crate::enrolment::{self, SeatTerms, Wait, WaitState};
use crate::kernel::ids::{CohortId, UserId};

/// A person's wait, with its cohort.
#[derive(Debug, Clone)]
pub struct PersonsWait {
    pub wait: Wait,
    pub cohort: Cohort,
    pub terms: SeatTerms,
    /// 1 is the next; none for who is not waiting.
    pub position: Option<u32>,
}

/// A wait with what its page shows.
///
/// # Errors
/// The database's own.
pub async fn shown(conn: &Conn, wait: Wait) -> Result<Option<PersonsWait>, DbErr> {
    let Some(cohort) = catalogue::cohort(conn, wait.cohort).await? else { return Ok(None) };
    let terms = SeatTerms::of(&cohort);
    let position = enrolment::position(conn, &wait).await?;
    Ok(Some(PersonsWait { wait, cohort, terms, position }))
}

/// The live waits of a person, oldest first.
///
/// # Errors
/// The database's own.
pub async fn of_person(conn: &Conn, person: UserId) -> Result<Vec<PersonsWait>, DbErr> {
    let mut found = Vec::new();
    for wait in enrolment::waits_of_user(conn, person).await? {
        found.extend(shown(conn, wait).await?);
    }
    Ok(found)
}

/// Somebody on a cohort's waitlist.
#[derive(Debug, Clone)]
pub struct Waiter {
    pub wait: Wait,
    pub name: String,
    pub email: String,
    /// 1 is the next; none for who has an offer.
    pub position: Option<u32>,
}

/// Who is on a cohort's waitlist: those with an offer, then those who wait, in their order.
///
/// # Errors
/// The database's own.
pub async fn of_cohort(conn: &Conn, cohort: CohortId) -> Result<Vec<Waiter>, DbErr> {
    let line = enrolment::line(conn, cohort).await?;
    let ids: Vec<UserId> = line.iter().map(|wait| wait.user).collect();
    let found = users::Entity::find().filter(users::Column::Id.is_in(ids)).all(conn).await?;
    let people: BTreeMap<UserId, users::Model> = found.into_iter().map(|user| (user.id, user)).collect();
    let mut next = 0;
    let waiter = |wait: Wait| {
        let person = people.get(&wait.user)?;
        next += u32::from(wait.state == WaitState::Waiting);
        let position = (wait.state == WaitState::Waiting).then_some(next);
        Some(Waiter { name: person.name.clone(), email: person.email.clone(), position, wait })
    };
    Ok(line.into_iter().filter_map(waiter).collect())
}
