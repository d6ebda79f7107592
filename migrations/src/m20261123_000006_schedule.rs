//! When modules open and are due.

use sea_orm_migration::{prelude::*, schema::*};

use crate::table::{drop_tables, index, refers, unique_index};

#[derive(DeriveMigrationName, Debug)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(schedule_items()).await?;
        index(manager, "schedule_items", &["cohort_id"]).await?;
        unique_index(manager, "schedule_items", &["module_id", "kind"]).await?;
        manager.create_table(overrides()).await?;
        index(manager, "overrides", &["cohort_id"]).await?;
        index(manager, "overrides", &["enrolment_id"]).await?;
        manager.create_table(openings()).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["openings", "overrides", "schedule_items"]).await
    }
}

fn schedule_items() -> TableCreateStatement {
    Table::create()
        .table("schedule_items")
        .col(pk_uuid("id"))
        .col(uuid("cohort_id"))
        .col(uuid("module_id"))
        .col(text("kind"))
        .col(integer("day_offset"))
        .col(text("time_of_day"))
        .foreign_key(&mut refers("schedule_items", "cohort_id", "cohorts"))
        .foreign_key(&mut refers("schedule_items", "module_id", "cohort_modules"))
        .to_owned()
}

fn overrides() -> TableCreateStatement {
    Table::create()
        .table("overrides")
        .col(pk_uuid("id"))
        .col(uuid("cohort_id"))
        .col(uuid_null("enrolment_id"))
        .col(uuid("module_id"))
        .col(text("opens_at_civil"))
        .col(text("reason"))
        .col(uuid_null("created_by"))
        .col(timestamp_with_time_zone("created_at"))
        .foreign_key(&mut refers("overrides", "cohort_id", "cohorts"))
        .foreign_key(&mut refers("overrides", "enrolment_id", "enrolments"))
        .foreign_key(&mut refers("overrides", "module_id", "cohort_modules"))
        .foreign_key(&mut refers("overrides", "created_by", "users"))
        .to_owned()
}

fn openings() -> TableCreateStatement {
    Table::create()
        .table("openings")
        .col(uuid("enrolment_id"))
        .col(uuid("module_id"))
        .col(timestamp_with_time_zone("opened_at"))
        .col(timestamp_with_time_zone("recorded_at"))
        .primary_key(Index::create().col("enrolment_id").col("module_id"))
        .foreign_key(&mut refers("openings", "enrolment_id", "enrolments"))
        .foreign_key(&mut refers("openings", "module_id", "cohort_modules"))
        .to_owned()
}
