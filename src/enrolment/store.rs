//! Queries of seats.

pub(super) mod counts;
pub(super) mod waitlist;

use sea_orm::sea_query::LockType;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Set,
};

use super::model::{Enrolment, EnrolmentState, SeatTerms};
use crate::catalogue;
use crate::db::rows::enrolment::enrolments::{self, Funding, State};
use crate::db::rows::identity::users;
use crate::db::{Conn, Txn, corrupt};
use crate::kernel::Timestamp;
use crate::kernel::ids::{CohortId, EnrolmentId, UserId};
use crate::search::{self, Scope};

/// The domain's type of a row.
pub(crate) fn to_enrolment(row: enrolments::Model) -> Result<Enrolment, DbErr> {
    let time = |at: Option<crate::db::columns::UtcTime>, what| at.map(Timestamp::from).ok_or_else(|| corrupt(what));
    let state = match row.state {
        State::Held => EnrolmentState::Held { until: time(row.hold_until, "end of a hold")?, extensions: row.extensions },
        State::Enrolled => EnrolmentState::Enrolled { at: time(row.enrolled_at, "moment of enrolment")? },
        State::Lapsed => EnrolmentState::Lapsed { at: time(row.ended_at, "end of an enrolment")? },
        State::Cancelled => EnrolmentState::Cancelled { at: time(row.ended_at, "end of an enrolment")? },
    };
    Ok(Enrolment {
        id: row.id,
        cohort: row.cohort_id,
        user: row.user_id,
        certificate_name: row.certificate_name.parse().map_err(|_| corrupt("name"))?,
        state,
        created_at: row.created_at.into(),
    })
}

/// Writes what can change: everything but whose and where it is.
fn changed(enrolment: &Enrolment) -> enrolments::ActiveModel {
    let mut row = enrolments::ActiveModel { id: Set(enrolment.id), ..Default::default() };
    match enrolment.state {
        EnrolmentState::Held { until, extensions } => {
            row.state = Set(State::Held);
            row.hold_until = Set(Some(until.into()));
            row.extensions = Set(extensions);
            row.ended_at = Set(None);
        }
        EnrolmentState::Enrolled { at } => {
            row.state = Set(State::Enrolled);
            row.hold_until = Set(None);
            row.enrolled_at = Set(Some(at.into()));
            row.ended_at = Set(None);
        }
        EnrolmentState::Lapsed { at } => {
            row.state = Set(State::Lapsed);
            row.hold_until = Set(None);
            row.ended_at = Set(Some(at.into()));
        }
        EnrolmentState::Cancelled { at } => {
            row.state = Set(State::Cancelled);
            row.hold_until = Set(None);
            row.ended_at = Set(Some(at.into()));
        }
    }
    row
}

pub(super) async fn insert(txn: &Txn, enrolment: &Enrolment) -> Result<(), DbErr> {
    let extensions = match enrolment.state {
        EnrolmentState::Held { extensions, .. } => extensions,
        _ => 0,
    };
    let row = enrolments::ActiveModel {
        extensions: Set(extensions),
        cohort_id: Set(enrolment.cohort),
        user_id: Set(enrolment.user),
        certificate_name: Set(enrolment.certificate_name.as_str().to_owned()),
        created_at: Set(enrolment.created_at.into()),
        // A seat that begins as enrolled was held for no payment.
        funding: Set(match enrolment.state {
            EnrolmentState::Enrolled { .. } => Funding::Free,
            _ => Funding::Unpaid,
        }),
        required_read: Set(0),
        counted_at: Set(0),
        ..changed(enrolment)
    };
    enrolments::Entity::insert(row).exec_without_returning(&**txn).await?;
    search::add(txn, Scope::Enrolments, enrolment.id.0, &[enrolment.certificate_name.as_str()]).await?;
    search::follow(txn, (Scope::Enrolments, enrolment.id.0), (Scope::People, enrolment.user.0)).await
}

pub(super) async fn save(txn: &Txn, enrolment: &Enrolment) -> Result<(), DbErr> {
    changed(enrolment).update(&**txn).await?;
    Ok(())
}

pub(super) async fn save_name(txn: &Txn, enrolment: &Enrolment) -> Result<(), DbErr> {
    let name = Set(enrolment.certificate_name.as_str().to_owned());
    let row = enrolments::ActiveModel { id: Set(enrolment.id), certificate_name: name, ..Default::default() };
    row.update(&**txn).await?;
    // The former name still finds it.
    search::add(txn, Scope::Enrolments, enrolment.id.0, &[enrolment.certificate_name.as_str()]).await
}

/// Writes what a seat was given for.
pub(super) async fn set_funding(txn: &Txn, id: EnrolmentId, funding: Funding) -> Result<(), DbErr> {
    let row = enrolments::ActiveModel { funding: Set(funding), ..Default::default() };
    enrolments::Entity::update_many().set(row).filter(enrolments::COLUMN.id.eq(id)).exec(&**txn).await?;
    Ok(())
}

/// The enrolment.
///
/// # Errors
/// The database's own.
pub async fn enrolment(conn: &Conn, id: EnrolmentId) -> Result<Option<Enrolment>, DbErr> {
    enrolments::Entity::find_by_id(id).one(conn).await?.map(to_enrolment).transpose()
}

