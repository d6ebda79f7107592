//! Table `openings`.

use sea_orm::entity::prelude::*;

use crate::db::columns::UtcTime;
use crate::kernel::ids::{EnrolmentId, ModuleId};

/// A module that was open for a student, so that it stays open.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "openings")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub enrolment_id: EnrolmentId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub module_id: ModuleId,
    pub opened_at: UtcTime,
    pub recorded_at: UtcTime,
}

impl ActiveModelBehavior for ActiveModel {}
