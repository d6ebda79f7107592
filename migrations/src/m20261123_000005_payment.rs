//! Orders and the money that moves for them.

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
        manager.create_table(orders()).await?;
        index(manager, "orders", &["user_id"]).await?;
        manager.create_table(order_lines()).await?;
        index(manager, "order_lines", &["order_id"]).await?;
        index(manager, "order_lines", &["enrolment_id"]).await?;
        manager.create_table(payments()).await?;
        index(manager, "payments", &["order_id"]).await?;
        index(manager, "payments", &["state", "gateway_expires_at"]).await?;
        index(manager, "payments", &["recorded_by"]).await?;
        manager
            .get_connection()
            .execute_unprepared(
                "CREATE UNIQUE INDEX payments_reference ON payments (method, reference) WHERE reference IS NOT NULL",
            )
            .await?;
        manager.create_table(payment_exceptions()).await?;
        index(manager, "payment_exceptions", &["order_id"]).await?;
        index(manager, "payment_exceptions", &["payment_id"]).await?;
        manager.create_table(gateway_events()).await?;
        index(manager, "gateway_events", &["processed_at"]).await?;
        manager.create_table(gateway_cursor()).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["gateway_cursor", "gateway_events", "payment_exceptions", "payments", "order_lines", "orders"])
            .await
    }
}

fn orders() -> TableCreateStatement {
    Table::create()
        .table("orders")
        .col(pk_uuid("id"))
        .col(text_uniq("number"))
        .col(uuid("user_id"))
        .col(text("state"))
        .col(text("currency"))
        .col(big_integer("subtotal_minor"))
        .col(big_integer("tax_minor"))
        .col(big_integer("total_minor"))
        .col(json_binary("buyer"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("settled_at"))
        .foreign_key(&mut refers("orders", "user_id", "users"))
        .to_owned()
}

fn order_lines() -> TableCreateStatement {
    Table::create()
        .table("order_lines")
        .col(pk_uuid("id"))
        .col(uuid("order_id"))
        .col(integer("position"))
        .col(uuid_null("enrolment_id"))
        .col(text("description"))
        .col(integer("quantity"))
        .col(big_integer("unit_minor"))
        .col(big_integer("total_minor"))
        .foreign_key(&mut refers("order_lines", "order_id", "orders"))
        .foreign_key(&mut refers("order_lines", "enrolment_id", "enrolments"))
        .to_owned()
}

fn payments() -> TableCreateStatement {
    Table::create()
        .table("payments")
        .col(pk_uuid("id"))
        .col(uuid("order_id"))
        .col(text("method"))
        .col(text("state"))
        .col(big_integer("amount_minor"))
        .col(text("currency"))
        .col(text_null("idempotency_key").unique_key().to_owned())
        .col(text_null("gateway_session_id").unique_key().to_owned())
        .col(text_null("gateway_url"))
        .col(text_null("gateway_intent_id"))
        .col(timestamp_with_time_zone_null("gateway_expires_at"))
        .col(text_null("reference"))
        .col(text_null("received_on"))
        .col(uuid_null("recorded_by"))
        .col(text_null("failure"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .col(timestamp_with_time_zone_null("captured_at"))
        .foreign_key(&mut refers("payments", "order_id", "orders"))
        .foreign_key(&mut refers("payments", "recorded_by", "users"))
        .to_owned()
}

fn payment_exceptions() -> TableCreateStatement {
    Table::create()
        .table("payment_exceptions")
        .col(pk_uuid("id"))
        .col(text_uniq("dedupe_key"))
        .col(uuid_null("order_id"))
        .col(uuid_null("payment_id"))
        .col(text_null("gateway_reference"))
        .col(text("reason"))
        .col(json_binary("detail"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("resolved_at"))
        .col(uuid_null("resolved_by"))
        .col(text_null("resolution"))
        .foreign_key(&mut refers("payment_exceptions", "order_id", "orders"))
        .foreign_key(&mut refers("payment_exceptions", "payment_id", "payments"))
        .foreign_key(&mut refers("payment_exceptions", "resolved_by", "users"))
        .to_owned()
}

fn gateway_events() -> TableCreateStatement {
    Table::create()
        .table("gateway_events")
        .col(text("id").primary_key().to_owned())
        .col(text("kind"))
        .col(blob("body"))
        .col(boolean("live"))
        .col(timestamp_with_time_zone("received_at"))
        .col(timestamp_with_time_zone_null("processed_at"))
        .col(text_null("error"))
        .to_owned()
}

fn gateway_cursor() -> TableCreateStatement {
    Table::create()
        .table("gateway_cursor")
        .col(integer("id").primary_key().to_owned())
        .col(timestamp_with_time_zone("seen_to"))
        .to_owned()
}
