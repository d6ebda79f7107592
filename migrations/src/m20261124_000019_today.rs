//! The daily queue: what an admin has looked at, and indexes of what waits.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName, Debug)]
pub struct Migration;

const INDEXES: [&str; 2] = [
    "CREATE INDEX outbox_troubled ON outbox (id) WHERE state IN ('held', 'dead', 'in_doubt')",
    "CREATE INDEX gateway_events_odd ON gateway_events (received_at) WHERE error IS NOT NULL AND seen_at IS NULL",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let seen = timestamp_with_time_zone_null("seen_at");
        manager.alter_table(Table::alter().table("gateway_events").add_column(seen).to_owned()).await?;
        for index in INDEXES {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in ["outbox_troubled", "gateway_events_odd"] {
            manager.get_connection().execute_unprepared(&format!("DROP INDEX {name}")).await?;
        }
        manager.alter_table(Table::alter().table("gateway_events").drop_column("seen_at").to_owned()).await
    }
}
