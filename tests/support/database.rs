//! Empty databases to test against.
//!
//! SQLite is in memory. PostgreSQL is the server that `LECTERN_TEST_POSTGRES` names (a URL whose user may create schemas);
//! without it the PostgreSQL half is not run, unless `LECTERN_REQUIRE_ALL=1` says that this is a failure.

use std::sync::atomic::{AtomicU32, Ordering};

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr};

/// An empty SQLite database in memory. One connection: a second would see another, empty database.
pub async fn sqlite() -> Result<DatabaseConnection, DbErr> {
    Database::connect(ConnectOptions::new("sqlite::memory:").max_connections(1).to_owned()).await
}

/// The PostgreSQL server to test against, if there is one.
///
/// # Panics
/// If there is none and one is required.
pub fn postgres_url() -> Option<String> {
    let url = std::env::var("LECTERN_TEST_POSTGRES").ok();
    let required = std::env::var("LECTERN_REQUIRE_ALL").is_ok_and(|value| value == "1");
    assert!(url.is_some() || !required, "LECTERN_REQUIRE_ALL=1 needs LECTERN_TEST_POSTGRES");
    url
}

/// A PostgreSQL schema of the test's own. Call [`Scratch::remove`] at the end; a failed test leaves it to be looked at.
#[derive(Debug)]
pub struct Scratch {
    pub conn: DatabaseConnection,
    name: String,
}

impl Scratch {
    /// Creates an empty schema on the server and connects to it.
    pub async fn create(url: &str) -> Result<Self, DbErr> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("lectern_test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let options = ConnectOptions::new(url).max_connections(1).set_schema_search_path(&name).to_owned();
        let conn = Database::connect(options).await?;
        conn.execute_unprepared(&format!("DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}")).await?;
        Ok(Self { conn, name })
    }

    /// Drops the schema and all in it.
    pub async fn remove(self) -> Result<(), DbErr> {
        self.conn.execute_unprepared(&format!("DROP SCHEMA {} CASCADE", self.name)).await?;
        self.conn.close().await
    }
}
