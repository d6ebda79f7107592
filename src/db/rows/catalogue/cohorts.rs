//! Table `cohorts`.

use sea_orm::entity::prelude::*;

use crate::db::columns::{CivilDate, UtcTime};
use crate::kernel::ids::{CohortId, CourseId};

/// One run of a course.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cohorts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CohortId,
    pub course_id: CourseId,
    #[sea_orm(unique)]
    pub slug: String,
    pub name: String,
    /// IANA name of the zone the cohort's civil times are read in.
    pub zone: String,
    pub starts_on: CivilDate,
    pub capacity: i32,
    /// What a seat costs, in each currency.
    #[sea_orm(column_type = "JsonBinary")]
    pub prices: Json,
    pub enrol_opens_at: UtcTime,
    pub enrol_closes_at: UtcTime,
    /// Counts the changes of the plan.
    pub revision: i32,
    pub created_at: UtcTime,
    /// Since when the public knows it.
    pub published_at: Option<UtcTime>,
    /// As it was when the cohort opened.
    pub course_title: String,
    /// Until how many days after the first one the price goes back in full.
    pub refund_days: i32,
    #[sea_orm(belongs_to, from = "course_id", to = "id")]
    pub course: BelongsTo<super::courses::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
