//! Queries of a student's places and progress.

use std::collections::BTreeMap;

use sea_orm::sea_query::{Expr, ExprTrait, LockType, OnConflict, SelectStatement};
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Set};

use super::model::Reflection;
use crate::catalogue::model::CohortModule;
use crate::db::rows::enrolment::enrolments::{self, State};
use crate::db::rows::learning::progress;
use crate::db::{Conn, Txn};
use crate::kernel::ids::{CohortId, EnrolmentId, ModuleId, ReadingId, UserId};

/// A student's enrolments (not holds, nor what has ended), oldest first.
pub(super) async fn enrolled(conn: &Conn, user: UserId) -> Result<Vec<EnrolmentId>, DbErr> {
    let theirs =
        enrolments::Entity::find().select_only().column(enrolments::Column::Id).filter(enrolments::COLUMN.user_id.eq(user));
    let enrolled = theirs.filter(enrolments::Column::State.eq(State::Enrolled)).order_by_asc(enrolments::Column::Id);
    enrolled.into_tuple().all(conn).await
}

/// Writes that a reading was read now, over a row that did not count; whether it was so. Of two at once, one was.
pub(super) async fn save_read(
    txn: &Txn,
    enrolment: EnrolmentId,
    (module, reading): (&CohortModule, ReadingId),
    reflection: Option<&Reflection>,
) -> Result<bool, DbErr> {
    use progress::Column as C;
    let row = progress::ActiveModel {
        enrolment_id: Set(enrolment),
        module_id: Set(module.id),
        reading_id: Set(reading),
        read_at: Set(txn.now().into()),
        reflection: Set(reflection.map(|reflection| reflection.as_str().to_owned())),
    };
    let mut over = OnConflict::columns([C::EnrolmentId, C::ModuleId, C::ReadingId]);
    if module.asks_reflection() {
        let there = Expr::col((progress::Entity, C::Reflection));
        over.update_columns([C::ReadAt, C::Reflection]).action_and_where(there.is_null());
    } else {
        over.do_nothing();
    }
    Ok(progress::Entity::insert(row).on_conflict(over).exec_without_returning(&**txn).await? > 0)
}

/// That a row of progress is of a required reading, done as its module asks; of none, where none is required.
fn counts<'a>(modules: impl IntoIterator<Item = &'a CohortModule>) -> Condition {
    use progress::Column as C;
    modules.into_iter().fold(Condition::any().add(Expr::cust("1 = 0")), |any, module| {
        let reflected = module.asks_reflection().then(|| C::Reflection.is_not_null());
        let readings = C::ReadingId.is_in(module.required().map(|key| key.reading));
        any.add(Condition::all().add(C::ModuleId.eq(module.id)).add(readings).add_option(reflected))
    })
}

/// How many required readings of these modules the student of a row of enrolments has read as they ask.
pub fn required_read<'a>(modules: impl IntoIterator<Item = &'a CohortModule>) -> SelectStatement {
    progress::Entity::find()
        .select_only()
        .expr(Expr::cust("COUNT(*)"))
        .filter(Expr::col((progress::Entity, progress::Column::EnrolmentId)).equals((enrolments::Entity, enrolments::Column::Id)))
        .filter(counts(modules))
        .into_query()
}

/// How many required readings of each module these students have read as it asks, in one statement.
///
/// # Errors
/// The database's own.
pub async fn required_read_by_week(
    conn: &Conn,
    modules: &[CohortModule],
    students: &[EnrolmentId],
) -> Result<BTreeMap<EnrolmentId, BTreeMap<ModuleId, u32>>, DbErr> {
    use progress::Column as C;
    let rows: Vec<(EnrolmentId, ModuleId, i64)> = progress::Entity::find()
        .select_only()
        .column(C::EnrolmentId)
        .column(C::ModuleId)
        .column_as(C::ReadingId.count(), "read")
        .filter(C::EnrolmentId.is_in(students.iter().copied()))
        .filter(counts(modules))
        .group_by(C::EnrolmentId)
        .group_by(C::ModuleId)
        .into_tuple()
        .all(conn)
        .await?;
    let mut read = BTreeMap::<_, BTreeMap<_, _>>::new();
    for (student, module, many) in rows {
        read.entry(student).or_default().insert(module, u32::try_from(many).unwrap_or_default());
    }
    Ok(read)
}

/// Keeps that one more required reading is read, by the plan at `revision`; false if it was counted by a later one since.
pub(super) async fn count_one(txn: &Txn, enrolment: EnrolmentId, revision: i32) -> Result<bool, DbErr> {
    use enrolments::Column as C;
    let one = enrolments::Entity::update_many()
        .col_expr(C::RequiredRead, Expr::col(C::RequiredRead).add(1))
        .filter(enrolments::COLUMN.id.eq(enrolment))
        .filter(enrolments::COLUMN.counted_at.lte(revision));
    Ok(one.exec(&**txn).await?.rows_affected > 0)
}

/// Whose required readings are counted anew.
#[derive(Debug, Clone, Copy)]
pub(super) enum Whose {
    One(EnrolmentId),
    All(CohortId),
}

/// Counts anew what enrolments of a cohort have read of what its plan, at `revision`, requires. Their rows are locked first, so that
/// whoever marks a reading meanwhile is counted here, or comes after.
pub(super) async fn recount(txn: &Txn, whose: Whose, (revision, modules): (i32, &[CohortModule])) -> Result<(), DbErr> {
    use enrolments::Column as C;
    let which = match whose {
        Whose::One(enrolment) => C::Id.eq(enrolment),
        Whose::All(cohort) => C::CohortId.eq(cohort),
    };
    let rows = enrolments::Entity::find().select_only().column(C::Id).filter(which.clone()).order_by_asc(C::Id);
    rows.lock(LockType::NoKeyUpdate).into_tuple::<EnrolmentId>().all(&**txn).await?;
    let counted = enrolments::Entity::update_many()
        .col_expr(C::RequiredRead, Expr::expr(required_read(modules)))
        .col_expr(C::CountedAt, Expr::value(revision));
    counted.filter(which).exec(&**txn).await?;
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
