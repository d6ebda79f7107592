//! Table `documents`.

use sea_orm::entity::prelude::*;

use crate::db::columns::{CivilDate, UtcTime};
use crate::kernel::ids::{DocumentId, OrderId, UserId};

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Kind {
    Receipt,
    TaxInvoice,
    Proforma,
    CreditNote,
}

/// A document. The database refuses to change any column above `spellings`, and to delete the row.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "documents")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DocumentId,
    /// What it was issued for: one document a key.
    #[sea_orm(unique)]
    pub key: String,
    pub kind: Kind,
    /// `TI/2627/00001`.
    #[sea_orm(unique)]
    pub number: String,
    pub order_id: OrderId,
    /// By the calendar of its series.
    pub issued_on: CivilDate,
    pub issued_at: UtcTime,
    pub issued_by: Option<UserId>,
    /// All that it says. Personal.
    #[sea_orm(column_type = "JsonBinary")]
    pub facts: Json,
    /// How texts without letters in the font are printed instead. Personal.
    #[sea_orm(column_type = "JsonBinary")]
    pub spellings: Json,
    /// Since when it waits for a spelling.
    pub waiting_since: Option<UtcTime>,
    /// The characters that it waits for.
    pub unprintable: String,
}

impl ActiveModelBehavior for ActiveModel {}
