//! The database: one writer, several readers, and the two only ways in.
//!
//! [`Db::write`] is the one way to change anything, [`Db::snapshot`] the one way to read for a page. On SQLite the writer pool
//! has a single connection and begins IMMEDIATE; readers are `query_only`. On PostgreSQL writers are READ COMMITTED with row
//! locks, readers read-only. No domain asks which of the two it runs on.

pub mod columns;
mod conn;
mod connect;
pub mod rows;
pub mod tables;
mod written;

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use sea_orm::{
    AccessMode, DatabaseConnection, DbErr, IsolationLevel, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::kernel::random::Randomness;
use crate::kernel::steps::{Steps, Words};
use crate::kernel::{Actor, Clocks, Timestamp};

pub use conn::Conn;
pub use connect::{ConnectError, Location};
pub use written::Written;

/// The database, cheap to clone.
#[derive(Clone)]
pub struct Db {
    writer: DatabaseConnection,
    reader: DatabaseConnection,
    clocks: Clocks,
    random: Randomness,
    wakes: Arc<Wakes>,
    statements: Arc<AtomicU64>,
    commits: Arc<AtomicU64>,
    steps: Steps,
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Db")
    }
}

/// Bells that a commit rings, so that workers of this process need not wait for their next look.
#[derive(Debug, Default)]
struct Wakes {
    jobs: Notify,
    letters: Notify,
}

/// Which worker has something new to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wake {
    Jobs,
    Letters,
}

impl Db {
    /// Opens the database at `location`, creating a SQLite file that is not there. It does not migrate.
    ///
    /// # Errors
    /// [`ConnectError`], which names the setting to change.
    pub async fn connect(location: &Location, clocks: Clocks, random: Randomness) -> Result<Self, ConnectError> {
        let statements = Arc::<AtomicU64>::default();
        let (writer, reader) = connect::pools(location, &statements).await?;
        Ok(Self {
            writer,
            reader,
            clocks,
            random,
            wakes: Arc::default(),
            statements,
            commits: Arc::default(),
            steps: Steps::default(),
        })
    }

    /// The steps of this process: every commit is one.
    pub fn steps(&self) -> &Steps {
        &self.steps
    }

    /// The clocks that stamp every write.
    pub fn clocks(&self) -> &Clocks {
        &self.clocks
    }

    /// Runs `work` in one transaction: committed if it answers `Ok`, rolled back if it answers `Err` or is dropped.
    ///
    /// `work` does rows only and is quick: no network, no file, no rendering, no slow hashing inside. Nothing is retried here:
    /// on PostgreSQL a deadlock is the caller's error (503, or the job's retry).
    ///
    /// # Errors
    /// What `work` answers, or the database's own error.
    pub async fn write<T, E, F>(&self, actor: Actor, work: F) -> Result<T, E>
    where
        F: AsyncFnOnce(&Txn) -> Result<T, E>,
        E: From<DbErr>,
    {
        let options = TransactionOptions {
            isolation_level: None,
            access_mode: None,
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        };
        let inner = self.writer.begin_with_options(options).await?;
        let txn = Txn {
            inner: Conn(inner),
            actor,
            now: self.clocks.service(),
            machine_now: self.clocks.machine(),
            random: self.random.clone(),
            wake_jobs: AtomicBool::new(false),
            wake_letters: AtomicBool::new(false),
            words: Words::default(),
        };
        match work(&txn).await {
            Ok(value) => {
                let (jobs, letters) = (txn.wake_jobs.load(Ordering::Relaxed), txn.wake_letters.load(Ordering::Relaxed));
                let committed = txn.inner.0.commit().await;
                // Even if it failed: the change may be there all the same.
                self.commits.fetch_add(1, Ordering::Release);
                committed?;
                self.steps.done(|| txn.words.text()).await;
                if jobs {
                    self.wakes.jobs.notify_one();
                }
                if letters {
                    self.wakes.letters.notify_one();
                }
                Ok(value)
            }
            Err(error) => {
                txn.inner.0.rollback().await?;
                Err(error)
            }
        }
    }

    /// A read-only view of one moment, for everything that a page shows.
    ///
    /// # Errors
    /// The database's own.
    pub async fn snapshot(&self) -> Result<Snapshot, DbErr> {
        let postgres = self.reader.get_database_backend() == sea_orm::DatabaseBackend::Postgres;
        let options = TransactionOptions {
            isolation_level: postgres.then_some(IsolationLevel::RepeatableRead),
            access_mode: postgres.then_some(AccessMode::ReadOnly),
            sqlite_transaction_mode: Some(SqliteTransactionMode::Deferred),
        };
        Ok(Snapshot(Conn(self.reader.begin_with_options(options).await?)))
    }

    /// Waits until a commit of this process calls that worker.
    pub async fn woken(&self, wake: Wake) {
        match wake {
            Wake::Jobs => self.wakes.jobs.notified().await,
            Wake::Letters => self.wakes.letters.notified().await,
        }
    }

    /// How many statements have run, transaction control not counted: what a test of a page's cost compares.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Counts the changes that this process made: while it stays the same, only another process may have changed a row.
    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::Acquire)
    }

    /// The writing connection pool, for migrations alone.
    pub fn for_migrations(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// Closes both pools; on SQLite this folds the write-ahead log back into the file.
    ///
    /// # Errors
    /// The database's own.
    pub async fn close(self) -> Result<(), DbErr> {
        self.reader.close().await?;
        self.writer.close().await
    }
}

/// A read-only view of one moment.
#[derive(Debug)]
pub struct Snapshot(Conn);

impl Deref for Snapshot {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.0
    }
}

/// The transaction of one change: its rows, who makes it, and when.
#[derive(Debug)]
pub struct Txn {
    inner: Conn,
    actor: Actor,
    now: Timestamp,
    machine_now: Timestamp,
    random: Randomness,
    wake_jobs: AtomicBool,
    wake_letters: AtomicBool,
    words: Words,
}

impl Txn {
    /// Who makes the change.
    pub fn actor(&self) -> Actor {
        self.actor
    }

    /// Service time, stamped once the write lock was held: transactions' times are in the order of their commits on SQLite.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Machine time, stamped with [`Txn::now`]: for leases, limits and sessions.
    pub fn machine_now(&self) -> Timestamp {
        self.machine_now
    }

    /// A new identifier of this moment.
    pub fn new_id<Id: From<Uuid>>(&self) -> Id {
        self.random.id(self.now)
    }

    /// Randomness for secrets and order numbers.
    pub fn random(&self) -> &Randomness {
        &self.random
    }

    /// Says what it did, by which its step is named.
    pub fn says(&self, word: &str) {
        self.words.add(word);
    }

    /// Calls a worker once this change is committed.
    pub fn wake(&self, wake: Wake) {
        match wake {
            Wake::Jobs => self.wake_jobs.store(true, Ordering::Relaxed),
            Wake::Letters => self.wake_letters.store(true, Ordering::Relaxed),
        }
    }
}

impl Deref for Txn {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.inner
    }
}

/// A stored value that makes no sense is a fault of ours, never the reader's.
pub(crate) fn corrupt(what: &'static str) -> DbErr {
    DbErr::Custom(format!("a stored {what} does not parse"))
}
