//! The library of articles.

use sea_orm_migration::{prelude::*, schema::*};

use crate::table::drop_tables;

#[derive(DeriveMigrationName, Debug)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(readings()).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["readings"]).await
    }
}

fn readings() -> TableCreateStatement {
    Table::create()
        .table("readings")
        .col(pk_uuid("id"))
        .col(text_uniq("slug"))
        .col(text("title"))
        .col(text_null("author"))
        .col(text_null("author_role"))
        .col(text("publisher"))
        .col(text_null("published_on"))
        .col(text_null("url"))
        .col(text("language"))
        .col(text_null("licence"))
        .col(text_null("photo_credit"))
        .col(text_null("summary"))
        .col(text_null("body"))
        .col(text_null("body_sha256"))
        .col(text("rights"))
        .col(integer("minutes"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .to_owned()
}
