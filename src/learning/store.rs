//! Queries of a student's places and progress.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set};

use super::model::Reflection;
use crate::db::rows::enrolment::enrolments::{self, State};
use crate::db::rows::learning::progress;
use crate::db::{Conn, Txn};
use crate::kernel::ids::{EnrolmentId, ModuleId, ReadingId, UserId};

/// A student's enrolments (not holds, nor what has ended), oldest first.
pub(super) async fn enrolled(conn: &Conn, user: UserId) -> Result<Vec<EnrolmentId>, DbErr> {
    let theirs =
        enrolments::Entity::find().select_only().column(enrolments::Column::Id).filter(enrolments::COLUMN.user_id.eq(user));
    let enrolled = theirs.filter(enrolments::Column::State.eq(State::Enrolled)).order_by_asc(enrolments::Column::Id);
    enrolled.into_tuple().all(conn).await
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
