//! Queries of touches, of those they concern, and of reminders in the outbox.

use std::collections::BTreeMap;

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};
use sea_orm::{
    ActiveEnum, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set,
};
use uuid::Uuid;

use super::model::{Existing, Intent, IntentKey, IntentKind, IntentState, Recipient, Standing};
use crate::audit;
use crate::db::columns::UtcTime;
use crate::db::rows::audit::touches;
use crate::db::rows::catalogue::cohorts;
use crate::db::rows::enrolment::enrolments::{self, State};
use crate::db::rows::identity::users;
use crate::db::rows::mail::{self as outbox, State as LetterState};
use crate::db::{Conn, Txn, Wake};
use crate::kernel::ids::{CohortId, EnrolmentId, UserId};
use crate::kernel::{EmailAddress, Touch};
use crate::mail::{self, Class, Post};

/// Reminders go after what somebody waits for.
const PRIORITY: i32 = 10;

/// A touch as it stood when it was taken.
pub(super) type Taken = touches::Model;

/// The oldest touches of this kind, `limit` at most.
pub(super) async fn take(txn: &Txn, kind: &str, limit: u64) -> Result<Vec<Taken>, DbErr> {
    touches::Entity::find()
        .filter(touches::COLUMN.subject_kind.eq(kind))
        .order_by_asc(touches::Column::TouchedAt)
        .order_by_asc(touches::Column::SubjectId)
        .limit(limit)
        .all(&**txn)
        .await
}

/// Drops touches that were thought over, but for those touched once more since.
pub(super) async fn drop_taken(txn: &Txn, taken: &[Taken]) -> Result<(), DbErr> {
    let mut alike = BTreeMap::<(&str, i64), Vec<Uuid>>::new();
    for touch in taken {
        alike.entry((&touch.subject_kind, touch.generation)).or_default().push(touch.subject_id);
    }
    for ((kind, generation), subjects) in alike {
        touches::Entity::delete_many()
            .filter(touches::COLUMN.subject_kind.eq(kind))
            .filter(touches::COLUMN.generation.eq(generation))
            .filter(touches::Column::SubjectId.is_in(subjects))
            .exec(&**txn)
            .await?;
    }
    Ok(())
}

/// Touches every enrolled student of a cohort, in one statement.
pub(super) async fn fan_out(txn: &Txn, cohort: CohortId) -> Result<(), DbErr> {
    use touches::Column as C;
    let (kind, _) = audit::key(Touch::Enrolment(EnrolmentId(Uuid::nil())));
    let students = Query::select()
        .expr(Expr::val(kind))
        .column(enrolments::Column::Id)
        .expr(Expr::cust("1"))
        .expr(Expr::val(UtcTime::from(txn.now())))
        .from(enrolments::Entity)
        .and_where(enrolments::Column::CohortId.eq(cohort))
        .and_where(enrolments::Column::State.eq(State::Enrolled))
        .to_owned();
    let again = OnConflict::columns([C::SubjectKind, C::SubjectId])
        .value(C::Generation, Expr::col((touches::Entity, C::Generation)).add(1))
        .update_column(C::TouchedAt)
        .to_owned();
    let mut insert = Query::insert();
    insert.into_table(touches::Entity).columns([C::SubjectKind, C::SubjectId, C::Generation, C::TouchedAt]);
    insert.select_from(students).map_err(|error| DbErr::Custom(error.to_string()))?.on_conflict(again);
    txn.execute(&insert).await?;
    Ok(())
}

/// One enrolment, as far as its mail depends on it.
#[derive(Debug, Clone)]
pub(super) struct Student {
    pub(super) enrolment: EnrolmentId,
    /// The cohort and the revision of its plan.
    pub(super) plan: (CohortId, i32),
    pub(super) recipient: Recipient,
    pub(super) address: EmailAddress,
}

/// These enrolments, with their students and cohorts, in one statement.
pub(super) async fn students(conn: &Conn, ids: &[EnrolmentId]) -> Result<Vec<Student>, DbErr> {
    let rows = enrolments::Entity::find()
        .filter(enrolments::Column::Id.is_in(ids.iter().copied()))
        .find_also_related(cohorts::Entity)
        .find_also_related(users::Entity)
        .all(conn)
        .await?;
    rows.into_iter().filter_map(|(enrolment, cohort, user)| Some(to_student(&enrolment, &cohort?, &user?))).collect()
}

fn to_student(enrolment: &enrolments::Model, cohort: &cohorts::Model, user: &users::Model) -> Result<Student, DbErr> {
    let active = enrolment.state == State::Enrolled && user.disabled_at.is_none();
    let recipient = Recipient {
        user: user.id,
        enrolled_at: enrolment.enrolled_at.unwrap_or(enrolment.created_at).into(),
        standing: if active { Standing::Active } else { Standing::Ended },
    };
    let address = user.email.parse().map_err(|_| DbErr::Custom("a stored address does not parse".to_owned()))?;
    Ok(Student { enrolment: enrolment.id, plan: (cohort.id, cohort.revision), recipient, address })
}

