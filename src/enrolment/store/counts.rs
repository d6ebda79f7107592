//! How many seats of cohorts are taken, and how many people wait for one.

use std::collections::BTreeMap;

use sea_orm::sea_query::{Expr, SelectStatement, UnionType};
use sea_orm::{ActiveEnum, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect, QueryTrait, Select};

use super::waitlist::live;
use super::with_a_seat;
use crate::db::rows::enrolment::enrolments::{self, State as Seat};
use crate::db::rows::enrolment::waitlist_entries::{self, State as Wait};
use crate::db::{Conn, corrupt};
use crate::enrolment::model::SeatCount;
use crate::kernel::ids::CohortId;

/// How many seats of a cohort are taken: held, enrolled, or offered to somebody on its waitlist.
///
/// # Errors
/// The database's own.
pub async fn seats_taken(conn: &Conn, cohort: CohortId) -> Result<u32, DbErr> {
    Ok(seats_by_state(conn, &[cohort]).await?.get(&cohort).map_or(0, SeatCount::taken))
}

const COHORT: &str = "cohort";
const STATE: &str = "state";
const MANY: &str = "many";

/// How many seats of each of these cohorts are held, enrolled and offered, and how many people wait, in one statement; a cohort
/// with none of them is absent.
///
/// # Errors
/// The database's own.
pub async fn seats_by_state(conn: &Conn, cohorts: &[CohortId]) -> Result<BTreeMap<CohortId, SeatCount>, DbErr> {
    let mut counts = BTreeMap::<_, SeatCount>::new();
    for row in conn.query_all(&by_state(cohorts)).await? {
        let count = counts.entry(row.try_get::<CohortId>("", COHORT)?).or_default();
        let many = u32::try_from(row.try_get::<i64>("", MANY)?).map_err(|_| corrupt("number of seats"))?;
        let state = row.try_get("", STATE)?;
        // The words of the two tables' states that are counted are all different.
        match (Seat::try_from_value(&state), Wait::try_from_value(&state)) {
            (Ok(Seat::Held), _) => count.held = many,
            (Ok(Seat::Enrolled), _) => count.enrolled = many,
            (_, Ok(Wait::Offered)) => count.offered = many,
            (_, Ok(Wait::Waiting)) => count.waiting = many,
            _ => return Err(corrupt("state of a seat")),
        }
    }
    Ok(counts)
}

fn by_state(cohorts: &[CohortId]) -> SelectStatement {
    use enrolments::Column as S;
    use waitlist_entries::Column as W;
    let cohorts = || cohorts.iter().copied();
    let seats = enrolments::Entity::find().filter(with_a_seat()).filter(S::CohortId.is_in(cohorts()));
    let waits = waitlist_entries::Entity::find().filter(live()).filter(W::CohortId.is_in(cohorts()));
    let mut both = counted(seats, S::CohortId, S::State);
    both.union(UnionType::All, counted(waits, W::CohortId, W::State)).take()
}

/// The rows that it finds, counted by cohort and state: of all columns only those that an index has.
fn counted<E: EntityTrait>(found: Select<E>, cohort: E::Column, state: E::Column) -> SelectStatement {
    let named = found.select_only().column_as(cohort, COHORT).column_as(state, STATE);
    named.expr_as(Expr::cust("COUNT(*)"), MANY).group_by(cohort).group_by(state).into_query()
}
