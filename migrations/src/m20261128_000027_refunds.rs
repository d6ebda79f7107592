//! Refunds: money that goes back, the rule of each cohort, the limit above which a second admin agrees, and what truly came.

use sea_orm_migration::{prelude::*, schema::*};

use crate::table::{drop_tables, index, refers, run};

#[derive(DeriveMigrationName, Debug)]
pub struct Migration;

/// A reference of a bank is used for one refund; what the admins' lists ask for is found without reading every refund.
const INDEXES: [&str; 4] = [
    "CREATE UNIQUE INDEX refunds_reference ON refunds (method, reference) WHERE reference IS NOT NULL",
    "CREATE INDEX refunds_unfinished ON refunds (state) WHERE state IN ('awaiting_approval', 'preparing', 'pending')",
    "CREATE INDEX payments_intent ON payments (gateway_intent_id) WHERE gateway_intent_id IS NOT NULL",
    "UPDATE cohorts SET refund_days = (SELECT refund_days FROM organisation WHERE id = 1)
     WHERE EXISTS (SELECT 1 FROM organisation WHERE id = 1 AND refund_days IS NOT NULL)",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let add = |table: &'static str, column: ColumnDef| Table::alter().table(table).add_column(column).to_owned();
        manager.alter_table(add("payments", big_integer_null("received_minor"))).await?;
        manager.alter_table(add("payments", text_null("received_currency"))).await?;
        manager.alter_table(add("cohorts", integer("refund_days").default(14).to_owned())).await?;
        manager.alter_table(add("organisation", json_binary_null("refund_approval"))).await?;
        manager.create_table(refunds()).await?;
        index(manager, "refunds", &["order_id"]).await?;
        index(manager, "refunds", &["payment_id"]).await?;
        index(manager, "refunds", &["requested_by"]).await?;
        index(manager, "refunds", &["approved_by"]).await?;
        run(manager, &INDEXES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("DROP INDEX payments_intent").await?;
        drop_tables(manager, &["refunds"]).await?;
        for (table, column) in [
            ("organisation", "refund_approval"),
            ("cohorts", "refund_days"),
            ("payments", "received_currency"),
            ("payments", "received_minor"),
        ] {
            manager.alter_table(Table::alter().table(table).drop_column(column).to_owned()).await?;
        }
        Ok(())
    }
}

fn refunds() -> TableCreateStatement {
    Table::create()
        .table("refunds")
        .col(pk_uuid("id"))
        .col(uuid("order_id"))
        .col(uuid("payment_id"))
        .col(big_integer("amount_minor"))
        .col(text("currency"))
        .col(text("way"))
        .col(text("origin"))
        .col(text("cause"))
        .col(text("state"))
        .col(text_null("note"))
        .col(text_uniq("idempotency_key"))
        .col(text_null("gateway_refund_id").unique_key().to_owned())
        .col(text_null("method"))
        .col(text_null("reference"))
        .col(uuid_null("requested_by"))
        .col(uuid_null("approved_by"))
        .col(text_null("failure"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .col(timestamp_with_time_zone_null("settled_at"))
        .foreign_key(&mut refers("refunds", "order_id", "orders"))
        .foreign_key(&mut refers("refunds", "payment_id", "payments"))
        .foreign_key(&mut refers("refunds", "requested_by", "users"))
        .foreign_key(&mut refers("refunds", "approved_by", "users"))
        .to_owned()
}
