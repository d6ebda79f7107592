//! The migrations and the entities must describe the same tables, on both databases.

use std::collections::BTreeMap;

use lectern::db::rows::{
    audit, catalogue, clock, enrolment, identity, jobs, learning, mail, organisation, payment, readings, schedule,
};
use migrations::{Migrator, MigratorTrait};
use sea_orm::sea_query::TableCreateStatement;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Schema, Statement};

use crate::support::database::{Scratch, postgres_url, sqlite};

/// (table, column) to (type, nullable).
type Columns = BTreeMap<(String, String), (String, String)>;

#[tokio::test]
async fn on_sqlite_the_migrated_tables_are_the_entities_tables() -> Result<(), DbErr> {
    assert_schema_matches(&sqlite().await?, &sqlite().await?).await
}

#[tokio::test]
async fn on_postgres_the_migrated_tables_are_the_entities_tables() -> Result<(), DbErr> {
    let Some(url) = postgres_url() else { return Ok(()) };
    let (migrated, synced) = (Scratch::create(&url).await?, Scratch::create(&url).await?);
    assert_schema_matches(&migrated.conn, &synced.conn).await?;
    migrated.remove().await?;
    synced.remove().await
}

#[tokio::test]
async fn on_sqlite_the_migrations_go_down_and_up_again() -> Result<(), DbErr> {
    assert_down_and_up_again(&sqlite().await?).await
}

#[tokio::test]
async fn on_postgres_the_migrations_go_down_and_up_again() -> Result<(), DbErr> {
    let Some(url) = postgres_url() else { return Ok(()) };
    let scratch = Scratch::create(&url).await?;
    assert_down_and_up_again(&scratch.conn).await?;
    scratch.remove().await
}

/// Migrates one empty database, builds the other from the entities, and compares names, types and nullability.
pub async fn assert_schema_matches(migrated: &DatabaseConnection, synced: &DatabaseConnection) -> Result<(), DbErr> {
    Migrator::up(migrated, None).await?;
    for table in tables_of_entities(&Schema::new(synced.get_database_backend())) {
        synced.execute(&table).await?;
    }
    let (migrated, synced) = (columns(migrated).await?, columns(synced).await?);
    assert!(!migrated.is_empty());
    let only = |these: &Columns, those: &Columns| {
        let differs = |(column, shape): &(&(String, String), &(String, String))| those.get(*column) != Some(*shape);
        these.iter().filter(differs).map(|(column, shape)| format!("{column:?} {shape:?}")).collect::<Vec<_>>()
    };
    assert_eq!(only(&migrated, &synced), only(&synced, &migrated), "left: migrations, right: entities");
    Ok(())
}

async fn assert_down_and_up_again(conn: &DatabaseConnection) -> Result<(), DbErr> {
    Migrator::up(conn, None).await?;
    let before = columns(conn).await?;
    Migrator::down(conn, None).await?;
    assert_eq!(columns(conn).await?, Columns::new());
    Migrator::up(conn, None).await?;
    assert_eq!(columns(conn).await?, before);
    Ok(())
}

/// Every entity, in an order in which no table refers to a later one.
fn tables_of_entities(schema: &Schema) -> Vec<TableCreateStatement> {
    macro_rules! tables {
        ($($entity:path),* $(,)?) => { vec![$(schema.create_table_from_entity($entity)),*] };
    }
    tables![
        organisation::settings::Entity,
        organisation::logo::Entity,
        identity::users::Entity,
        identity::sign_in_challenges::Entity,
        identity::sessions::Entity,
        readings::readings::Entity,
        catalogue::courses::Entity,
        catalogue::course_modules::Entity,
        catalogue::course_module_readings::Entity,
        catalogue::cohorts::Entity,
        catalogue::cohort_modules::Entity,
        catalogue::cohort_module_readings::Entity,
        catalogue::cohort_instructors::Entity,
        enrolment::enrolments::Entity,
        payment::orders::Entity,
        payment::order_lines::Entity,
        payment::payments::Entity,
        payment::payment_exceptions::Entity,
        payment::gateway_cursor::Entity,
        payment::gateway_events::Entity,
        schedule::schedule_items::Entity,
        schedule::overrides::Entity,
        schedule::openings::Entity,
        learning::progress::Entity,
        audit::audit_events::Entity,
        audit::touches::Entity,
        jobs::Entity,
        mail::Entity,
        clock::Entity,
    ]
}

/// What the database itself says of its tables, leaving out the migrator's own.
async fn columns(conn: &DatabaseConnection) -> Result<Columns, DbErr> {
    let backend = conn.get_database_backend();
    let query = match backend {
        DbBackend::Postgres => {
            "SELECT table_name::text AS t, column_name::text AS c, data_type::text AS d, is_nullable::text AS n
             FROM information_schema.columns WHERE table_schema = current_schema()"
        }
        _ => {
            "SELECT m.name AS t, c.name AS c, c.type AS d, CASE c.\"notnull\" WHEN 1 THEN 'NO' ELSE 'YES' END AS n
             FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        }
    };
    let mut found = Columns::new();
    for row in conn.query_all_raw(Statement::from_string(backend, query)).await? {
        let text = |name| row.try_get::<String>("", name);
        // The entities say varchar for a String; neither database treats it otherwise than text.
        let kind = text("d")?.to_lowercase().replace("character varying", "text").replace("varchar", "text");
        found.insert((text("t")?, text("c")?), (kind, text("n")?));
    }
    found.retain(|(table, _), _| table != "seaql_migrations");
    Ok(found)
}
