//! Floor 4: what an operator does with the whole program: back it up, restore it, examine it.

pub mod archive;
pub mod backup;
pub mod doctor;
mod progress;
pub mod restore;

pub use progress::Progress;

use migrations::Migrator;
use sea_orm::sea_query::Query;
use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::{MigratorTrait, SchemaManager};

use crate::db::Conn;

/// Where the migrator notes what it did.
const MIGRATIONS: &str = "seaql_migrations";

/// The names of this program's migrations, sorted: what a schema is known by.
fn known_migrations() -> Vec<String> {
    let mut names: Vec<_> = Migrator::migrations().iter().map(|migration| migration.name().to_owned()).collect();
    names.sort_unstable();
    names
}

/// The names of the migrations that a database has had, sorted; none for an empty one. It changes nothing.
async fn applied_migrations(conn: &Conn) -> Result<Vec<String>, DbErr> {
    if !SchemaManager::new(conn.for_schema()).has_table(MIGRATIONS).await? {
        return Ok(Vec::new());
    }
    let rows = conn.query_all(&Query::select().column("version").from(MIGRATIONS).to_owned()).await?;
    let mut names = rows.iter().map(|row| row.try_get("", "version")).collect::<Result<Vec<String>, _>>()?;
    names.sort_unstable();
    Ok(names)
}
