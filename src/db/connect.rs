//! Opening the two pools, with the settings that make a commit durable and a reader unable to write.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr};
use secrecy::{ExposeSecret, SecretString};

/// Where the database is.
#[derive(Debug, Clone)]
pub enum Location {
    /// A SQLite file, created if missing.
    File(PathBuf),
    /// A PostgreSQL server, as a `postgres://` URL (secret: it may hold a password).
    Server { url: SecretString, schema: Option<String> },
}

/// Why the database cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("cannot create the data folder {path}: {source}; choose another with --data or LECTERN_DATA")]
    Folder { path: PathBuf, source: std::io::Error },
    #[error("cannot open the database: {0}; check database.url (LECTERN_DATABASE__URL), or --data for SQLite")]
    Open(#[from] DbErr),
}

/// A reader may have to wait for a checkpoint, a writer for its turn: longer than this and the caller is told 503.
const BUSY: Duration = Duration::from_secs(10);
/// How much of the file is read from memory that it is mapped to, in bytes: a read is then no call of the system.
const MAPPED: &str = "1073741824";
const POSTGRES_WRITERS: u32 = 16;
const POSTGRES_READERS: u32 = 16;

/// The writer's pool and the readers'.
pub(super) async fn pools(
    location: &Location,
    statements: &Arc<AtomicU64>,
) -> Result<(DatabaseConnection, DatabaseConnection), ConnectError> {
    let (writer, reader) = match location {
        Location::File(path) => {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder).map_err(|source| ConnectError::Folder { path: folder.to_owned(), source })?;
            }
            (sqlite(path, Access::Write), sqlite(path, Access::Read))
        }
        Location::Server { url, schema } => {
            (postgres(url, schema.as_deref(), Access::Write), postgres(url, schema.as_deref(), Access::Read))
        }
    };
    // The writer first: it creates the file that a reader refuses to create.
    Ok((open(writer, statements).await?, open(reader, statements).await?))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Write,
    Read,
}

async fn open(options: ConnectOptions, statements: &Arc<AtomicU64>) -> Result<DatabaseConnection, DbErr> {
    let mut connection = Database::connect(options).await?;
    let counter = Arc::clone(statements);
    connection.set_metric_callback(move |_| {
        counter.fetch_add(1, Ordering::Relaxed);
    });
    Ok(connection)
}

fn base(url: String) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options.sqlx_logging(false).acquire_timeout(BUSY).test_before_acquire(false);
    options
}

/// How many read at once: two for each core, at most eight. A connection that a page gives back is rolled back and tested by its
/// thread before the next page has it; meanwhile the other reads. More would only slow each other down, and each has a cache of its own.
fn sqlite_readers() -> u32 {
    let cores = std::thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(u32::MAX));
    cores.saturating_mul(2).min(8)
}

fn sqlite(path: &std::path::Path, access: Access) -> ConnectOptions {
    let mut options = base("sqlite:".to_owned());
    let path = path.to_owned();
    let connections = if access == Access::Write { 1 } else { sqlite_readers() };
    options.max_connections(connections).min_connections(1).idle_timeout(None::<Duration>).max_lifetime(None::<Duration>);
    options.map_sqlx_sqlite_opts(move |sqlite| {
        let sqlite = sqlite
            .filename(&path)
            .create_if_missing(access == Access::Write)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY)
            .statement_cache_capacity(256)
            // Rows of a page are handed over at once, not one by one to a thread that must be woken for each.
            .row_buffer_size(512)
            .pragma("cache_size", "-8000")
            .pragma("mmap_size", MAPPED);
        if access == Access::Read { sqlite.pragma("query_only", "ON") } else { sqlite }
    });
    options
}

fn postgres(url: &SecretString, schema: Option<&str>, access: Access) -> ConnectOptions {
    let mut options = base(url.expose_secret().to_owned());
    options.max_connections(if access == Access::Write { POSTGRES_WRITERS } else { POSTGRES_READERS }).min_connections(1);
    options.test_before_acquire_if_idle_for(Duration::from_secs(30));
    if let Some(schema) = schema {
        options.set_schema_search_path(schema);
    }
    options.map_sqlx_postgres_opts(move |postgres| {
        let postgres = postgres.application_name("lectern").options([("statement_timeout", "15s"), ("lock_timeout", "10s")]);
        if access == Access::Read { postgres.options([("default_transaction_read_only", "on")]) } else { postgres }
    });
    options
}
