//! Queries of waitlists.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Set,
};

use crate::db::columns::UtcTime;
use crate::db::rows::enrolment::waitlist_entries::{self as row, State};
use crate::db::rows::identity::users;
use crate::db::{Conn, Txn, corrupt};
use crate::enrolment::model::waitlist::{Wait, WaitState};
use crate::kernel::Timestamp;
use crate::kernel::ids::{CohortId, UserId, WaitId};

/// The domain's type of a row.
fn to_wait(row: row::Model) -> Result<Wait, DbErr> {
    let time = |at: Option<UtcTime>, what| at.map(Timestamp::from).ok_or_else(|| corrupt(what));
    let ended = time(row.ended_at, "end of a wait");
    let state = match row.state {
        State::Waiting => WaitState::Waiting,
        State::Offered => WaitState::Offered {
            at: time(row.offered_at, "moment of an offer")?,
            until: time(row.offer_until, "end of an offer")?,
        },
        State::Accepted => {
            WaitState::Accepted { enrolment: row.enrolment_id.ok_or_else(|| corrupt("accepted offer"))?, at: ended? }
        }
        State::Lapsed => WaitState::Lapsed { at: ended? },
        State::Left => WaitState::Left { at: ended? },
        State::Closed => WaitState::Closed { at: ended? },
    };
    Ok(Wait { id: row.id, cohort: row.cohort_id, user: row.user_id, place: row.place, state, joined_at: row.joined_at.into() })
}

/// Writes what can change. When an offer was made, and until when it was good, is kept after its end.
fn changed(wait: &Wait) -> row::ActiveModel {
    let row = row::ActiveModel { id: Set(wait.id), ..Default::default() };
    let ended = |state, at: Timestamp| row::ActiveModel { state: Set(state), ended_at: Set(Some(at.into())), ..row.clone() };
    match wait.state {
        WaitState::Waiting => row::ActiveModel { state: Set(State::Waiting), ..row },
        WaitState::Offered { at, until } => row::ActiveModel {
            state: Set(State::Offered),
            offered_at: Set(Some(at.into())),
            offer_until: Set(Some(until.into())),
            ..row
        },
        WaitState::Accepted { enrolment, at } => {
            row::ActiveModel { enrolment_id: Set(Some(enrolment)), ..ended(State::Accepted, at) }
        }
        WaitState::Lapsed { at } => ended(State::Lapsed, at),
        WaitState::Left { at } => ended(State::Left, at),
        WaitState::Closed { at } => ended(State::Closed, at),
    }
}

pub(in crate::enrolment) async fn insert(txn: &Txn, wait: &Wait) -> Result<(), DbErr> {
    let row = row::ActiveModel {
        cohort_id: Set(wait.cohort),
        user_id: Set(wait.user),
        place: Set(wait.place),
        joined_at: Set(wait.joined_at.into()),
        ..changed(wait)
    };
    row::Entity::insert(row).exec_without_returning(&**txn).await.map(drop)
}

pub(in crate::enrolment) async fn save(txn: &Txn, wait: &Wait) -> Result<(), DbErr> {
    changed(wait).update(&**txn).await.map(drop)
}

/// The place after the last of a cohort's waitlist, which the caller has locked with the cohort.
pub(in crate::enrolment) async fn next_place(txn: &Txn, cohort: CohortId) -> Result<i32, DbErr> {
    let last = row::Entity::find()
        .select_only()
        .column(row::Column::Place)
        .filter(row::COLUMN.cohort_id.eq(cohort))
        .order_by_desc(row::Column::Place)
        .into_tuple::<i32>()
        .one(&**txn)
        .await?;
    Ok(last.unwrap_or(0) + 1)
}

pub(super) fn live() -> Condition {
    Condition::all().add(row::Column::State.is_in([State::Waiting, State::Offered]))
}

/// The live waits of a cohort in the order of their places. Offers come before those who wait.
///
/// # Errors
/// The database's own.
pub async fn line(conn: &Conn, cohort: CohortId) -> Result<Vec<Wait>, DbErr> {
    let find = row::Entity::find().filter(live()).filter(row::COLUMN.cohort_id.eq(cohort)).order_by_asc(row::Column::Place);
    find.all(conn).await?.into_iter().map(to_wait).collect()
}

/// The first `most` of [`line`] without those who wait and cannot sign in now: they keep their place, and are offered nothing.
pub(in crate::enrolment) async fn head_of_line(conn: &Conn, cohort: CohortId, most: u64) -> Result<Vec<Wait>, DbErr> {
    let can_act = Condition::any().add(row::Column::State.eq(State::Offered)).add(users::Column::DisabledAt.is_null());
    let find = row::Entity::find()
        .inner_join(users::Entity)
        .filter(live().add(can_act))
        .filter(row::COLUMN.cohort_id.eq(cohort))
        // All offers, wherever they stand in line: each takes a seat.
        .order_by_asc(row::Column::State)
        .order_by_asc(row::Column::Place)
        .limit(most);
    find.all(conn).await?.into_iter().map(to_wait).collect()
}

/// The wait.
///
/// # Errors
/// The database's own.
pub async fn wait(conn: &Conn, id: WaitId) -> Result<Option<Wait>, DbErr> {
    row::Entity::find_by_id(id).one(conn).await?.map(to_wait).transpose()
}

/// The live wait of a person for a cohort.
///
/// # Errors
/// The database's own.
pub async fn wait_for(conn: &Conn, user: UserId, cohort: CohortId) -> Result<Option<Wait>, DbErr> {
    let find = row::Entity::find().filter(live()).filter(row::COLUMN.cohort_id.eq(cohort));
    find.filter(row::COLUMN.user_id.eq(user)).one(conn).await?.map(to_wait).transpose()
}

/// The live waits of a person, oldest first.
///
/// # Errors
/// The database's own.
pub async fn waits_of_user(conn: &Conn, user: UserId) -> Result<Vec<Wait>, DbErr> {
    let find = row::Entity::find().filter(live()).filter(row::COLUMN.user_id.eq(user)).order_by_asc(row::Column::Id);
    find.all(conn).await?.into_iter().map(to_wait).collect()
}

/// How many are offered a seat of a cohort before this one, if it is waiting: 1 is the next. `None` for who is not waiting.
///
/// # Errors
/// The database's own.
pub async fn position(conn: &Conn, wait: &Wait) -> Result<Option<u32>, DbErr> {
    if wait.state != WaitState::Waiting {
        return Ok(None);
    }
    let before = row::Entity::find()
        .filter(row::Column::State.eq(State::Waiting))
        .filter(row::COLUMN.cohort_id.eq(wait.cohort))
        .filter(row::Column::Place.lt(wait.place))
        .count(conn)
        .await?;
    u32::try_from(before + 1).map(Some).map_err(|_| corrupt("length of a waitlist"))
}

/// The cohorts for which somebody waits or has an offer.
///
/// # Errors
/// The database's own.
pub(in crate::enrolment) async fn awaited(conn: &Conn) -> Result<Vec<CohortId>, DbErr> {
    let find = row::Entity::find().select_only().column(row::Column::CohortId).distinct().filter(live());
    find.into_tuple().all(conn).await
}
