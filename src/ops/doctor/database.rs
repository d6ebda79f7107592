//! The database: reachable, of this version, writable, sound, with room to grow.

use std::path::Path;

use sea_orm::{ConnectionTrait, DatabaseBackend, DbErr, Statement};

use super::{Finding, LIMIT, fault, ok, warning};
use crate::config::{Profile, Settings};
use crate::db::{Conn, Db, Location, Txn};
use crate::jobs;
use crate::kernel::random::Randomness;
use crate::kernel::{Actor, Clocks};
use crate::ops::{applied_migrations, known_migrations};
use crate::services::location;

/// Less than this free, in MiB, and a day's mail or a backup may not fit.
const LITTLE: u64 = 1024;
const TOO_LITTLE: u64 = 100;

/// The findings, and the database where it can be asked more.
pub(super) async fn examine(settings: &Settings, clocks: &Clocks, random: &Randomness) -> (Vec<Finding>, Option<Db>) {
    let location = location(&settings.database);
    let mut found = Vec::new();
    if let Location::File(path) = &location {
        if !path.exists() {
            let says = format!("there is none at {}", path.display());
            let remedy = "Set database.data (--data, LECTERN_DATA) to its folder, or make a new one with `lectern migrate`";
            found.push(fault("database", says, remedy));
            return (found, None);
        }
        found.extend(disk(path));
    }
    let db = match tokio::time::timeout(LIMIT, Db::connect(&location, clocks.clone(), random.clone())).await {
        Ok(Ok(db)) => db,
        Ok(Err(error)) => {
            found.push(fault(
                "database",
                error.to_string(),
                "Set database.url (LECTERN_DATABASE__URL_FILE), and start its server",
            ));
            return (found, None);
        }
        Err(_) => {
            found.push(fault("database", "no answer", "Start its server, or correct database.url"));
            return (found, None);
        }
    };
    match asked(&db, settings).await {
        Ok((findings, Schema::Ours)) => {
            found.extend(findings);
            (found, Some(db))
        }
        Ok((findings, Schema::Another)) => {
            found.extend(findings);
            (found, None)
        }
        Err(error) => {
            found.push(fault("database", error.to_string(), "Look at the database server's log, and at database.url"));
            (found, None)
        }
    }
}

/// Whether the tables are those of this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Schema {
    Ours,
    Another,
}

async fn asked(db: &Db, settings: &Settings) -> Result<(Vec<Finding>, Schema), DbErr> {
    let conn = db.snapshot().await?;
    let mut found = vec![ok("database", version(&conn).await?)];
    let (applied, known) = (applied_migrations(&conn).await?, known_migrations());
    let missing: Vec<_> = known.iter().filter(|name| !applied.contains(name)).collect();
    let unknown: Vec<_> = applied.iter().filter(|name| !known.contains(name)).collect();
    if let Some(newest) = unknown.last() {
        let says = format!("it is of a newer version than this program, which does not know {newest}");
        found.push(fault("schema", says, "Use the newer program, or restore a backup with this one"));
        return Ok((found, Schema::Another));
    }
    if !missing.is_empty() {
        let says = format!("{} migrations are to be applied", missing.len());
        found.push(fault("schema", says, "Stop the servers, run `lectern backup`, then `lectern migrate`"));
        return Ok((found, Schema::Another));
    }
    found.push(ok("schema", format!("of this version ({} migrations)", known.len())));
    if conn.get_database_backend() == DatabaseBackend::Sqlite {
        found.extend(soundness(&conn).await?);
    }
    drop(conn);
    found.push(writable(db).await);
    jobs::clock::restore(db).await?;
    if settings.profile == Profile::Production && !db.clocks().offset().is_zero() {
        let remedy = "This is a development database: choose another with --data or database.url";
        found.push(fault("service time", "it was moved away from the machine's", remedy));
    } else {
        let offset = db.clocks().offset();
        let says = if offset.is_zero() { "the machine's".to_owned() } else { format!("{offset:#} from the machine's") };
        found.push(ok("service time", says));
    }
    Ok((found, Schema::Ours))
}

