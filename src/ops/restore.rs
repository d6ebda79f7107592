//! Restoring a backup: the whole file is checked first, then all of it becomes the database's content in one transaction.
//!
//! **No mail is sent twice.** What was due and unsent when the backup was taken, or has become due since, may have been sent by the
//! program that went on after it: those letters are held until an operator releases them. Later ones wait as before. What would
//! make the like anew is dealt with too: reminders that were to be planned are planned before and held with the rest, certificates
//! that were being issued are put aside for an admin, and payments begun before the restore are confirmed by letters that wait.

use std::path::Path;

use migrations::Migrator;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseBackend, DbErr, EntityTrait, QueryFilter, Statement};
use sea_orm_migration::MigratorTrait;
use serde_json::{Value, json};

use super::archive::{ArchiveError, Header, Line, Reader};
use super::{Progress, applied_migrations, known_migrations};
use crate::certificates::jobs::IssueOne;
use crate::db::columns::UtcTime;
use crate::db::rows::{identity::sessions, jobs, tables};
use crate::db::tables::{Row, Table};
use crate::db::{Conn, Db, Txn};
use crate::jobs::Job;
use crate::jobs::store::set_aside;
use crate::kernel::{Actor, Event, Subject, Timestamp};
use crate::schedule::{self, Plans};
use crate::{audit, mail, organisation, reminders, tokens};

/// How many rows go in by one statement.
const BATCH: usize = 100;
/// Tables that a program which was merely started has filled: what stands there is no data to lose.
const MACHINERY: [&str; 2] = ["jobs", "service_clock"];

/// What becomes of what the database holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Present {
    /// Data refuses the restore.
    Keep,
    /// It is deleted, in the same transaction.
    Replace,
}

/// What becomes of the sessions in the backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sessions {
    /// Everybody signs in again: a session that was ended after the backup does not come back to life.
    End,
    Keep,
}

/// What becomes of the API tokens in the backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tokens {
    /// Each is revoked: one that was revoked after the backup does not come back to life.
    Revoke,
    Keep,
}

/// What was decided about a restore.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choices {
    pub present: Present,
    pub sessions: Sessions,
    pub tokens: Tokens,
}

impl Default for Choices {
    /// The safe ones.
    fn default() -> Self {
        Self { present: Present::Keep, sessions: Sessions::End, tokens: Tokens::Revoke }
    }
}

/// What a restore did.
#[derive(Debug, Clone)]
pub struct Restored {
    pub header: Header,
    /// Rows that were there before, and are gone.
    pub replaced: u64,
    pub sessions_ended: u64,
    pub tokens_revoked: u64,
    /// Jobs that a worker had in hand, to be taken up again.
    pub jobs_taken_back: u64,
    /// Certificates that were to be issued, and wait for an admin now.
    pub certificates_stopped: u64,
    pub letters_held: u64,
}

/// Why nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error(
        "it was made by version {program} with another schema ({difference}): restore it with that version, then upgrade with \
         `lectern migrate`"
    )]
    OtherSchema { program: String, difference: String },
    #[error(
        "the database is not of this program's version: run `lectern migrate`, or restore into an empty database (--data FOLDER, \
         or database.url)"
    )]
    OtherDatabase,
    #[error("the database is not empty ({0}): restore elsewhere, or add --replace to delete all that")]
    Data(String),
    #[error("{table} has {found} rows after the restore, and the backup has {expected}: nothing was changed")]
    Count { table: &'static str, found: u64, expected: u64 },
    #[error("the database refused, and nothing was changed: {0}")]
    Db(#[from] DbErr),
}

/// Reads a backup from end to end, and says what is in it. No database is touched.
///
/// # Errors
/// [`RestoreError::Archive`] and [`RestoreError::OtherSchema`].
pub fn check(path: &Path) -> Result<Header, RestoreError> {
    let (mut reader, header) = Reader::open(path)?;
    let tables = matching_tables(&header)?;
    let mut at = Place::before_first(&tables, &header);
    while let Some(line) = reader.next_line()? {
        match line {
            Line::Table(name) => {
                at.begin(&name).map_err(|what| reader.damaged(what))?;
            }
            Line::Row(row) => {
                let table = at.count().map_err(|what| reader.damaged(what))?;
                if let Some(column) = table.misfit(&row) {
                    return Err(reader.damaged(format!("{}: column {column}", table.name)).into());
                }
            }
        }
    }
    at.end().map_err(|what| reader.damaged(what))?;
    Ok(header)
}

/// Our tables, if they are also the backup's.
fn matching_tables(header: &Header) -> Result<Vec<Table>, RestoreError> {
    let (ours, theirs, tables) = (known_migrations(), &header.migrations, tables());
    let lacks =
        |these: &[String], those: &[String]| these.iter().filter(|name| !those.contains(name)).cloned().collect::<Vec<_>>();
    let (newer, older) = (lacks(theirs, &ours), lacks(&ours, theirs));
    let named: Vec<_> = tables.iter().map(|table| (table.name, table.columns().collect::<Vec<_>>())).collect();
    let same = named
        .iter()
        .map(|(name, columns)| (*name, columns.clone()))
        .eq(header.tables.iter().map(|table| (table.name.as_str(), table.columns.iter().map(String::as_str).collect())));
    if newer.is_empty() && older.is_empty() && same {
        return Ok(tables);
    }
    let difference = match (newer.first(), older.first()) {
        (Some(newer), _) => format!("this program does not know its {newer}"),
        (None, Some(older)) => format!("it lacks this program's {older}"),
        (None, None) => "its tables are not this program's".to_owned(),
    };
    Err(RestoreError::OtherSchema { program: header.program.clone(), difference })
}

/// Where in the file we are: tables come in their order, each with as many rows as the header says.
struct Place<'a> {
    tables: &'a [Table],
    header: &'a Header,
    /// The table after the present one, and the present one's rows so far.
    next: usize,
    rows: u64,
}

