//! Seats in cohorts.

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
        manager.create_table(enrolments()).await?;
        index(manager, "enrolments", &["cohort_id", "state"]).await?;
        index(manager, "enrolments", &["user_id"]).await?;
        manager
            .get_connection()
            .execute_unprepared(
                "CREATE UNIQUE INDEX enrolments_one_seat ON enrolments (cohort_id, user_id) WHERE state IN ('held', 'enrolled')",
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["enrolments"]).await
    }
}

fn enrolments() -> TableCreateStatement {
    Table::create()
        .table("enrolments")
        .col(pk_uuid("id"))
        .col(uuid("cohort_id"))
        .col(uuid("user_id"))
        .col(text("state"))
        .col(text("certificate_name"))
        .col(timestamp_with_time_zone_null("hold_until"))
        .col(integer("extensions"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("enrolled_at"))
        .col(timestamp_with_time_zone_null("ended_at"))
        .foreign_key(&mut refers("enrolments", "cohort_id", "cohorts"))
        .foreign_key(&mut refers("enrolments", "user_id", "users"))
        .to_owned()
}
