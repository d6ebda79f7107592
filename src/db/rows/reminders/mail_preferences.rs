//! Table `mail_preferences`.

use sea_orm::entity::prelude::*;

use crate::db::columns::UtcTime;
use crate::kernel::ids::UserId;

/// Whether a group of mails is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum State {
    On,
    Off,
}

/// A person's wish for one group of mails. Without a row it is on.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mail_preferences")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub mail_group: String,
    pub state: State,
    /// Service time.
    pub changed_at: UtcTime,
}

impl ActiveModelBehavior for ActiveModel {}