impl<'a> Place<'a> {
    fn before_first(tables: &'a [Table], header: &'a Header) -> Self {
        Self { tables, header, next: 0, rows: 0 }
    }

    fn is_full(&self) -> bool {
        self.next == 0 || self.rows == self.header.tables[self.next - 1].rows
    }

    fn begin(&mut self, name: &str) -> Result<&'a Table, String> {
        let table = self.tables.get(self.next).filter(|table| table.name == name && self.is_full());
        self.next += 1;
        self.rows = 0;
        table.ok_or_else(|| format!("the table {name:?} out of its order, or rows lacking before it"))
    }

    fn count(&mut self) -> Result<&'a Table, String> {
        self.rows += 1;
        let table = self.next.checked_sub(1).and_then(|at| self.tables.get(at));
        table.ok_or_else(|| "a row without a table".to_owned())
    }

    fn end(&self) -> Result<(), String> {
        if self.next == self.tables.len() && self.is_full() { Ok(()) } else { Err("tables or rows are lacking".to_owned()) }
    }
}

/// Makes the backup at `path` the database's content. A database without a schema gets it first.
///
/// # Errors
/// [`RestoreError`]; then the database is as it was, apart from that schema.
pub async fn restore(db: &Db, path: &Path, choices: Choices, progress: &mut Progress) -> Result<Restored, RestoreError> {
    let header = check(path)?;
    let applied = applied_migrations(&*db.snapshot().await?).await?;
    if applied.is_empty() {
        Migrator::up(db.for_migrations(), None).await?;
    } else if applied != known_migrations() {
        return Err(RestoreError::OtherDatabase);
    }
    // Service time is the backup's from here on: what is due is asked of it.
    db.clocks().set_offset(header.service_time.duration_since(header.taken_at));
    // A file inside a transaction, against the rule: nobody else is served by this process, and all or nothing is the point.
    db.write(Actor::Operator, async |txn| {
        patient(txn).await?;
        let replaced = clear(txn, choices.present).await?;
        fill(txn, path, &header, progress).await?;
        settle(txn, header, replaced, choices).await
    })
    .await
}

/// Lifts the limits that are right for a page and wrong for a whole database.
async fn patient(txn: &Txn) -> Result<(), DbErr> {
    match txn.get_database_backend() {
        DatabaseBackend::Postgres => txn.execute_unprepared("SET LOCAL statement_timeout = 0").await?,
        _ => txn.execute_unprepared("PRAGMA defer_foreign_keys = ON").await?,
    };
    Ok(())
}

async fn clear(txn: &Txn, present: Present) -> Result<u64, RestoreError> {
    let tables = tables();
    let mut there = Vec::new();
    for table in tables.iter().filter(|table| !MACHINERY.contains(&table.name)) {
        let rows = table.count(txn).await?;
        // The organisation's row is there from the first migration: a database in which nobody changed it is empty.
        let untouched = table.name == "organisation" && organisation::revision(txn).await? == 0;
        if rows > 0 && !untouched {
            there.push(format!("{rows} in {}", table.name));
        }
    }
    if present == Present::Keep && !there.is_empty() {
        return Err(RestoreError::Data(there.join(", ")));
    }
    let mut replaced = 0;
    for table in &tables {
        replaced += table.count(txn).await?;
    }
    empty(txn, &tables).await?;
    Ok(replaced)
}

/// Takes every row out, also of tables whose rows are guarded against deletion by triggers: this is no act of the program on them.
async fn empty(txn: &Txn, tables: &[Table]) -> Result<(), DbErr> {
    if txn.get_database_backend() == DatabaseBackend::Postgres {
        let names: Vec<_> = tables.iter().map(|table| table.name).collect();
        txn.execute_unprepared(&format!("TRUNCATE {}", names.join(", "))).await?;
        return Ok(());
    }
    let triggers = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name";
    let guards = txn.query_all_raw(Statement::from_string(DatabaseBackend::Sqlite, triggers)).await?;
    for guard in &guards {
        let name: String = guard.try_get("", "name")?;
        txn.execute_unprepared(&format!("DROP TRIGGER \"{name}\"")).await?;
    }
    for table in tables.iter().rev() {
        table.clear(txn).await?;
    }
    for guard in &guards {
        txn.execute_unprepared(&guard.try_get::<String>("", "sql")?).await?;
    }
    Ok(())
}

