//! Table `document_pdfs`.

use sea_orm::entity::prelude::*;

use crate::db::columns::UtcTime;
use crate::kernel::ids::DocumentId;

/// The PDF of a document. The database refuses to change or delete it.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "document_pdfs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub document_id: DocumentId,
    /// In small hexadecimal digits.
    pub sha256: String,
    #[sea_orm(column_type = "Blob")]
    pub bytes: Vec<u8>,
    pub set_at: UtcTime,
}

impl ActiveModelBehavior for ActiveModel {}
