//! What exports are worth in rupees: the rates that admins enter, and the invoices that wait for one.

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
        manager.create_table(rates()).await?;
        manager.create_table(awaited()).await?;
        index(manager, "awaited_invoices", &["since"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["awaited_invoices", "exchange_rates"]).await
    }
}

fn rates() -> TableCreateStatement {
    Table::create()
        .table("exchange_rates")
        .col(text("currency"))
        .col(text("from_day"))
        .col(text("rate"))
        .col(text("source"))
        .col(timestamp_with_time_zone("entered_at"))
        .col(uuid_null("entered_by"))
        .primary_key(Index::create().col("currency").col("from_day"))
        .foreign_key(&mut refers("exchange_rates", "entered_by", "users"))
        .to_owned()
}

fn awaited() -> TableCreateStatement {
    Table::create()
        .table("awaited_invoices")
        .col(pk_uuid("order_id"))
        .col(text("currency"))
        .col(text("supplied_on"))
        .col(timestamp_with_time_zone("since"))
        .foreign_key(&mut refers("awaited_invoices", "order_id", "orders"))
        .to_owned()
}