async fn fill(conn: &Conn, path: &Path, header: &Header, progress: &mut Progress) -> Result<(), RestoreError> {
    let (mut reader, again) = Reader::open(path)?;
    if again != *header {
        return Err(reader.damaged("the file was changed meanwhile").into());
    }
    let tables = matching_tables(header)?;
    let mut at = Place::before_first(&tables, header);
    let (mut table, mut batch): (Option<&Table>, Vec<Row>) = (None, Vec::with_capacity(BATCH));
    while let Some(line) = reader.next_line()? {
        match line {
            Line::Table(name) => {
                insert(conn, table, &mut batch).await?;
                table = Some(at.begin(&name).map_err(|what| reader.damaged(what))?);
            }
            Line::Row(row) => {
                at.count().map_err(|what| reader.damaged(what))?;
                batch.push(row);
                if batch.len() == BATCH {
                    insert(conn, table, &mut batch).await?;
                    progress.at(table.map_or("", |table| table.name), at.rows, header.tables[at.next - 1].rows);
                }
            }
        }
    }
    insert(conn, table, &mut batch).await?;
    for (table, contents) in tables.iter().zip(&header.tables) {
        let found = table.count(conn).await?;
        if found != contents.rows {
            return Err(RestoreError::Count { table: table.name, found, expected: contents.rows });
        }
    }
    Ok(())
}

async fn insert(conn: &Conn, table: Option<&Table>, batch: &mut Vec<Row>) -> Result<(), DbErr> {
    if let Some(table) = table {
        table.insert(conn, batch).await?;
    }
    batch.clear();
    Ok(())
}

/// What must not go on as if nothing had happened.
async fn settle(txn: &Txn, header: Header, replaced: u64, choices: Choices) -> Result<Restored, RestoreError> {
    let certificates_stopped = set_aside(txn, IssueOne::KIND, PERHAPS_ISSUED).await?;
    // What these would put in the outbox later, for now, could not be told from news.
    reminders::plan_all(txn, &Plans::default()).await?;
    schedule::jobs::warn_of_readings(txn).await?;
    let letters_held = mail::hold_due(txn, txn.now().max(header.service_time)).await?;
    let jobs_taken_back = take_jobs_back(txn).await?;
    let sessions_ended = match choices.sessions {
        Sessions::End => end_sessions(txn).await?,
        Sessions::Keep => 0,
    };
    let tokens_revoked = match choices.tokens {
        Tokens::Revoke => tokens::revoke_all(txn).await?,
        Tokens::Keep => 0,
    };
    let restored =
        Restored { header, replaced, sessions_ended, tokens_revoked, jobs_taken_back, certificates_stopped, letters_held };
    audit::record(txn, &Happened(&restored)).await?;
    Ok(restored)
}

/// Why a certificate that was being issued is not.
const PERHAPS_ISSUED: &str = "the database was restored: this certificate may have been issued and mailed since the backup";

/// Their leases are over: whoever works here takes them up first.
async fn take_jobs_back(txn: &Txn) -> Result<u64, DbErr> {
    let done = jobs::Entity::update_many()
        .col_expr(jobs::Column::LeaseUntil, Expr::value(UtcTime::from(txn.machine_now())))
        .filter(jobs::COLUMN.state.eq(jobs::State::Leased))
        .exec(&**txn)
        .await?;
    Ok(done.rows_affected)
}

async fn end_sessions(txn: &Txn) -> Result<u64, DbErr> {
    let now = UtcTime::from(txn.machine_now());
    let done = sessions::Entity::update_many()
        .col_expr(sessions::Column::EndedAt, Expr::value(now))
        .filter(sessions::COLUMN.ended_at.is_null())
        .filter(sessions::COLUMN.expires_at.gt(now))
        .exec(&**txn)
        .await?;
    Ok(done.rows_affected)
}

struct Happened<'a>(&'a Restored);

impl Event for Happened<'_> {
    fn kind(&self) -> &'static str {
        audit::RESTORED
    }

    fn subject(&self) -> Subject {
        Subject::Program
    }

    fn after(&self) -> Value {
        let Restored { header, replaced, .. } = self.0;
        let taken: &Timestamp = &header.taken_at;
        json!({
            "backup_taken_at": taken, "by_version": header.program, "rows": header.rows(), "rows_replaced": replaced,
            "sessions_ended": self.0.sessions_ended, "tokens_revoked": self.0.tokens_revoked,
            "jobs_taken_back": self.0.jobs_taken_back, "certificates_stopped": self.0.certificates_stopped,
            "letters_held": self.0.letters_held,
        })
    }
}
