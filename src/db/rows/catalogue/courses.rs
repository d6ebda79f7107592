//! Table `courses`.

use sea_orm::entity::prelude::*;

use crate::db::columns::UtcTime;
use crate::kernel::ids::CourseId;

/// A course: the template without dates.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "courses")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CourseId,
    #[sea_orm(unique)]
    pub slug: String,
    pub title: String,
    pub dek: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub description: Json,
    #[sea_orm(column_type = "JsonBinary")]
    pub outcomes: Json,
    #[sea_orm(column_type = "JsonBinary")]
    pub questions: Json,
    /// Hours of work over the whole course, at least.
    pub hours_min: i32,
    /// Hours of work over the whole course, at most.
    pub hours_max: i32,
    /// BCP 47.
    pub language: String,
    pub created_at: UtcTime,
    /// Counts the edits of the course's own facts and of its modules' order.
    pub version: i32,
}

impl ActiveModelBehavior for ActiveModel {}
