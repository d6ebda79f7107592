//! The audit log: who changed what, from what to what, when; written in the transaction of the change. And the touches: whose
//! planned mail has to be thought over because of it.

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{DbErr, EntityTrait, Set};
use uuid::Uuid;

use crate::db::Txn;
use crate::db::rows::audit::{audit_events, touches};
use crate::jobs;
use crate::kernel::ids::{CohortId, EnrolmentId};
use crate::kernel::{Event, Touch};

/// Stores `event`, and touches whom it says.
///
/// # Errors
/// The database's own.
pub async fn record(txn: &Txn, event: &impl Event) -> Result<(), DbErr> {
    let row = audit_events::ActiveModel {
        id: Set(txn.new_id()),
        at: Set(txn.now().into()),
        actor_kind: Set(txn.actor().kind().to_owned()),
        actor_id: Set(txn.actor().user().map(|user| user.0)),
        kind: Set(event.kind().to_owned()),
        subject_id: Set(event.subject().id()),
        before: Set(event.before()),
        after: Set(event.after()),
        personal: Set(event.personal()),
    };
    audit_events::Entity::insert(row).exec_without_returning(&**txn).await?;
    for touched in event.touches() {
        touch(txn, touched).await?;
    }
    Ok(())
}

/// The kind of the job that thinks touched reminders over. Its work is a domain's, above; here it is only asked for.
pub const PLAN_REMINDERS: &str = "reminders.plan";

/// Asks for a student's or a cohort's reminders to be planned again, soon after this commit.
///
/// # Errors
/// The database's own.
pub async fn touch(txn: &Txn, touched: Touch) -> Result<(), DbErr> {
    let (kind, id) = key(touched);
    let row = touches::ActiveModel {
        subject_kind: Set(kind.to_owned()),
        subject_id: Set(id),
        generation: Set(1),
        touched_at: Set(txn.now().into()),
    };
    let again = OnConflict::columns([touches::Column::SubjectKind, touches::Column::SubjectId])
        .value(touches::Column::Generation, Expr::col((touches::Entity, touches::Column::Generation)).add(1))
        .update_column(touches::Column::TouchedAt)
        .to_owned();
    touches::Entity::insert(row).on_conflict(again).exec_without_returning(&**txn).await?;
    jobs::enqueue_kind(txn, PLAN_REMINDERS, Some("reminders.plan".to_owned()), serde_json::Value::Null, txn.now()).await
}

/// How a touch is stored.
pub fn key(touched: Touch) -> (&'static str, Uuid) {
    match touched {
        Touch::Enrolment(id) => ("enrolment", id.0),
        Touch::Cohort(id) => ("cohort", id.0),
    }
}

/// A stored touch read back; `None` for a kind of a later version.
pub fn from_key(kind: &str, id: Uuid) -> Option<Touch> {
    match kind {
        "enrolment" => Some(Touch::Enrolment(EnrolmentId(id))),
        "cohort" => Some(Touch::Cohort(CohortId(id))),
        _ => None,
    }
}
