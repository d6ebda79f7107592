//! Table `course_modules`.

use sea_orm::entity::prelude::*;

use crate::kernel::ids::{CourseId, ModuleId};

/// One week of a course.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "course_modules")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ModuleId,
    pub course_id: CourseId,
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
    /// Counts the edits of the module and of its readings.
    pub version: i32,
    #[sea_orm(belongs_to, from = "course_id", to = "id")]
    pub course: BelongsTo<super::courses::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
