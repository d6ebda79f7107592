//! Words to search by, how a seat came to be paid for, when a person was last here, and indexes that the staff's lists walk.

use std::collections::BTreeSet;

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;
use sea_orm_migration::sea_orm::{DbBackend, FromQueryResult, Statement, prelude::Uuid};

use crate::table::{drop_tables, index, run};

#[derive(DeriveMigrationName, Debug)]
pub struct Migration;

/// Rows a statement: well below either database's limit of bound values.
const ROWS: usize = 500;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(search_words(manager.get_database_backend())).await?;
        index(manager, "search_words", &["subject", "word"]).await?;
        add(manager, "enrolments", text("funding").default("unpaid").to_owned()).await?;
        add(manager, "users", timestamp_with_time_zone_null("last_seen_at")).await?;
        run(manager, &BACKFILL).await?;
        index(manager, "enrolments", &["state", "id"]).await?;
        index(manager, "enrolments", &["funding", "id"]).await?;
        for column in ["subject_id", "actor_id", "kind"] {
            index(manager, "audit_events", &[column, "id"]).await?;
        }
        fill_words(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, name) in INDEXES {
            manager.drop_index(Index::drop().name(name).table(table).to_owned()).await?;
        }
        for (table, column) in [("enrolments", "funding"), ("users", "last_seen_at")] {
            manager.alter_table(Table::alter().table(table).drop_column(column).to_owned()).await?;
        }
        drop_tables(manager, &["search_words"]).await
    }
}

const INDEXES: [(&str, &str); 5] = [
    ("enrolments", "idx_enrolments_state_id"),
    ("enrolments", "idx_enrolments_funding_id"),
    ("audit_events", "idx_audit_events_subject_id_id"),
    ("audit_events", "idx_audit_events_actor_id_id"),
    ("audit_events", "idx_audit_events_kind_id"),
];

/// What the rows of before say of the new columns.
const BACKFILL: [&str; 4] = [
    "UPDATE enrolments SET funding = 'paid' WHERE id IN (SELECT l.enrolment_id FROM order_lines l JOIN orders o ON o.id = l.order_id WHERE o.state = 'paid')",
    "UPDATE enrolments SET funding = 'offline' WHERE funding = 'paid' AND id NOT IN (SELECT l.enrolment_id FROM order_lines l JOIN orders o ON o.id = l.order_id JOIN payments p ON p.order_id = o.id WHERE o.state = 'paid' AND p.state = 'captured' AND p.method = 'card' AND l.enrolment_id IS NOT NULL)",
    "UPDATE enrolments SET funding = 'free' WHERE funding = 'unpaid' AND state = 'enrolled'",
    "UPDATE users SET last_seen_at = (SELECT MAX(s.last_seen_at) FROM sessions s WHERE s.user_id = users.id)",
];

/// Words sort by their bytes, so that a prefix is a range: SQLite does so by itself, PostgreSQL is told to.
fn search_words(backend: DbBackend) -> TableCreateStatement {
    let mut word = text("word").to_owned();
    if backend == DbBackend::Postgres {
        word.extra("COLLATE \"C\"");
    }
    Table::create()
        .table("search_words")
        .col(text("scope"))
        .col(word)
        .col(uuid("subject"))
        .primary_key(Index::create().col("scope").col("word").col("subject"))
        .to_owned()
}

async fn add(manager: &SchemaManager<'_>, table: &'static str, column: ColumnDef) -> Result<(), DbErr> {
    manager.alter_table(Table::alter().table(table).add_column(column).to_owned()).await
}

#[derive(Debug, FromQueryResult)]
struct Texts {
    subject: Uuid,
    one: String,
    two: String,
}

/// Whose words there are, and of which texts: people, the names on certificates, the numbers of orders.
const TEXTS: [&str; 3] = [
    "SELECT id AS subject, name AS one, email AS two FROM users",
    "SELECT id AS subject, certificate_name AS one, '' AS two FROM enrolments",
    "SELECT l.enrolment_id AS subject, o.number AS one, '' AS two FROM order_lines l JOIN orders o ON o.id = l.order_id WHERE l.enrolment_id IS NOT NULL",
];

async fn fill_words(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let conn = manager.get_connection();
    let mut all = BTreeSet::new();
    for query in TEXTS {
        let statement = Statement::from_string(manager.get_database_backend(), query);
        for row in Texts::find_by_statement(statement).all(conn).await? {
            all.extend(words(&row.one).chain(words(&row.two)).map(|word| (word, row.subject)));
        }
    }
    let all: Vec<_> = all.into_iter().collect();
    for chunk in all.chunks(ROWS) {
        let mut insert = Query::insert().into_table("search_words").columns(["scope", "word", "subject"]).to_owned();
        for (word, subject) in chunk {
            insert.values_panic(["enrolments".into(), word.as_str().into(), (*subject).into()]);
        }
        conn.execute(&insert).await?;
    }
    Ok(())
}

/// As the program splits texts at the time of this migration.
fn words(text: &str) -> impl Iterator<Item = String> {
    let lower = text.to_lowercase();
    let split = |c: char| !c.is_alphanumeric();
    let found: Vec<String> =
        lower.split(split).filter(|word| !word.is_empty()).map(|word| word.chars().take(40).collect()).collect();
    found.into_iter()
}
