//! Table `cohort_module_readings`.

use sea_orm::entity::prelude::*;

use crate::kernel::ids::{ModuleId, ReadingId};

/// A reading keyed to a cohort's module.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cohort_module_readings")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub module_id: ModuleId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub reading_id: ReadingId,
    pub position: i32,
    pub required: bool,
    /// Why the reading stands here, for the student.
    pub why: String,
    #[sea_orm(belongs_to, from = "module_id", to = "id")]
    pub module: BelongsTo<super::cohort_modules::Entity>,
    #[sea_orm(belongs_to, from = "reading_id", to = "id")]
    pub reading: BelongsTo<crate::db::rows::readings::readings::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
