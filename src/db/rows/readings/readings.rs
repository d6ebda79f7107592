//! Table `readings`.

use sea_orm::entity::prelude::*;

use crate::db::columns::{CivilDate, UtcTime};
use crate::kernel::ids::ReadingId;

/// On what ground the text may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Rights {
    Own,
    Licensed,
    LinkOnly,
}

/// An article in the library.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "readings")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ReadingId,
    #[sea_orm(unique)]
    pub slug: String,
    pub title: String,
    pub author: Option<String>,
    pub author_role: Option<String>,
    pub publisher: String,
    pub published_on: Option<CivilDate>,
    pub url: Option<String>,
    /// BCP 47.
    pub language: String,
    pub licence: Option<String>,
    pub photo_credit: Option<String>,
    pub summary: Option<String>,
    /// Plain paragraphs with a blank line between them, never markup.
    pub body: Option<String>,
    pub body_sha256: Option<String>,
    pub rights: Rights,
    /// Reading time.
    pub minutes: i32,
    pub created_at: UtcTime,
    pub updated_at: UtcTime,
    /// Counts the corrections.
    pub version: i32,
    /// Since when there is something to read; null while there is not.
    pub ready_since: Option<UtcTime>,
}

impl ActiveModelBehavior for ActiveModel {}
