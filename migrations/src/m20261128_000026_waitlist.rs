//! The waitlists of full cohorts, and how long an offer of a seat lasts.

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
        manager.create_table(waitlist_entries()).await?;
        unique_index(manager, "waitlist_entries", &["cohort_id", "place"]).await?;
        index(manager, "waitlist_entries", &["cohort_id", "state", "place"]).await?;
        index(manager, "waitlist_entries", &["user_id"]).await?;
        manager
            .get_connection()
            .execute_unprepared(
                "CREATE UNIQUE INDEX waitlist_entries_one_live ON waitlist_entries (cohort_id, user_id) \
                 WHERE state IN ('waiting', 'offered')",
            )
            .await?;
        let hours = integer_null("offer_hours");
        manager.alter_table(Table::alter().table("organisation").add_column(hours).to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("organisation").drop_column("offer_hours").to_owned()).await?;
        drop_tables(manager, &["waitlist_entries"]).await
    }
}

fn waitlist_entries() -> TableCreateStatement {
    Table::create()
        .table("waitlist_entries")
        .col(pk_uuid("id"))
        .col(uuid("cohort_id"))
        .col(uuid("user_id"))
        .col(integer("place"))
        .col(text("state"))
        .col(timestamp_with_time_zone("joined_at"))
        .col(timestamp_with_time_zone_null("offered_at"))
        .col(timestamp_with_time_zone_null("offer_until"))
        .col(timestamp_with_time_zone_null("ended_at"))
        .col(uuid_null("enrolment_id"))
        .foreign_key(&mut refers("waitlist_entries", "cohort_id", "cohorts"))
        .foreign_key(&mut refers("waitlist_entries", "user_id", "users"))
        .foreign_key(&mut refers("waitlist_entries", "enrolment_id", "enrolments"))
        .to_owned()
}
