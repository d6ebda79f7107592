//! What people wish to be mailed.

use sea_orm_migration::{prelude::*, schema::*};

use crate::table::{drop_tables, refers};

#[derive(DeriveMigrationName, Debug)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(mail_preferences()).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["mail_preferences"]).await
    }
}

fn mail_preferences() -> TableCreateStatement {
    Table::create()
        .table("mail_preferences")
        .col(uuid("user_id"))
        .col(text("mail_group"))
        .col(text("state"))
        .col(timestamp_with_time_zone("changed_at"))
        .primary_key(Index::create().col("user_id").col("mail_group"))
        .foreign_key(&mut refers("mail_preferences", "user_id", "users"))
        .to_owned()
}
