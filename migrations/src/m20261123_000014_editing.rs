//! Courses and readings that are edited in the browser: versions against edits that cross, the moment since when a reading can
//! be read, and the course's title as each cohort took it over.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName, Debug)]
pub struct Migration;

const VERSIONED: [&str; 3] = ["courses", "course_modules", "readings"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in VERSIONED {
            add(manager, table, integer("version").default(1).to_owned()).await?;
        }
        add(manager, "readings", timestamp_with_time_zone_null("ready_since").to_owned()).await?;
        add(manager, "cohorts", text("course_title").default("").to_owned()).await?;
        let conn = manager.get_connection();
        // Until now a reading did not change: what is ready has been so since it came.
        conn.execute_unprepared(
            "UPDATE readings SET ready_since = created_at
             WHERE url IS NOT NULL OR (body IS NOT NULL AND rights <> 'link_only')",
        )
        .await?;
        conn.execute_unprepared(
            "UPDATE cohorts SET course_title = (SELECT title FROM courses WHERE courses.id = cohorts.course_id)",
        )
        .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        remove(manager, "cohorts", "course_title").await?;
        remove(manager, "readings", "ready_since").await?;
        for table in VERSIONED {
            remove(manager, table, "version").await?;
        }
        Ok(())
    }
}

async fn add(manager: &SchemaManager<'_>, table: &'static str, mut column: ColumnDef) -> Result<(), DbErr> {
    manager.alter_table(Table::alter().table(table).add_column(&mut column).to_owned()).await
}

async fn remove(manager: &SchemaManager<'_>, table: &'static str, column: &'static str) -> Result<(), DbErr> {
    manager.alter_table(Table::alter().table(table).drop_column(column).to_owned()).await
}
