//! Service time as the database keeps it: how far it was moved, and by whom it may be moved on.

use sea_orm::sea_query::OnConflict;
use sea_orm::{DbErr, EntityTrait, Set};
use serde_json::{Value, json};

use crate::audit;
use crate::db::rows::clock as row;
use crate::db::{Conn, Db};
use crate::kernel::actor::Component;
use crate::kernel::time::SignedDuration;
use crate::kernel::{Actor, Event, Subject, Timestamp};

/// The only row's key.
const ONLY: i32 = 1;

/// Why service time is not moved.
#[derive(Debug, thiserror::Error)]
pub enum MoveRefusal {
    /// What has happened cannot be undone.
    #[error("service time is past that moment already ({now}): it only moves forward")]
    Backwards { now: Timestamp },
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// Takes over the offset that the database holds: at a start, once the schema is there.
///
/// # Errors
/// The database's own.
pub async fn restore(db: &Db) -> Result<(), DbErr> {
    let conn = db.snapshot().await?;
    if let Some(offset) = offset(&conn).await? {
        db.clocks().set_offset(offset);
    }
    Ok(())
}

/// What the audit log hears of a movement.
struct Moved {
    from: Timestamp,
    to: Timestamp,
}

impl Event for Moved {
    fn kind(&self) -> &'static str {
        "clock.moved"
    }

    fn subject(&self) -> Subject {
        Subject::Clock
    }

    fn before(&self) -> Value {
        json!({ "service_time": self.from })
    }

    fn after(&self) -> Value {
        json!({ "service_time": self.to })
    }
}

async fn offset(conn: &Conn) -> Result<Option<SignedDuration>, DbErr> {
    let row = row::Entity::find_by_id(ONLY).one(conn).await?;
    Ok(row.map(|row| SignedDuration::from_micros(row.offset_micros)))
}

/// Makes it `at` in service time, now. Time then goes on from there. Nothing that became due is run here.
///
/// # Errors
/// [`MoveRefusal`].
pub async fn set(db: &Db, at: Timestamp) -> Result<(), MoveRefusal> {
    let offset = db
        .write(Actor::System(Component::Clock), async |txn| {
            if at < txn.now() {
                return Err(MoveRefusal::Backwards { now: txn.now() });
            }
            let offset = at.duration_since(txn.machine_now());
            let micros = i64::try_from(offset.as_micros()).unwrap_or(i64::MAX);
            let row = row::ActiveModel { id: Set(ONLY), offset_micros: Set(micros) };
            let replace = OnConflict::column(row::Column::Id).update_column(row::Column::OffsetMicros).to_owned();
            row::Entity::insert(row).on_conflict(replace).exec_without_returning(&**txn).await?;
            audit::record(txn, &Moved { from: txn.now(), to: at }).await?;
            Ok(offset)
        })
        .await?;
    db.clocks().set_offset(offset);
    Ok(())
}
