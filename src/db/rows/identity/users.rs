//! Table `users`.

use sea_orm::entity::prelude::*;

use crate::db::columns::UtcTime;
use crate::kernel::ids::UserId;

/// What a person may do here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Role {
    Student,
    Instructor,
    Admin,
}

/// A person: student, instructor or admin.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UserId,
    #[sea_orm(unique)]
    pub email: String,
    pub name: String,
    /// IANA name of the zone the person lives by.
    pub zone: String,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    pub role: Role,
    pub created_at: UtcTime,
    pub disabled_at: Option<UtcTime>,
    /// Service time, unlike a session's: staff are shown it beside dates that people see.
    pub last_seen_at: Option<UtcTime>,
}

impl ActiveModelBehavior for ActiveModel {}
