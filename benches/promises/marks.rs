//! "Mark as read", beside what a durable transaction of two statements costs by itself, on the same file.

use std::path::Path;
use std::time::Duration;

use lectern::kernel::Actor;
use lectern::kernel::ids::{ModuleId, ReadingId};
use lectern::learning::{self, MarkReadRefusal, Place};
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::sqlx::{self, ConnectOptions, Connection, SqliteConnection};
use tokio::time::Instant;

use crate::Outcome;
use crate::measure::{self, Effort, Ratio};
use crate::school::School;

/// One reading that one student may mark.
struct Unread<'a> {
    place: &'a Place,
    module: ModuleId,
    reading: ReadingId,
}

const REFLECTION: &str = "A sentence of reflection, as the week asks for one.";

/// Marks of readings a second, to bare transactions a second; one after the other.
pub async fn compare(school: &School, effort: Effort) -> Outcome<Ratio> {
    let mut bare = bare(&school.file).await?;
    let unread = unread(school).await?;
    let mut undo = connection(&school.file).await?;
    let control = async || controls(&mut bare, STATEMENTS, effort.turn).await;
    let subject = async || marks(school, &unread, &mut undo, effort.turn).await;
    let ratio = measure::compare(effort.rounds, control, subject).await?;
    bare.close().await?;
    Ok(ratio)
}

/// What runs bare transactions, on the program's own file.
pub async fn bare(file: &Path) -> Outcome<SqliteConnection> {
    let mut bare = connection(file).await?;
    sqlx::query("CREATE TABLE IF NOT EXISTS bench (id INTEGER PRIMARY KEY, words TEXT NOT NULL, count INTEGER NOT NULL)")
        .execute(&mut bare)
        .await?;
    Ok(bare)
}

/// A connection of the same settings as the program's own writer.
pub async fn connection(file: &Path) -> Outcome<SqliteConnection> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10))
        .pragma("cache_size", "-8000");
    Ok(options.connect().await?)
}

/// What every student may mark once nothing is marked: the readings of the modules open before any work.
async fn unread(school: &School) -> Outcome<Vec<Unread<'_>>> {
    let snapshot = school.db.snapshot().await?;
    let now = school.db.clocks().service();
    let mut unread = Vec::new();
    for place in &school.places {
        let page = learning::module_page(&snapshot, &school.plans, place.enrolment.user, place.enrolment.id, 1, now).await?;
        let module = page.as_ref().and_then(learning::ModulePage::module).ok_or("no first week")?;
        let module = module.clone();
        for key in module.readings {
            unread.push(Unread { place, module: module.id, reading: key.reading });
        }
    }
    Ok(unread)
}

/// Bare transactions a second, durable, one after the other: each of so many statements, that write and read a row in turns.
pub async fn controls(conn: &mut SqliteConnection, statements: usize, turn: Duration) -> Outcome<f64> {
    let began = Instant::now();
    let mut done = 0_u32;
    while began.elapsed() < turn {
        sqlx::query("BEGIN IMMEDIATE").execute(&mut *conn).await?;
        for statement in [INSERT, UPDATE, SELECT].iter().cycle().take(statements) {
            let query = sqlx::query(*statement);
            let query = if *statement == INSERT { query.bind(REFLECTION) } else { query };
            query.fetch_all(&mut *conn).await?;
        }
        sqlx::query("COMMIT").execute(&mut *conn).await?;
        done += 1;
    }
    Ok(f64::from(done) / began.elapsed().as_secs_f64())
}

const INSERT: &str = "INSERT INTO bench (words, count) VALUES (?, 0)";
const UPDATE: &str = "UPDATE bench SET count = count + 1 WHERE id = (SELECT max(id) FROM bench)";
const SELECT: &str = "SELECT words, count FROM bench WHERE id = (SELECT max(id) FROM bench)";
/// Of the transaction beside which marking a reading is measured.
const STATEMENTS: usize = 2;

/// Marks all that is unread, again and again; unmarking them in between is not timed.
async fn marks(school: &School, unread: &[Unread<'_>], undo: &mut SqliteConnection, turn: Duration) -> Outcome<f64> {
    let (mut timed, mut done) = (Duration::ZERO, 0_u32);
    while timed < turn {
        sqlx::query("DELETE FROM progress").execute(&mut *undo).await?;
        let began = Instant::now();
        for one in unread {
            mark(school, one).await?;
            done += 1;
        }
        timed += began.elapsed();
    }
    Ok(f64::from(done) / timed.as_secs_f64())
}

async fn mark(school: &School, Unread { place, module, reading }: &Unread<'_>) -> Outcome<()> {
    let (user, enrolment) = (place.enrolment.user, place.enrolment.id);
    let marked = school.db.write(Actor::User(user), async |txn| {
        learning::mark_read(txn, &school.plans, (user, enrolment), (*module, *reading), REFLECTION).await
    });
    match marked.await? {
        learning::Marked::Now => Ok(()),
        learning::Marked::Before => Err(MarkReadRefusal::NotEnrolled.into()),
    }
}
