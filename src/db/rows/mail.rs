//! Table `outbox`.

use sea_orm::entity::prelude::*;

use crate::db::columns::UtcTime;
use crate::kernel::ids::{LeaseToken, LetterId, UserId};

/// What a mail is, which decides what may hold it back and what becomes of it in doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Class {
    Transactional,
    Reminder,
    Secret,
}

/// Where a mail stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum State {
    Pending,
    Held,
    Leased,
    Sent,
    Suppressed,
    Cancelled,
    Expired,
    Dead,
    InDoubt,
}

/// A mail, from its intent to the server's answer.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LetterId,
    #[sea_orm(unique)]
    pub dedupe_key: String,
    pub kind: String,
    pub class: Class,
    pub user_id: Option<UserId>,
    pub recipient: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub payload: Json,
    pub locale: String,
    #[sea_orm(unique)]
    pub message_id: String,
    /// The signed bytes; never those of the class secret.
    #[sea_orm(column_type = "Blob", nullable)]
    pub rendered: Option<Vec<u8>>,
    pub state: State,
    pub priority: i32,
    /// Service time.
    pub due_at: UtcTime,
    /// Machine time.
    pub retry_at: Option<UtcTime>,
    /// Service time after which the mail is pointless.
    pub not_after: Option<UtcTime>,
    pub attempts: i32,
    pub lease_token: Option<LeaseToken>,
    /// Machine time.
    pub lease_until: Option<UtcTime>,
    /// Committed before the body is sent: from here a lost lease means doubt.
    pub data_started_at: Option<UtcTime>,
    /// The server's last SMTP reply code.
    pub last_code: Option<i32>,
    pub last_error: Option<String>,
    pub smtp_reply: Option<String>,
    pub sent_at: Option<UtcTime>,
    pub created_at: UtcTime,
}

impl ActiveModelBehavior for ActiveModel {}
