//! Table `gateway_events`.

use sea_orm::entity::prelude::*;

use crate::db::columns::UtcTime;

/// A webhook as it arrived: a trigger, kept with its raw body, or, if the sweep found it, with what the list said it is about.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "gateway_events")]
pub struct Model {
    /// The gateway's own id (`evt_…`).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub kind: String,
    #[sea_orm(column_type = "Blob")]
    pub body: Vec<u8>,
    pub live: bool,
    pub received_at: UtcTime,
    pub processed_at: Option<UtcTime>,
    /// What was odd about it.
    pub error: Option<String>,
    /// When an admin had looked at what was odd.
    pub seen_at: Option<UtcTime>,
}

impl ActiveModelBehavior for ActiveModel {}
