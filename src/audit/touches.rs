//! Whose planned mail has to be thought over. A touch is noted in the transaction of its cause, and taken by the planner's job.

use std::collections::BTreeMap;

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set};
use uuid::Uuid;

use crate::db::Txn;
use crate::db::rows::audit::touches as row;
use crate::jobs;
use crate::kernel::Touch;
use crate::kernel::ids::{CohortId, EnrolmentId, UserId};

/// The kind of the job that thinks touched reminders over. Its work is a domain's, above; here it is only asked for.
pub const PLAN_REMINDERS: &str = "reminders.plan";

const ENROLMENT: &str = "enrolment";
const COHORT: &str = "cohort";
const PERSON: &str = "person";
/// Rows a statement: well below either database's limit of bound values.
const ROWS: usize = 500;

/// Asks for a student's or a cohort's reminders to be planned again, soon after this commit.
///
/// # Errors
/// The database's own.
pub async fn touch(txn: &Txn, touched: Touch) -> Result<(), DbErr> {
    touch_many(txn, &[touched]).await?;
    jobs::enqueue_kind(txn, PLAN_REMINDERS, Some(PLAN_REMINDERS.to_owned()), serde_json::Value::Null, txn.now()).await
}

/// Notes touches without asking for the planner: for the planner itself.
///
/// # Errors
/// The database's own.
pub async fn touch_many(txn: &Txn, touched: &[Touch]) -> Result<(), DbErr> {
    for chunk in touched.chunks(ROWS) {
        let rows = chunk.iter().map(|touched| {
            let (kind, id) = match *touched {
                Touch::Enrolment(id) => (ENROLMENT, id.0),
                Touch::Cohort(id) => (COHORT, id.0),
                Touch::Person(id) => (PERSON, id.0),
            };
            row::ActiveModel {
                subject_kind: Set(kind.to_owned()),
                subject_id: Set(id),
                generation: Set(1),
                touched_at: Set(txn.now().into()),
            }
        });
        let again = OnConflict::columns([row::Column::SubjectKind, row::Column::SubjectId])
            .value(row::Column::Generation, Expr::col((row::Entity, row::Column::Generation)).add(1))
            .update_column(row::Column::TouchedAt)
            .to_owned();
        row::Entity::insert_many(rows).on_conflict(again).exec_without_returning(&**txn).await?;
    }
    Ok(())
}

/// A touch as it stood when it was taken.
#[derive(Debug, Clone)]
pub struct Taken<Id> {
    pub subject: Id,
    row: row::Model,
}

/// Whether anybody's mail is still to be thought over.
///
/// # Errors
/// The database's own.
pub async fn is_touched(txn: &Txn) -> Result<bool, DbErr> {
    Ok(row::Entity::find().limit(1).one(&**txn).await?.is_some())
}

/// The oldest touched enrolments, `limit` at most.
///
/// # Errors
/// The database's own.
pub async fn take_enrolments(txn: &Txn, limit: u64) -> Result<Vec<Taken<EnrolmentId>>, DbErr> {
    take(txn, ENROLMENT, limit, EnrolmentId).await
}

/// The oldest touched cohorts, `limit` at most.
///
/// # Errors
/// The database's own.
pub async fn take_cohorts(txn: &Txn, limit: u64) -> Result<Vec<Taken<CohortId>>, DbErr> {
    take(txn, COHORT, limit, CohortId).await
}

/// The people touched longest ago, `limit` at most.
///
/// # Errors
/// The database's own.
pub async fn take_people(txn: &Txn, limit: u64) -> Result<Vec<Taken<UserId>>, DbErr> {
    take(txn, PERSON, limit, UserId).await
}

async fn take<Id>(txn: &Txn, kind: &str, limit: u64, id: fn(Uuid) -> Id) -> Result<Vec<Taken<Id>>, DbErr> {
    let rows = row::Entity::find()
        .filter(row::COLUMN.subject_kind.eq(kind))
        .order_by_asc(row::Column::TouchedAt)
        .order_by_asc(row::Column::SubjectId)
        .limit(limit)
        .all(&**txn)
        .await?;
    Ok(rows.into_iter().map(|row| Taken { subject: id(row.subject_id), row }).collect())
}

/// Drops touches that were thought over, but for those touched once more since.
///
/// # Errors
/// The database's own.
pub async fn drop_taken<Id>(txn: &Txn, taken: &[Taken<Id>]) -> Result<(), DbErr> {
    let mut alike = BTreeMap::<(&str, i64), Vec<Uuid>>::new();
    for Taken { row, .. } in taken {
        alike.entry((&row.subject_kind, row.generation)).or_default().push(row.subject_id);
    }
    for ((kind, generation), subjects) in alike {
        row::Entity::delete_many()
            .filter(row::COLUMN.subject_kind.eq(kind))
            .filter(row::COLUMN.generation.eq(generation))
            .filter(row::Column::SubjectId.is_in(subjects))
            .exec(&**txn)
            .await?;
    }
    Ok(())
}
