//! A roster in the order of names is found on SQLite in an index alone: it has the state, by which who has no seat is left out.

use sea_orm_migration::prelude::*;

use crate::table::run;

#[derive(DeriveMigrationName, Debug)]
pub struct Migration;

const UP: [&str; 2] = [
    "DROP INDEX enrolments_by_name",
    "CREATE INDEX enrolments_by_name ON enrolments (cohort_id, lower(certificate_name), id, state)",
];

const DOWN: [&str; 2] =
    ["DROP INDEX enrolments_by_name", "CREATE INDEX enrolments_by_name ON enrolments (cohort_id, lower(certificate_name), id)"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &DOWN).await
    }
}
