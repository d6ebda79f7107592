//! What students have read.

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
        manager.create_table(progress()).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["progress"]).await
    }
}

fn progress() -> TableCreateStatement {
    Table::create()
        .table("progress")
        .col(uuid("enrolment_id"))
        .col(uuid("module_id"))
        .col(uuid("reading_id"))
        .col(timestamp_with_time_zone("read_at"))
        .col(text_null("reflection"))
        .primary_key(Index::create().col("enrolment_id").col("module_id").col("reading_id"))
        .foreign_key(&mut refers("progress", "enrolment_id", "enrolments"))
        .foreign_key(&mut refers("progress", "module_id", "cohort_modules"))
        .foreign_key(&mut refers("progress", "reading_id", "readings"))
        .to_owned()
}
