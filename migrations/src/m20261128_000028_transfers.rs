//! Orders that are to be paid by bank transfer or UPI, and for how long a seat is kept for them.

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
        manager.create_table(transfers()).await?;
        index(manager, "transfers", &["told_at"]).await?;
        index(manager, "transfers", &["reference"]).await?;
        let days = integer_null("transfer_days");
        manager.alter_table(Table::alter().table("organisation").add_column(days).to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("organisation").drop_column("transfer_days").to_owned()).await?;
        drop_tables(manager, &["transfers"]).await
    }
}

fn transfers() -> TableCreateStatement {
    Table::create()
        .table("transfers")
        .col(pk_uuid("order_id"))
        .col(text("way"))
        .col(timestamp_with_time_zone("chosen_at"))
        .col(timestamp_with_time_zone("chosen_until"))
        .col(timestamp_with_time_zone("held_until"))
        .col(text_null("reference"))
        .col(timestamp_with_time_zone_null("told_at"))
        .col(text_null("declined_reference"))
        .col(timestamp_with_time_zone_null("declined_at"))
        .foreign_key(&mut refers("transfers", "order_id", "orders"))
        .to_owned()
}
