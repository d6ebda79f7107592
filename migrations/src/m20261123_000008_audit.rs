//! What happened, and whose planned mail it touches.

use sea_orm_migration::{prelude::*, schema::*};

use crate::table::{drop_tables, index};

#[derive(DeriveMigrationName, Debug)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(audit_events()).await?;
        index(manager, "audit_events", &["subject_id"]).await?;
        index(manager, "audit_events", &["at"]).await?;
        manager.create_table(touches()).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["touches", "audit_events"]).await
    }
}

fn audit_events() -> TableCreateStatement {
    Table::create()
        .table("audit_events")
        .col(pk_uuid("id"))
        .col(timestamp_with_time_zone("at"))
        .col(text("actor_kind"))
        .col(uuid_null("actor_id"))
        .col(text("kind"))
        .col(text("subject_id"))
        .col(json_binary("before"))
        .col(json_binary("after"))
        .col(json_binary_null("personal"))
        .to_owned()
}

fn touches() -> TableCreateStatement {
    Table::create()
        .table("touches")
        .col(text("subject_kind"))
        .col(uuid("subject_id"))
        .col(big_integer("generation"))
        .col(timestamp_with_time_zone("touched_at"))
        .primary_key(Index::create().col("subject_kind").col("subject_id"))
        .to_owned()
}
