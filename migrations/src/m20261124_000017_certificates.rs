//! Certificates: what they say is frozen, by the database too. Only the columns of the state may change, and no row goes.

use sea_orm_migration::sea_orm::DbBackend;
use sea_orm_migration::{prelude::*, schema::*};

use crate::table::{drop_tables, refers, unique_index};

#[derive(DeriveMigrationName, Debug)]
pub struct Migration;

/// Every column but those of the state.
const FROZEN: [&str; 17] = [
    "id",
    "code",
    "enrolment_id",
    "edition",
    "name",
    "course",
    "cohort",
    "starts_on",
    "ends_on",
    "modules",
    "completed_at",
    "issuer",
    "signers",
    "issued_on",
    "issued_at",
    "issued_by",
    "pdf_sha256",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(certificates()).await?;
        unique_index(manager, "certificates", &["enrolment_id", "edition"]).await?;
        manager.create_table(pdfs()).await?;
        for statement in freeze(manager.get_database_backend()) {
            manager.get_connection().execute_unprepared(&statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["certificate_pdfs", "certificates"]).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            manager.get_connection().execute_unprepared("DROP FUNCTION certificates_are_frozen()").await?;
        }
        Ok(())
    }
}

fn certificates() -> TableCreateStatement {
    Table::create()
        .table("certificates")
        .col(pk_uuid("id"))
        .col(text_uniq("code"))
        .col(uuid("enrolment_id"))
        .col(integer("edition"))
        .col(text("name"))
        .col(text("course"))
        .col(text("cohort"))
        .col(text("starts_on"))
        .col(text("ends_on"))
        .col(json_binary("modules"))
        .col(timestamp_with_time_zone("completed_at"))
        .col(text("issuer"))
        .col(json_binary("signers"))
        .col(text("issued_on"))
        .col(timestamp_with_time_zone("issued_at"))
        .col(uuid_null("issued_by"))
        .col(text("pdf_sha256"))
        .col(text("state"))
        .col(timestamp_with_time_zone_null("revoked_at"))
        .col(uuid_null("revoked_by"))
        .col(text_null("reason"))
        .col(timestamp_with_time_zone_null("superseded_at"))
        .col(text_null("superseded_by"))
        .foreign_key(&mut refers("certificates", "enrolment_id", "enrolments"))
        .foreign_key(&mut refers("certificates", "issued_by", "users"))
        .foreign_key(&mut refers("certificates", "revoked_by", "users"))
        .to_owned()
}

/// Apart from the rest: a page reads a certificate without its PDF.
fn pdfs() -> TableCreateStatement {
    Table::create()
        .table("certificate_pdfs")
        .col(pk_uuid("certificate_id"))
        .col(blob("bytes"))
        .foreign_key(&mut refers("certificate_pdfs", "certificate_id", "certificates"))
        .to_owned()
}

fn freeze(backend: DbBackend) -> Vec<String> {
    let rules = [
        ("certificates_unchanged", format!("UPDATE OF {} ON certificates", FROZEN.join(", "))),
        ("certificates_kept", "DELETE ON certificates".to_owned()),
        ("certificate_pdfs_unchanged", "UPDATE ON certificate_pdfs".to_owned()),
        ("certificate_pdfs_kept", "DELETE ON certificate_pdfs".to_owned()),
    ];
    let mut statements = Vec::new();
    let then = if backend == DbBackend::Postgres {
        statements.push(
            "CREATE FUNCTION certificates_are_frozen() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'a certificate never changes'; END $$"
                .to_owned(),
        );
        "EXECUTE FUNCTION certificates_are_frozen()"
    } else {
        "BEGIN SELECT RAISE(ABORT, 'a certificate never changes'); END"
    };
    statements.extend(rules.map(|(name, when)| format!("CREATE TRIGGER {name} BEFORE {when} FOR EACH ROW {then}")));
    statements
}
