//! Table `schedule_items`.

use sea_orm::entity::prelude::*;

use crate::kernel::ids::{CohortId, ModuleId, ScheduleItemId};

/// What happens at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Kind {
    Release,
    Due,
}

/// A release or due moment of a module, relative to the cohort's first day.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "schedule_items")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ScheduleItemId,
    pub cohort_id: CohortId,
    pub module_id: ModuleId,
    pub kind: Kind,
    /// Days after the cohort's first day.
    pub day_offset: i32,
    /// Civil time `HH:MM` in the cohort's zone.
    pub time_of_day: String,
}

impl ActiveModelBehavior for ActiveModel {}
