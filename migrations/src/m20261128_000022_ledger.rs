//! The ledger: facts about money as entries of double-entry bookkeeping, which nobody changes. What happened before there was one
//! is booked here, as the program would have booked it.

use sea_orm_migration::sea_orm::prelude::Uuid;
use sea_orm_migration::sea_orm::{DbBackend, Statement};
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
        manager.create_table(entries()).await?;
        for column in ["at", "order_id", "payment_id", "refund_id"] {
            index(manager, "ledger_entries", &[column]).await?;
        }
        manager.create_table(postings()).await?;
        book_the_past(manager).await?;
        for statement in freeze(manager.get_database_backend()) {
            manager.get_connection().execute_unprepared(&statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["ledger_postings", "ledger_entries"]).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            manager.get_connection().execute_unprepared("DROP FUNCTION ledger_is_append_only()").await?;
        }
        Ok(())
    }
}

/// Refunds are named without a foreign key: their table is younger.
fn entries() -> TableCreateStatement {
    Table::create()
        .table("ledger_entries")
        .col(pk_uuid("id"))
        .col(text_uniq("key"))
        .col(text("kind"))
        .col(timestamp_with_time_zone("at"))
        .col(uuid_null("order_id"))
        .col(uuid_null("payment_id"))
        .col(uuid_null("refund_id"))
        .foreign_key(&mut refers("ledger_entries", "order_id", "orders"))
        .foreign_key(&mut refers("ledger_entries", "payment_id", "payments"))
        .to_owned()
}

fn postings() -> TableCreateStatement {
    Table::create()
        .table("ledger_postings")
        .col(uuid("entry_id"))
        .col(integer("position"))
        .col(text("account"))
        .col(text("currency"))
        .col(big_integer("amount_minor"))
        .primary_key(Index::create().col("entry_id").col("position"))
        .foreign_key(&mut refers("ledger_postings", "entry_id", "ledger_entries"))
        .to_owned()
}

/// Books what happened before: paid orders, captured payments, and money in the queue that no captured payment holds. An entry takes
/// the id of what it is about, and the key under which the program looks for it.
async fn book_the_past(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let (conn, backend) = (manager.get_connection(), manager.get_database_backend());
    let stray = stray(backend);
    let (paid, captured) = ("FROM orders o WHERE o.state = 'paid'", "FROM payments p WHERE p.state = 'captured'");
    let of_order = ("invoiced", "o.id", "COALESCE(o.settled_at, o.created_at), o.id, NULL", paid);
    let of_payment = ("captured", "p.id", "COALESCE(p.captured_at, p.created_at), p.order_id, p.id", captured);
    let of_stray = ("captured", "x.id", "x.created_at, x.order_id, x.payment_id", stray.as_str());
    for (kind, id, facts, from) in [of_order, of_payment, of_stray] {
        let named = match kind {
            "invoiced" => "NULL AS payment, NULL AS session",
            _ if id == "p.id" => "p.id AS payment, NULL AS session",
            _ => "x.payment_id AS payment, x.dedupe_key AS session",
        };
        let ask = Statement::from_string(backend, format!("SELECT {id} AS id, {named} {from}"));
        for row in conn.query_all_raw(ask).await? {
            let (id_of, payment): (Uuid, Option<Uuid>) = (row.try_get("", "id")?, row.try_get("", "payment").unwrap_or(None));
            let key = match (kind, payment, row.try_get::<Option<String>>("", "session").unwrap_or(None)) {
                ("invoiced", ..) => format!("invoiced:{}", outside("ord", id_of)),
                (_, None, Some(session)) => format!("captured:{session}"),
                (_, payment, _) => format!("captured:{}", outside("pay", payment.unwrap_or(id_of))),
            };
            let insert = format!(
                "INSERT INTO ledger_entries (id, key, kind, at, order_id, payment_id) \
                 SELECT {id}, $1, '{kind}', {facts} {from} AND {id} = $2"
            );
            conn.execute_raw(Statement::from_sql_and_values(backend, insert, [key.into(), id_of.into()])).await?;
        }
    }
    for statement in past_postings(backend, paid, captured, &stray) {
        conn.execute_unprepared(&statement).await?;
    }
    Ok(())
}

