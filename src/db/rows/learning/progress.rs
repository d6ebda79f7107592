//! Table `progress`.

use sea_orm::entity::prelude::*;

use crate::db::columns::UtcTime;
use crate::kernel::ids::{EnrolmentId, ModuleId, ReadingId};

/// A reading marked as read, with the student's reflection.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "progress")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub enrolment_id: EnrolmentId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub module_id: ModuleId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub reading_id: ReadingId,
    pub read_at: UtcTime,
    pub reflection: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
