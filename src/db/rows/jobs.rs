//! Table `jobs`.

use sea_orm::entity::prelude::*;

use crate::db::columns::UtcTime;
use crate::kernel::ids::{JobId, LeaseToken};

/// Where a job stands. A finished job's row is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum State {
    Pending,
    Leased,
    Dead,
}

/// A unit of later work.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "jobs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: JobId,
    pub kind: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub payload: Json,
    pub dedupe_key: Option<String>,
    /// Service time.
    pub due_at: UtcTime,
    /// Machine time.
    pub retry_at: Option<UtcTime>,
    pub state: State,
    pub attempts: i32,
    pub lease_token: Option<LeaseToken>,
    /// Machine time.
    pub lease_until: Option<UtcTime>,
    pub last_error: Option<String>,
    pub created_at: UtcTime,
}

impl ActiveModelBehavior for ActiveModel {}
