//! Queries of schedules and openings.

use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, Set};

use super::model::{CivilSlot, ItemKind, Opening, Override, ScheduleItem};
use crate::db::rows::schedule::{openings, overrides, schedule_items};
use crate::db::{Conn, Txn, corrupt};
use crate::kernel::ids::{CohortId, EnrolmentId};

fn kind_row(kind: ItemKind) -> schedule_items::Kind {
    match kind {
        ItemKind::Release => schedule_items::Kind::Release,
        ItemKind::Due => schedule_items::Kind::Due,
    }
}

fn to_item(row: schedule_items::Model) -> Result<ScheduleItem, DbErr> {
    let slot = CivilSlot::parse(row.day_offset, &row.time_of_day);
    let kind = match row.kind {
        schedule_items::Kind::Release => ItemKind::Release,
        schedule_items::Kind::Due => ItemKind::Due,
    };
    let slot = slot.map_err(|_| DbErr::Custom("a stored time of day does not parse".to_owned()))?;
    Ok(ScheduleItem { module: row.module_id, kind, slot })
}

/// The lines of a cohort's schedule, in no order.
///
/// # Errors
/// The database's own.
pub async fn items(conn: &Conn, cohort: CohortId) -> Result<Vec<ScheduleItem>, DbErr> {
    let rows = schedule_items::Entity::find().filter(schedule_items::COLUMN.cohort_id.eq(cohort)).all(conn).await?;
    rows.into_iter().map(to_item).collect()
}

/// Every change of a cohort's releases, for all its students and for one, in no order.
///
/// # Errors
/// The database's own; also if a stored moment does not parse.
pub async fn overrides(conn: &Conn, cohort: CohortId) -> Result<Vec<Override>, DbErr> {
    let rows = overrides::Entity::find().filter(overrides::COLUMN.cohort_id.eq(cohort)).all(conn).await?;
    let to_override = |row: overrides::Model| {
        Ok(Override {
            id: row.id,
            cohort: row.cohort_id,
            enrolment: row.enrolment_id,
            module: row.module_id,
            opens_at: row.opens_at_civil.parse().map_err(|_| corrupt("override's moment"))?,
            reason: row.reason,
            created_by: row.created_by,
            created_at: row.created_at.into(),
        })
    };
    rows.into_iter().map(to_override).collect()
}

/// Writes a change of a release.
pub(crate) async fn insert_override(txn: &Txn, change: &Override) -> Result<(), DbErr> {
    let row = overrides::ActiveModel {
        id: Set(change.id),
        cohort_id: Set(change.cohort),
        enrolment_id: Set(change.enrolment),
        module_id: Set(change.module),
        opens_at_civil: Set(change.opens_at.to_string()),
        reason: Set(change.reason.clone()),
        created_by: Set(change.created_by),
        created_at: Set(change.created_at.into()),
    };
    overrides::Entity::insert(row).exec_without_returning(&**txn).await?;
    Ok(())
}

/// Writes a new cohort's schedule.
pub(crate) async fn insert_items(txn: &Txn, cohort: CohortId, items: &[ScheduleItem]) -> Result<(), DbErr> {
    let row = |item: &ScheduleItem| schedule_items::ActiveModel {
        id: Set(txn.new_id()),
        cohort_id: Set(cohort),
        module_id: Set(item.module),
        kind: Set(kind_row(item.kind)),
        day_offset: Set(item.slot.day_offset),
        time_of_day: Set(item.slot.time_of_day()),
    };
    schedule_items::Entity::insert_many(items.iter().map(row)).exec_without_returning(&**txn).await?;
    Ok(())
}

/// Gives a line of the schedule another time. The caller raises the cohort's revision with it.
pub(crate) async fn set_slot(txn: &Txn, item: ScheduleItem) -> Result<(), DbErr> {
    let ScheduleItem { module, kind, slot } = item;
    schedule_items::Entity::update_many()
        .col_expr(schedule_items::Column::DayOffset, Expr::value(slot.day_offset))
        .col_expr(schedule_items::Column::TimeOfDay, Expr::value(slot.time_of_day()))
        .filter(schedule_items::COLUMN.module_id.eq(module))
        .filter(schedule_items::Column::Kind.eq(kind_row(kind)))
        .exec(&**txn)
        .await?;
    Ok(())
}

/// Writes down that modules were open for students, in one statement. What is on record already stays as it is.
pub(crate) async fn record_openings(txn: &Txn, opened: &[(EnrolmentId, Opening)]) -> Result<(), DbErr> {
    if opened.is_empty() {
        return Ok(());
    }
    let row = |(enrolment, opening): &(EnrolmentId, Opening)| openings::ActiveModel {
        enrolment_id: Set(*enrolment),
        module_id: Set(opening.module),
        opened_at: Set(opening.opened_at.into()),
        recorded_at: Set(txn.now().into()),
    };
    let known = OnConflict::columns([openings::Column::EnrolmentId, openings::Column::ModuleId]).do_nothing().to_owned();
    let rows = openings::Entity::insert_many(opened.iter().map(row)).on_conflict(known);
    rows.exec_without_returning(&**txn).await?;
    Ok(())
}
