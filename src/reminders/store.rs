//! Queries of those whom reminders concern; and reminders as letters of the outbox.

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};

use super::model::{Existing, Intent, IntentKey, IntentKind, IntentState, Recipient, Standing};
use crate::db::rows::catalogue::cohorts;
use crate::db::rows::enrolment::enrolments::{self, State};
use crate::db::rows::identity::users;
use crate::db::{Conn, Txn};
use crate::kernel::EmailAddress;
use crate::kernel::ids::{CohortId, EnrolmentId, UserId};
use crate::mail::{self, Class, Planned, Post, Replan, Stage};

/// Reminders go after what somebody waits for.
const PRIORITY: i32 = 10;

/// Every enrolled student of a cohort.
pub(super) async fn enrolled(conn: &Conn, cohort: CohortId) -> Result<Vec<EnrolmentId>, DbErr> {
    let rows = enrolments::Entity::find()
        .filter(enrolments::COLUMN.cohort_id.eq(cohort))
        .filter(enrolments::COLUMN.state.eq(State::Enrolled))
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
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
    // A letter that is no intent of ours is left alone: its key keeps another from being made.
    Ok(mail::planned(conn, people, &kinds).await?.into_iter().filter_map(to_existing).collect())
}

fn to_existing(letter: Planned) -> Option<Existing> {
    let key: IntentKey = letter.dedupe_key.parse().ok()?;
    let intent: Intent = serde_json::from_value(letter.payload).ok()?;
    let state = match letter.stage {
        Stage::Waiting => IntentState::Waiting,
        Stage::InFlight => IntentState::InFlight,
        Stage::Sent => IntentState::Sent,
        Stage::Cancelled => IntentState::Cancelled,
        Stage::Expired => IntentState::Expired,
        Stage::Stopped => IntentState::Stopped,
    };
    Some(Existing { key, state, opens_at: intent.opens_at, due_at: letter.due_at, revision: intent.revision })
}

fn replan(intent: &Intent) -> Result<Replan, DbErr> {
    Ok(Replan { payload: payload(intent)?, due_at: intent.due_at, not_after: intent.not_after })
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

pub(super) async fn move_to(txn: &Txn, intent: &Intent) -> Result<(), DbErr> {
    mail::replan(txn, &intent.key.to_string(), replan(intent)?).await
}

pub(super) async fn revive(txn: &Txn, intent: &Intent, address: &EmailAddress) -> Result<(), DbErr> {
    mail::revive(txn, &intent.key.to_string(), address, replan(intent)?).await
}

pub(super) async fn cancel(txn: &Txn, key: IntentKey) -> Result<(), DbErr> {
    mail::cancel(txn, &key.to_string()).await
}
