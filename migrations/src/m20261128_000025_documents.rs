//! Receipts, invoices, credit notes: what they say is frozen, by the database too, and no row goes. Numbers come from a row of
//! their series, which only counts up.

use sea_orm_migration::sea_orm::DbBackend;
use sea_orm_migration::{prelude::*, schema::*};

use crate::table::{drop_tables, index, refers};

#[derive(DeriveMigrationName, Debug)]
pub struct Migration;

/// Every column but those that say how the PDF gets on.
const FROZEN: [&str; 9] = ["id", "key", "kind", "number", "order_id", "issued_on", "issued_at", "issued_by", "facts"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(series()).await?;
        manager.create_table(documents()).await?;
        index(manager, "documents", &["order_id"]).await?;
        index(manager, "documents", &["waiting_since"]).await?;
        manager.create_table(pdfs()).await?;
        for statement in freeze(manager.get_database_backend()) {
            manager.get_connection().execute_unprepared(&statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["document_pdfs", "documents", "document_series"]).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            manager.get_connection().execute_unprepared("DROP FUNCTION documents_are_frozen()").await?;
        }
        Ok(())
    }
}

fn series() -> TableCreateStatement {
    Table::create()
        .table("document_series")
        .col(text("series"))
        .col(text("year"))
        .col(big_integer("last"))
        .primary_key(Index::create().col("series").col("year"))
        .to_owned()
}

fn documents() -> TableCreateStatement {
    Table::create()
        .table("documents")
        .col(pk_uuid("id"))
        .col(text_uniq("key"))
        .col(text("kind"))
        .col(text_uniq("number"))
        .col(uuid("order_id"))
        .col(text("issued_on"))
        .col(timestamp_with_time_zone("issued_at"))
        .col(uuid_null("issued_by"))
        .col(json_binary("facts"))
        .col(json_binary("spellings"))
        .col(timestamp_with_time_zone_null("waiting_since"))
        .col(text("unprintable"))
        .foreign_key(&mut refers("documents", "order_id", "orders"))
        .foreign_key(&mut refers("documents", "issued_by", "users"))
        .to_owned()
}

/// Apart from the rest: a page reads a document without its PDF, and the PDF is set later.
fn pdfs() -> TableCreateStatement {
    Table::create()
        .table("document_pdfs")
        .col(pk_uuid("document_id"))
        .col(text("sha256"))
        .col(blob("bytes"))
        .col(timestamp_with_time_zone("set_at"))
        .foreign_key(&mut refers("document_pdfs", "document_id", "documents"))
        .to_owned()
}

fn freeze(backend: DbBackend) -> Vec<String> {
    let rules = [
        ("documents_unchanged", format!("UPDATE OF {} ON documents", FROZEN.join(", "))),
        ("documents_kept", "DELETE ON documents".to_owned()),
        ("document_pdfs_unchanged", "UPDATE ON document_pdfs".to_owned()),
        ("document_pdfs_kept", "DELETE ON document_pdfs".to_owned()),
        ("document_series_kept", "DELETE ON document_series".to_owned()),
    ];
    let mut statements = Vec::new();
    let then = if backend == DbBackend::Postgres {
        statements.push(
            "CREATE FUNCTION documents_are_frozen() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'a document never changes'; END $$"
                .to_owned(),
        );
        "EXECUTE FUNCTION documents_are_frozen()"
    } else {
        "BEGIN SELECT RAISE(ABORT, 'a document never changes'); END"
    };
    statements.extend(rules.map(|(name, when)| format!("CREATE TRIGGER {name} BEFORE {when} FOR EACH ROW {then}")));
    statements
}