/// The enrolment, locked: whoever changes it waits for whoever did before.
pub(super) async fn enrolment_for_update(txn: &Txn, id: EnrolmentId) -> Result<Option<Enrolment>, DbErr> {
    let row = enrolments::Entity::find_by_id(id).lock(LockType::NoKeyUpdate).one(&**txn).await?;
    row.map(to_enrolment).transpose()
}

/// The enrolment, if it is this person's.
///
/// # Errors
/// The database's own.
pub async fn of_user(conn: &Conn, user: UserId, id: EnrolmentId) -> Result<Option<Enrolment>, DbErr> {
    let row = enrolments::Entity::find_by_id(id).filter(enrolments::COLUMN.user_id.eq(user)).one(conn).await?;
    row.map(to_enrolment).transpose()
}

fn with_a_seat() -> Condition {
    Condition::all().add(enrolments::Column::State.is_in([State::Held, State::Enrolled]))
}

async fn list(conn: &Conn, which: Condition) -> Result<Vec<Enrolment>, DbErr> {
    let rows = enrolments::Entity::find().filter(which).order_by_asc(enrolments::Column::Id).all(conn).await?;
    rows.into_iter().map(to_enrolment).collect()
}

/// The seats that a person holds or has, oldest first.
///
/// # Errors
/// The database's own.
pub async fn active_of_user(conn: &Conn, user: UserId) -> Result<Vec<Enrolment>, DbErr> {
    list(conn, with_a_seat().add(enrolments::COLUMN.user_id.eq(user))).await
}

/// Every enrolment of a cohort, of whatever state, oldest first.
///
/// # Errors
/// The database's own.
pub async fn of_cohort(conn: &Conn, cohort: CohortId) -> Result<Vec<Enrolment>, DbErr> {
    list(conn, Condition::all().add(enrolments::COLUMN.cohort_id.eq(cohort))).await
}

/// The held seats whose hold ended before `limit` (service time).
///
/// # Errors
/// The database's own.
pub async fn holds_over(conn: &Conn, limit: Timestamp) -> Result<Vec<EnrolmentId>, DbErr> {
    let rows = enrolments::Entity::find()
        .filter(enrolments::Column::State.eq(State::Held))
        .filter(enrolments::COLUMN.hold_until.lt(crate::db::columns::UtcTime::from(limit)))
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// The seats whose hold ends before `limit` (service time), the next to end first, at most `most`.
///
/// # Errors
/// The database's own.
pub async fn holds_ending(conn: &Conn, limit: Timestamp, most: u64) -> Result<Vec<Enrolment>, DbErr> {
    let rows = enrolments::Entity::find()
        .filter(enrolments::Column::State.eq(State::Held))
        .filter(enrolments::COLUMN.hold_until.lt(crate::db::columns::UtcTime::from(limit)))
        .order_by_asc(enrolments::Column::HoldUntil)
        .limit(most)
        .all(conn)
        .await?;
    rows.into_iter().map(to_enrolment).collect()
}

/// How many seats of a cohort are held or enrolled.
pub(super) async fn seated(conn: &Conn, cohort: CohortId) -> Result<u32, DbErr> {
    let count =
        enrolments::Entity::find().filter(with_a_seat()).filter(enrolments::COLUMN.cohort_id.eq(cohort)).count(conn).await?;
    u32::try_from(count).map_err(|_| corrupt("number of seats"))
}

/// Whether somebody holds a seat of a cohort, or had one of their own, whatever became of it: what it promised stands.
///
/// # Errors
/// The database's own.
pub async fn was_promised(conn: &Conn, cohort: CohortId) -> Result<bool, DbErr> {
    let sold = enrolments::Column::State.is_in([State::Held, State::Enrolled, State::Cancelled]);
    let sold = Condition::any().add(sold).add(enrolments::Column::EnrolledAt.is_not_null());
    let rows = enrolments::Entity::find().filter(enrolments::COLUMN.cohort_id.eq(cohort)).filter(sold);
    Ok(rows.count(conn).await? > 0)
}

/// Capacity and window of a cohort.
///
/// # Errors
/// The database's own.
pub async fn seat_terms(conn: &Conn, cohort: CohortId) -> Result<Option<SeatTerms>, DbErr> {
    Ok(catalogue::cohort(conn, cohort).await?.map(|cohort| SeatTerms::of(&cohort)))
}

/// The same with the cohort's row locked: whoever counts its seats waits for whoever counted before.
pub(super) async fn seat_terms_for_update(txn: &Txn, cohort: CohortId) -> Result<Option<SeatTerms>, DbErr> {
    Ok(catalogue::cohort_for_update(txn, cohort).await?.map(|cohort| SeatTerms::of(&cohort)))
}

/// Locks a person's row, so that their holds over all cohorts are counted one at a time.
pub(super) async fn lock_user(txn: &Txn, user: UserId) -> Result<(), DbErr> {
    users::Entity::find_by_id(user).lock(LockType::NoKeyUpdate).one(&**txn).await?;
    Ok(())
}
