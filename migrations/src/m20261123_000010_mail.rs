//! The outbox.

use sea_orm_migration::{prelude::*, schema::*};

use crate::table::{drop_tables, index, refers};

#[derive(DeriveMigrationName, Debug)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(outbox()).await?;
        index(manager, "outbox", &["user_id"]).await?;
        manager
            .get_connection()
            .execute_unprepared("CREATE INDEX outbox_pending ON outbox (priority, due_at) WHERE state = 'pending'")
            .await?;
        manager
            .get_connection()
            .execute_unprepared("CREATE INDEX outbox_leased ON outbox (lease_until) WHERE state = 'leased'")
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["outbox"]).await
    }
}

fn outbox() -> TableCreateStatement {
    Table::create()
        .table("outbox")
        .col(pk_uuid("id"))
        .col(text_uniq("dedupe_key"))
        .col(text("kind"))
        .col(text("class"))
        .col(uuid_null("user_id"))
        .col(text("recipient"))
        .col(json_binary("payload"))
        .col(text("locale"))
        .col(text_uniq("message_id"))
        .col(blob_null("rendered"))
        .col(text("state"))
        .col(integer("priority"))
        .col(timestamp_with_time_zone("due_at"))
        .col(timestamp_with_time_zone_null("retry_at"))
        .col(timestamp_with_time_zone_null("not_after"))
        .col(integer("attempts"))
        .col(uuid_null("lease_token"))
        .col(timestamp_with_time_zone_null("lease_until"))
        .col(timestamp_with_time_zone_null("data_started_at"))
        .col(integer_null("last_code"))
        .col(text_null("last_error"))
        .col(text_null("smtp_reply"))
        .col(timestamp_with_time_zone_null("sent_at"))
        .col(timestamp_with_time_zone("created_at"))
        .foreign_key(&mut refers("outbox", "user_id", "users"))
        .to_owned()
}
