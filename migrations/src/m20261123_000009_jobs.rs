//! Later work.

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
        manager.create_table(jobs()).await?;
        manager.get_connection().execute_unprepared("CREATE INDEX jobs_pending ON jobs (due_at) WHERE state = 'pending'").await?;
        manager
            .get_connection()
            .execute_unprepared("CREATE INDEX jobs_leased ON jobs (lease_until) WHERE state = 'leased'")
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["jobs"]).await
    }
}

fn jobs() -> TableCreateStatement {
    Table::create()
        .table("jobs")
        .col(pk_uuid("id"))
        .col(text("kind"))
        .col(json_binary("payload"))
        .col(text_null("dedupe_key").unique_key().to_owned())
        .col(timestamp_with_time_zone("due_at"))
        .col(timestamp_with_time_zone_null("retry_at"))
        .col(text("state"))
        .col(integer("attempts"))
        .col(uuid_null("lease_token"))
        .col(timestamp_with_time_zone_null("lease_until"))
        .col(text_null("last_error"))
        .col(timestamp_with_time_zone("created_at"))
        .to_owned()
}