/// An identifier in its outside form: Crockford's base 32 behind a prefix.
fn outside(prefix: &str, id: Uuid) -> String {
    let digit = |place: u32| char::from(b"0123456789abcdefghjkmnpqrstvwxyz"[(id.as_u128() >> (5 * place)) as usize & 31]);
    format!("{prefix}_{}", (0..26).rev().map(digit).collect::<String>())
}

/// A field of the amount that an entry of the queue is about.
fn field(backend: DbBackend, name: &str) -> String {
    match backend {
        DbBackend::Postgres => format!("x.detail->'amount'->>'{name}'"),
        _ => format!("json_extract(x.detail, '$.amount.{name}')"),
    }
}

fn minor(backend: DbBackend) -> String {
    format!("CAST({} AS BIGINT)", field(backend, "minor"))
}

/// Money in the queue, of our own mode and a currency of ours, that no captured payment holds.
fn stray(backend: DbBackend) -> String {
    let says = match backend {
        DbBackend::Postgres => "x.detail->>'says'",
        _ => "json_extract(x.detail, '$.says')",
    };
    format!(
        "FROM payment_exceptions x LEFT JOIN payments p ON p.id = x.payment_id WHERE {says} = 'paid' \
         AND {} <> 0 AND x.reason <> 'wrong_mode' AND (p.id IS NULL OR p.state <> 'captured')",
        minor(backend)
    )
}

fn past_postings(backend: DbBackend, paid: &str, captured: &str, stray: &str) -> Vec<String> {
    let (minor, currency) = (minor(backend), field(backend, "currency"));
    // Money in the queue settles nothing.
    let queued = "EXISTS (SELECT 1 FROM payment_exceptions x WHERE x.payment_id = p.id)";
    let against = format!("CASE WHEN {queued} THEN 'suspense' ELSE 'receivable' END");
    let held = "CASE p.method WHEN 'card' THEN 'gateway_clearing' WHEN 'cash' THEN 'cash' ELSE 'bank' END";
    let posting = "INSERT INTO ledger_postings (entry_id, position, account, currency, amount_minor)";
    vec![
        format!("{posting} SELECT o.id, 1, 'receivable', o.currency, o.total_minor {paid} AND o.total_minor <> 0"),
        format!("{posting} SELECT o.id, 2, 'revenue', o.currency, o.tax_minor - o.total_minor {paid} AND o.total_minor <> 0"),
        format!("{posting} SELECT o.id, 3, 'tax_payable', o.currency, -o.tax_minor {paid} AND o.tax_minor <> 0"),
        format!("{posting} SELECT p.id, 1, {held}, p.currency, p.amount_minor {captured}"),
        format!("{posting} SELECT p.id, 2, {against}, p.currency, -p.amount_minor {captured}"),
        format!("{posting} SELECT x.id, 1, 'gateway_clearing', {currency}, {minor} {stray}"),
        format!("{posting} SELECT x.id, 2, 'suspense', {currency}, -{minor} {stray}"),
    ]
}

fn freeze(backend: DbBackend) -> Vec<String> {
    let mut statements = Vec::new();
    let then = if backend == DbBackend::Postgres {
        statements.push(
            "CREATE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'the ledger never changes'; END $$"
                .to_owned(),
        );
        "EXECUTE FUNCTION ledger_is_append_only()"
    } else {
        "BEGIN SELECT RAISE(ABORT, 'the ledger never changes'); END"
    };
    for table in ["ledger_entries", "ledger_postings"] {
        for (name, when) in [("unchanged", "UPDATE"), ("kept", "DELETE")] {
            statements.push(format!("CREATE TRIGGER {table}_{name} BEFORE {when} ON {table} FOR EACH ROW {then}"));
        }
    }
    statements
}
