//! What became of money at the gateway: what it kept of each payment, disputes, payouts and what they consist of; and the customers
//! as whom buyers are known there.

use sea_orm_migration::{prelude::*, schema::*};

use crate::table::{drop_tables, index, refers, run};

#[derive(DeriveMigrationName, Debug)]
pub struct Migration;

/// What index functions cannot say: indexes over a part of a table, and one that another change may have made before.
const INDEXES: [&str; 3] = [
    "CREATE INDEX gateway_charges_expected ON gateway_charges (asked_at) WHERE known_at IS NULL",
    "CREATE INDEX disputes_unmatched ON disputes (asked_at) WHERE payment_id IS NULL",
    "CREATE INDEX IF NOT EXISTS idx_payments_gateway_intent_id ON payments (gateway_intent_id)",
];

/// What came by card before the gateway's fees were booked: they are asked for now.
const PAST: &str = "INSERT INTO gateway_charges (payment_id, expected_at, asked_at) SELECT e.payment_id, e.at, e.at \
     FROM ledger_entries e JOIN payments p ON p.id = e.payment_id \
     WHERE e.kind = 'captured' AND p.method = 'card' AND p.gateway_intent_id IS NOT NULL";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(charges()).await?;
        manager.create_table(disputes()).await?;
        for column in ["payment_id", "order_id", "status"] {
            index(manager, "disputes", &[column]).await?;
        }
        manager.create_table(payouts()).await?;
        for column in ["paid_at", "failed_at", "status"] {
            index(manager, "payouts", &[column]).await?;
        }
        manager.create_table(payout_lines()).await?;
        index(manager, "payout_lines", &["payout_id"]).await?;
        manager.create_table(customers()).await?;
        index(manager, "gateway_customers", &["user_id"]).await?;
        let customer = text_null("gateway_customer_id");
        manager.alter_table(Table::alter().table("payments").add_column(customer).to_owned()).await?;
        index(manager, "documents", &["issued_on"]).await?;
        run(manager, &INDEXES).await?;
        run(manager, &[PAST]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in ["idx_documents_issued_on", "idx_payments_gateway_intent_id"] {
            manager.get_connection().execute_unprepared(&format!("DROP INDEX IF EXISTS {name}")).await?;
        }
        manager.alter_table(Table::alter().table("payments").drop_column("gateway_customer_id").to_owned()).await?;
        drop_tables(manager, &["gateway_customers", "payout_lines", "payouts", "disputes", "gateway_charges"]).await
    }
}

/// A row from the capture on; all but the payment is known once the gateway has told.
fn charges() -> TableCreateStatement {
    Table::create()
        .table("gateway_charges")
        .col(pk_uuid("payment_id"))
        .col(text_null("charge_id").unique_key().to_owned())
        .col(text_null("transaction_id"))
        .col(text_null("currency"))
        .col(big_integer_null("amount_minor"))
        .col(big_integer_null("fee_minor"))
        .col(text_null("exchange_rate"))
        .col(timestamp_with_time_zone_null("available_on"))
        .col(timestamp_with_time_zone("expected_at"))
        .col(timestamp_with_time_zone("asked_at"))
        .col(timestamp_with_time_zone_null("known_at"))
        .foreign_key(&mut refers("gateway_charges", "payment_id", "payments"))
        .to_owned()
}

fn disputes() -> TableCreateStatement {
    Table::create()
        .table("disputes")
        .col(text("id").primary_key().to_owned())
        .col(uuid_null("payment_id"))
        .col(uuid_null("order_id"))
        .col(text_null("intent"))
        .col(text("charge_id"))
        .col(big_integer_null("amount_minor"))
        .col(text_null("currency"))
        .col(text("status"))
        .col(text("reason"))
        .col(timestamp_with_time_zone_null("evidence_due_by"))
        .col(json_binary("movements"))
        .col(big_integer("taken_minor"))
        .col(big_integer("returned_minor"))
        .col(timestamp_with_time_zone("heard_at"))
        .col(timestamp_with_time_zone("asked_at"))
        .col(timestamp_with_time_zone_null("decided_at"))
        .col(uuid_null("decided_by"))
        .foreign_key(&mut refers("disputes", "payment_id", "payments"))
        .foreign_key(&mut refers("disputes", "order_id", "orders"))
        .foreign_key(&mut refers("disputes", "decided_by", "users"))
        .to_owned()
}

fn payouts() -> TableCreateStatement {
    Table::create()
        .table("payouts")
        .col(text("id").primary_key().to_owned())
        .col(big_integer("amount_minor"))
        .col(text("currency"))
        .col(text("status"))
        .col(text_null("failure"))
        .col(timestamp_with_time_zone("arrival"))
        .col(boolean("automatic"))
        .col(timestamp_with_time_zone("heard_at"))
        .col(timestamp_with_time_zone_null("paid_at"))
        .col(timestamp_with_time_zone_null("failed_at"))
        .to_owned()
}

fn payout_lines() -> TableCreateStatement {
    Table::create()
        .table("payout_lines")
        .col(text("id").primary_key().to_owned())
        .col(text("payout_id"))
        .col(integer("position"))
        .col(text("kind"))
        .col(text_null("source"))
        .col(text("currency"))
        .col(big_integer("amount_minor"))
        .col(big_integer("fee_minor"))
        .col(big_integer("net_minor"))
        .foreign_key(&mut refers("payout_lines", "payout_id", "payouts"))
        .to_owned()
}

/// One for each order whose buyer the gateway did not know as they are there.
fn customers() -> TableCreateStatement {
    Table::create()
        .table("gateway_customers")
        .col(uuid("order_id"))
        .col(boolean("live"))
        .col(uuid("user_id"))
        .col(text_uniq("idempotency_key"))
        .col(text_null("customer_id"))
        .col(text_null("refused"))
        .col(timestamp_with_time_zone("created_at"))
        .primary_key(Index::create().col("order_id").col("live"))
        .foreign_key(&mut refers("gateway_customers", "order_id", "orders"))
        .foreign_key(&mut refers("gateway_customers", "user_id", "users"))
        .to_owned()
}
