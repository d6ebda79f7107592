//! Table `ledger_postings`.

use sea_orm::entity::prelude::*;

use crate::kernel::ids::EntryId;

/// What an entry moves on one account.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger_postings")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub entry_id: EntryId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    pub account: String,
    /// ISO 4217.
    pub currency: String,
    /// In minor units of `currency`; a debit is positive, a credit negative.
    pub amount_minor: i64,
    #[sea_orm(belongs_to, from = "entry_id", to = "id")]
    pub entry: BelongsTo<super::ledger_entries::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