async fn text(conn: &Conn, query: &str, column: &str) -> Result<Vec<String>, DbErr> {
    let rows = conn.query_all_raw(Statement::from_string(conn.get_database_backend(), query)).await?;
    rows.iter().map(|row| row.try_get("", column)).collect()
}

async fn version(conn: &Conn) -> Result<String, DbErr> {
    let (name, query) = match conn.get_database_backend() {
        DatabaseBackend::Postgres => ("PostgreSQL", "SELECT current_setting('server_version') AS version"),
        _ => ("SQLite", "SELECT sqlite_version() AS version"),
    };
    Ok(format!("{name} {}", text(conn, query, "version").await?.concat()))
}

/// What PostgreSQL sees to itself.
async fn soundness(conn: &Conn) -> Result<Vec<Finding>, DbErr> {
    let mut found = Vec::new();
    let mode = text(conn, "PRAGMA journal_mode", "journal_mode").await?.concat();
    found.push(if mode == "wal" {
        ok("journal", "write-ahead log")
    } else {
        fault("journal", format!("its mode is {mode:?}"), "Put database.data on a local disk: SQLite's WAL needs one")
    });
    let damage = text(conn, "PRAGMA quick_check", "quick_check").await?;
    found.push(if damage == ["ok"] {
        ok("integrity", "quick_check finds nothing")
    } else {
        let says = format!("quick_check: {}", damage.iter().take(3).map(String::as_str).collect::<Vec<_>>().join("; "));
        fault("integrity", says, "Stop the program, keep a copy of the file, and run `lectern restore` with the last good backup")
    });
    let astray = text(conn, "PRAGMA foreign_key_check", "table").await?;
    found.push(if astray.is_empty() {
        ok("references", "every row's references are there")
    } else {
        let says = format!("{} rows refer to nothing, the first in {}", astray.len(), astray[0]);
        fault("references", says, "Keep a copy of the file, and run `lectern restore` with the last good backup")
    });
    Ok(found)
}

/// The clock's only row, whether it is there or not.
const TRIAL: &str = "INSERT INTO service_clock (id, offset_micros) VALUES (1, 0) \
     ON CONFLICT (id) DO UPDATE SET offset_micros = service_clock.offset_micros";

/// Not an error: the end of a trial that must leave nothing.
enum Undone {
    Tried,
    Db(DbErr),
}

impl From<DbErr> for Undone {
    fn from(error: DbErr) -> Self {
        Self::Db(error)
    }
}

/// Writes a row that says what was said before, and takes that back.
async fn writable(db: &Db) -> Finding {
    let trial = async |txn: &Txn| {
        txn.execute_unprepared(TRIAL).await?;
        Err::<(), _>(Undone::Tried)
    };
    match db.write(Actor::Operator, trial).await {
        Err(Undone::Db(error)) => {
            let remedy = "Give the program's user the right to write in database.data, or to the tables of database.url";
            fault("writing", error.to_string(), remedy)
        }
        Ok(()) | Err(Undone::Tried) => ok("writing", "allowed"),
    }
}

#[cfg(unix)]
fn disk(path: &Path) -> Option<Finding> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let remedy = "Make room on the disk of database.data, or move it to a larger one";
    Some(match rustix::fs::statvfs(folder) {
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize) / (1024 * 1024);
            let says = format!("{free} MiB free in {}", folder.display());
            match free {
                ..TOO_LITTLE => fault("disk", says, remedy),
                TOO_LITTLE..LITTLE => warning("disk", says, remedy),
                _ => ok("disk", says),
            }
        }
        Err(error) => warning("disk", format!("its room cannot be told: {error}"), remedy),
    })
}

#[cfg(not(unix))]
fn disk(_: &Path) -> Option<Finding> {
    None
}
