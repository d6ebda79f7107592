//! The audit log: who changed what, from what to what, when; written in the transaction of the change. And the touches: whose
//! planned mail has to be thought over because of it.

mod log;
mod touches;

use sea_orm::{DbErr, EntityTrait, Set};

use crate::db::Txn;
use crate::db::rows::audit::audit_events;
use crate::kernel::Event;
use crate::kernel::ids::AuditId;
use crate::search::{self as words, Scope};

pub use log::{Entry, RESTORED, Wanted, of_subjects, restored_at, search};
pub use touches::{PLAN_REMINDERS, Taken, drop_taken, is_touched, take_cohorts, take_enrolments, take_people, touch, touch_many};

/// Stores `event`, and touches whom it says.
///
/// # Errors
/// The database's own.
pub async fn record(txn: &Txn, event: &impl Event) -> Result<(), DbErr> {
    txn.says(event.kind());
    let id: AuditId = txn.new_id();
    if let Some(reason) = event.reason() {
        words::add(txn, Scope::Log, id.0, &[reason]).await?;
    }
    let row = audit_events::ActiveModel {
        id: Set(id),
        at: Set(txn.now().into()),
        actor_kind: Set(txn.actor().kind().to_owned()),
        actor_id: Set(txn.actor().user().map(|user| user.0)),
        actor_token: Set(txn.actor().token()),
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
