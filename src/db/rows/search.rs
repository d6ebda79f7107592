//! Table `search_words`.

use sea_orm::entity::prelude::*;

/// What a word is searched in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Scope {
    /// Of enrolments: their own, and those of their people.
    Enrolments,
    /// Of people.
    People,
    /// Of entries of the audit log.
    Log,
}

/// A word, in small letters, by which its subject is found.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "search_words")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub scope: Scope,
    /// Sorted by its bytes on both databases.
    #[sea_orm(primary_key, auto_increment = false)]
    pub word: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject: Uuid,
    /// Whose word it is, where it is not the subject's own: it is theirs to change. With no word at all, the row says that the
    /// subject has their words, whatever they are.
    pub theirs: Option<Uuid>,
}

impl ActiveModelBehavior for ActiveModel {}