/// Every reminder of these people that the outbox ever held.
pub(super) async fn existing(conn: &Conn, people: &[UserId]) -> Result<Vec<Existing>, DbErr> {
    let kinds = [IntentKind::ModuleReleased.word(), IntentKind::ReleaseMoved.word()];
    let rows = outbox::Entity::find()
        .filter(outbox::Column::UserId.is_in(people.iter().copied()))
        .filter(outbox::Column::Kind.is_in(kinds))
        .all(conn)
        .await?;
    // A row that is no intent of ours is left alone: its key keeps another from being made.
    Ok(rows.into_iter().filter_map(to_existing).collect())
}

fn to_existing(row: outbox::Model) -> Option<Existing> {
    let key: IntentKey = row.dedupe_key.parse().ok()?;
    let intent: Intent = serde_json::from_value(row.payload).ok()?;
    let state = match row.state {
        LetterState::Pending | LetterState::Held => IntentState::Waiting,
        LetterState::Leased => IntentState::InFlight,
        LetterState::Sent | LetterState::InDoubt => IntentState::Sent,
        LetterState::Cancelled => IntentState::Cancelled,
        LetterState::Expired => IntentState::Expired,
        LetterState::Dead | LetterState::Suppressed => IntentState::Stopped,
    };
    Some(Existing { key, state, opens_at: intent.opens_at, due_at: row.due_at.into(), revision: intent.revision })
}

fn payload(intent: &Intent) -> Result<serde_json::Value, DbErr> {
    serde_json::to_value(intent).map_err(|error| DbErr::Json(error.to_string()))
}

pub(super) async fn insert(txn: &Txn, intent: &Intent, address: &EmailAddress) -> Result<(), DbErr> {
    let post = Post {
        dedupe_key: intent.key.to_string(),
        kind: intent.kind().word(),
        class: Class::Reminder,
        user: Some(intent.user),
        recipient: address.clone(),
        payload: payload(intent)?,
        due_at: intent.due_at,
        not_after: Some(intent.not_after),
        priority: PRIORITY,
    };
    mail::post(txn, post).await
}

/// The row of this key, if it is in one of `states`: between our look and our change a worker may have taken it.
fn row_of(key: IntentKey, states: &[LetterState]) -> Condition {
    let states = states.iter().copied().map(|state| state.to_value());
    Condition::all().add(outbox::COLUMN.dedupe_key.eq(key.to_string())).add(outbox::Column::State.is_in(states))
}

/// Gives a waiting row the intent's moments and payload. What was rendered for other moments is dropped.
pub(super) async fn move_to(txn: &Txn, intent: &Intent) -> Result<(), DbErr> {
    let row = outbox::ActiveModel {
        payload: Set(payload(intent)?),
        due_at: Set(intent.due_at.into()),
        not_after: Set(Some(intent.not_after.into())),
        retry_at: Set(None),
        rendered: Set(None),
        ..Default::default()
    };
    update(txn, row, row_of(intent.key, &[LetterState::Pending, LetterState::Held]), intent).await
}

/// Lets a row wait again that was cancelled or had expired.
pub(super) async fn revive(txn: &Txn, intent: &Intent, address: &EmailAddress) -> Result<(), DbErr> {
    let row = outbox::ActiveModel {
        state: Set(LetterState::Pending),
        recipient: Set(address.as_str().to_owned()),
        payload: Set(payload(intent)?),
        due_at: Set(intent.due_at.into()),
        not_after: Set(Some(intent.not_after.into())),
        retry_at: Set(None),
        rendered: Set(None),
        attempts: Set(0),
        last_error: Set(None),
        ..Default::default()
    };
    update(txn, row, row_of(intent.key, &[LetterState::Cancelled, LetterState::Expired]), intent).await
}

async fn update(txn: &Txn, row: outbox::ActiveModel, which: Condition, intent: &Intent) -> Result<(), DbErr> {
    outbox::Entity::update_many().set(row).filter(which).exec(&**txn).await?;
    if intent.due_at <= txn.now() {
        txn.wake(Wake::Letters);
    }
    Ok(())
}

pub(super) async fn cancel(txn: &Txn, key: IntentKey) -> Result<(), DbErr> {
    let row = outbox::ActiveModel { state: Set(LetterState::Cancelled), ..Default::default() };
    let which = row_of(key, &[LetterState::Pending, LetterState::Held]);
    outbox::Entity::update_many().set(row).filter(which).exec(&**txn).await?;
    Ok(())
}
