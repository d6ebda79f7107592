//! Queries of a student's places and progress.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set};

use super::model::Reflection;
use crate::catalogue::model::Cohort;
use crate::catalogue::to_cohort;
use crate::db::rows::catalogue::cohorts;
use crate::db::rows::enrolment::enrolments::{self, State};
use crate::db::rows::learning::progress;
use crate::db::{Conn, Txn};
use crate::enrolment::{Enrolment, EnrolmentState};
use crate::kernel::ids::{EnrolmentId, ModuleId, ReadingId, UserId};

/// A student's enrolments (not holds, nor what has ended) with their cohorts, in one statement: the one asked for, or all.
pub(super) async fn enrolled(conn: &Conn, user: UserId, which: Option<EnrolmentId>) -> Result<Vec<(Enrolment, Cohort)>, DbErr> {
    let theirs = Condition::all()
        .add(enrolments::COLUMN.user_id.eq(user))
        .add(enrolments::Column::State.eq(State::Enrolled))
        .add_option(which.map(|id| enrolments::COLUMN.id.eq(id)));
    let found = enrolments::Entity::find().filter(theirs).find_also_related(cohorts::Entity);
    let rows = found.order_by_asc(enrolments::Column::Id).all(conn).await?;
    rows.into_iter().filter_map(|(enrolment, cohort)| Some(together(enrolment, cohort?))).collect()
}

fn together(row: enrolments::Model, cohort: cohorts::Model) -> Result<(Enrolment, Cohort), DbErr> {
    let corrupt = |what: &str| DbErr::Custom(format!("a stored enrolment's {what} does not parse"));
    let at = row.enrolled_at.ok_or_else(|| corrupt("moment"))?.into();
    let enrolment = Enrolment {
        id: row.id,
        cohort: row.cohort_id,
        user: row.user_id,
        certificate_name: row.certificate_name.parse().map_err(|_| corrupt("name"))?,
        state: EnrolmentState::Enrolled { at },
        created_at: row.created_at.into(),
    };
    Ok((enrolment, to_cohort(cohort)?))
}

/// Writes that a reading was read now, over a row that did not count.
pub(super) async fn save_read(
    txn: &Txn,
    enrolment: EnrolmentId,
    module: ModuleId,
    reading: ReadingId,
    reflection: Option<&Reflection>,
) -> Result<(), DbErr> {
    use progress::Column as C;
    let row = progress::ActiveModel {
        enrolment_id: Set(enrolment),
        module_id: Set(module),
        reading_id: Set(reading),
        read_at: Set(txn.now().into()),
        reflection: Set(reflection.map(|reflection| reflection.as_str().to_owned())),
    };
    let over =
        OnConflict::columns([C::EnrolmentId, C::ModuleId, C::ReadingId]).update_columns([C::ReadAt, C::Reflection]).to_owned();
    progress::Entity::insert(row).on_conflict(over).exec_without_returning(&**txn).await?;
    Ok(())
}

/// What the student wrote about a reading, if anything.
pub(super) async fn reflection(
    conn: &Conn,
    enrolment: EnrolmentId,
    module: ModuleId,
    reading: ReadingId,
) -> Result<Option<String>, DbErr> {
    let row = progress::Entity::find_by_id((enrolment, module, reading)).select_only().column(progress::Column::Reflection);
    Ok(row.into_tuple::<Option<String>>().one(conn).await?.flatten())
}
