//! Queries of a student's places and progress.

use std::collections::BTreeMap;

use sea_orm::sea_query::{Expr, ExprTrait, InsertStatement, LockType, OnConflict, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Set, Value,
};

use super::model::Reflection;
use crate::catalogue::model::CohortModule;
use crate::db::columns::UtcTime;
use crate::db::rows::enrolment::enrolments::{self, State};
use crate::db::rows::learning::progress;
use crate::db::{Conn, Txn, Written};
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
    static READ: Written<5> = Written::new();
    static REFLECTED: Written<5> = Written::new();
    let written = if module.asks_reflection() { &REFLECTED } else { &READ };
    let reflection = reflection.map(|reflection| reflection.as_str().to_owned());
    let parameters = [enrolment.into(), module.id.into(), reading.into(), UtcTime::from(txn.now()).into(), reflection.into()];
    let write = |parameters| insert_read(parameters, module.asks_reflection());
    let statement = written.statement(txn.get_database_backend(), parameters, write);
    Ok(txn.execute_raw(statement).await?.rows_affected() > 0)
}

fn insert_read([enrolment, module, reading, at, reflection]: [Value; 5], is_reflected: bool) -> InsertStatement {
    use progress::Column as C;
    let row = progress::ActiveModel {
        enrolment_id: Set(enrolment.unwrap()),
        module_id: Set(module.unwrap()),
        reading_id: Set(reading.unwrap()),
        read_at: Set(at.unwrap()),
        reflection: Set(reflection.unwrap()),
    };
    let mut over = OnConflict::columns([C::EnrolmentId, C::ModuleId, C::ReadingId]);
    if is_reflected {
        let there = Expr::col((progress::Entity, C::Reflection));
        over.update_columns([C::ReadAt, C::Reflection]).action_and_where(there.is_null());
    } else {
        over.do_nothing();
    }
    progress::Entity::insert(row).on_conflict(over).into_query()
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
    static ONE: Written<2> = Written::new();
    let write = |[enrolment, revision]: [Value; 2]| {
        use enrolments::Column as C;
        enrolments::Entity::update_many()
            .col_expr(C::RequiredRead, Expr::col(C::RequiredRead).add(1))
            .filter(enrolments::COLUMN.id.eq(enrolment.unwrap::<EnrolmentId>()))
            .filter(enrolments::COLUMN.counted_at.lte(revision.unwrap::<i32>()))
            .into_query()
    };
    let statement = ONE.statement(txn.get_database_backend(), [enrolment.into(), revision.into()], write);
    Ok(txn.execute_raw(statement).await?.rows_affected() > 0)
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
