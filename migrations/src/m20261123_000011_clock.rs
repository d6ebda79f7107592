//! The offset of service time.

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
        manager.create_table(service_clock()).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["service_clock"]).await
    }
}

fn service_clock() -> TableCreateStatement {
    Table::create()
        .table("service_clock")
        .col(integer("id").primary_key().to_owned())
        .col(big_integer("offset_micros"))
        .check(Expr::col("id").eq(1))
        .to_owned()
}
