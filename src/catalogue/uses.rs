//! Where a reading is keyed.

use std::collections::BTreeMap;

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};

use super::cohorts::to_cohort;
use super::model::Cohort;
use super::store::natural;
use crate::db::Conn;
use crate::db::rows::catalogue::{cohort_module_readings, cohort_modules, cohorts, course_module_readings, course_modules};
use crate::kernel::ids::{ModuleId, ReadingId};

/// A module of a course, the template, that a reading stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CourseUse {
    pub module: ModuleId,
    pub position: u32,
    pub title: String,
    pub required: bool,
}

/// A module of a cohort that a reading stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CohortUse {
    pub cohort: Cohort,
    pub module: ModuleId,
    pub position: u32,
    pub title: String,
    pub required: bool,
}

/// The weeks of courses that the reading stands in, in order.
///
/// # Errors
/// The database's own.
pub async fn course_uses(conn: &Conn, reading: ReadingId) -> Result<Vec<CourseUse>, DbErr> {
    let keys = course_module_readings::Entity::find().filter(course_module_readings::COLUMN.reading_id.eq(reading));
    let required: BTreeMap<_, _> = keys.all(conn).await?.into_iter().map(|key| (key.module_id, key.required)).collect();
    let modules = course_modules::Entity::find().filter(course_modules::Column::Id.is_in(required.keys().copied()));
    let to_use = |row: course_modules::Model| {
        let required = required.get(&row.id).copied().unwrap_or_default();
        Ok(CourseUse { module: row.id, position: natural(row.position, "position of a module")?, title: row.title, required })
    };
    let mut uses = modules.all(conn).await?.into_iter().map(to_use).collect::<Result<Vec<_>, DbErr>>()?;
    uses.sort_by_key(|one| one.position);
    Ok(uses)
}

/// The weeks of cohorts that the reading stands in: by cohort, in the order of their ids, then by week.
///
/// # Errors
/// The database's own.
pub async fn cohort_uses(conn: &Conn, reading: ReadingId) -> Result<Vec<CohortUse>, DbErr> {
    let keys = cohort_module_readings::Entity::find().filter(cohort_module_readings::COLUMN.reading_id.eq(reading));
    let required: BTreeMap<_, _> = keys.all(conn).await?.into_iter().map(|key| (key.module_id, key.required)).collect();
    let modules = cohort_modules::Entity::find().filter(cohort_modules::Column::Id.is_in(required.keys().copied()));
    let modules = modules.all(conn).await?;
    let found = cohorts::Entity::find().filter(cohorts::Column::Id.is_in(modules.iter().map(|row| row.cohort_id)));
    let found = found.all(conn).await?.into_iter().map(to_cohort).collect::<Result<Vec<_>, DbErr>>()?;
    let cohorts: BTreeMap<_, _> = found.into_iter().map(|cohort| (cohort.id, cohort)).collect();
    let mut uses = Vec::with_capacity(modules.len());
    for row in modules {
        let Some(cohort) = cohorts.get(&row.cohort_id).cloned() else { continue };
        let required = required.get(&row.id).copied().unwrap_or_default();
        let position = natural(row.position, "position of a module")?;
        uses.push(CohortUse { cohort, module: row.id, position, title: row.title, required });
    }
    uses.sort_by_key(|one| (one.cohort.id, one.position));
    Ok(uses)
}
