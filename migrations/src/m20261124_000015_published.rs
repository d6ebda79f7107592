//! Since when the public knows a cohort. Those that exist were public from their first day.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName, Debug)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = timestamp_with_time_zone_null("published_at");
        manager.alter_table(Table::alter().table("cohorts").add_column(column).to_owned()).await?;
        manager.get_connection().execute_unprepared("UPDATE cohorts SET published_at = created_at").await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("cohorts").drop_column("published_at").to_owned()).await
    }
}
