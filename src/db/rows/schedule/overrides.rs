//! Table `overrides`.

use sea_orm::entity::prelude::*;

use crate::db::columns::UtcTime;
use crate::kernel::ids::{CohortId, EnrolmentId, ModuleId, OverrideId, UserId};

/// A change of one student's, or one whole cohort's, opening of a module.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "overrides")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OverrideId,
    pub cohort_id: CohortId,
    /// `None`: the whole cohort.
    pub enrolment_id: Option<EnrolmentId>,
    pub module_id: ModuleId,
    /// Civil date and time in the cohort's zone.
    pub opens_at_civil: String,
    pub reason: String,
    pub created_by: Option<UserId>,
    pub created_at: UtcTime,
}

impl ActiveModelBehavior for ActiveModel {}
