//! Indexes by which the outbox's list finds letters, and by which the program's state is counted.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::table::index;

#[derive(DeriveMigrationName, Debug)]
pub struct Migration;

const LOOKUPS: [(&str, &[&str]); 3] =
    [("outbox", &["kind", "id"]), ("outbox", &["recipient", "id"]), ("gateway_events", &["received_at"])];

/// Those that wait and those that have ended apart, each in its own words: by one index of all states, SQLite would take letters
/// that are due, and sort all that wait.
const PARTIAL: [(&str, &str); 4] = [
    ("outbox_waiting", "outbox (state, id) WHERE state IN ('pending', 'leased')"),
    ("outbox_ended", "outbox (state, id) WHERE state NOT IN ('pending', 'leased')"),
    ("outbox_ended_kind", "outbox (kind, state, id) WHERE state NOT IN ('pending', 'leased')"),
    ("sessions_going", "sessions (expires_at) WHERE ended_at IS NULL"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        collate(manager, "\"C\"").await?;
        for (table, columns) in LOOKUPS {
            index(manager, table, columns).await?;
        }
        for (name, rows) in PARTIAL {
            manager.get_connection().execute_unprepared(&format!("CREATE INDEX {name} ON {rows}")).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, columns) in LOOKUPS {
            let name = format!("idx_{table}_{}", columns.join("_"));
            manager.drop_index(Index::drop().name(name).table(table).to_owned()).await?;
        }
        for (name, _) in PARTIAL {
            manager.get_connection().execute_unprepared(&format!("DROP INDEX {name}")).await?;
        }
        collate(manager, "\"default\"").await
    }
}

/// Addresses sort by their bytes, so that a prefix is a range: SQLite does so by itself, PostgreSQL is told to.
async fn collate(manager: &SchemaManager<'_>, collation: &str) -> Result<(), DbErr> {
    if manager.get_database_backend() == DbBackend::Postgres {
        let statement = format!("ALTER TABLE outbox ALTER COLUMN recipient TYPE text COLLATE {collation}");
        manager.get_connection().execute_unprepared(&statement).await?;
    }
    Ok(())
}
