//! Table `cohort_modules`.

use sea_orm::entity::prelude::*;

use crate::kernel::ids::{CohortId, ModuleId};

/// One week of a cohort, copied from its course when the cohort opened.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cohort_modules")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ModuleId,
    pub cohort_id: CohortId,
    pub position: i32,
    pub title: String,
    pub dek: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub outcomes: Json,
    #[sea_orm(column_type = "JsonBinary")]
    pub questions: Json,
    pub reflection_prompt: Option<String>,
    #[sea_orm(column_type = "JsonBinary")]
    pub release_rule: Json,
    #[sea_orm(belongs_to, from = "cohort_id", to = "id")]
    pub cohort: BelongsTo<super::cohorts::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
