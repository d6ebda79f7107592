//! What unit tests share: a migrated database of the test's own, and services whose clocks stand still.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use migrations::{Migrator, MigratorTrait};
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestRunner};
use sea_orm::{ConnectionTrait, Database};
use tempfile::TempDir;

use crate::config::{self, Overrides, Profile, Settings};
use crate::db::{Db, Location};
use crate::kernel::random::Randomness;
use crate::kernel::time::{SignedDuration, shifted};
use crate::kernel::{Clocks, Timestamp};
use crate::mail::{Mailbox, Transport};
use crate::services::Services;

/// When tests begin: 4 January 2027, 03:30 UTC.
pub const START: Timestamp = Timestamp::constant(1_799_033_400, 0);

/// Services on a database of the test's own, removed with it.
pub struct Bench {
    pub services: Services,
    _folder: TempDir,
    schema: Option<(String, String)>,
}

impl Bench {
    /// On a new SQLite file.
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::File(folder.path().join("test.sqlite"));
        Self::on(folder, location, None).await
    }

    /// On SQLite; and on PostgreSQL, in a schema of its own, where `LECTERN_TEST_POSTGRES` names a server.
    pub async fn each() -> Vec<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let mut all = vec![Self::sqlite().await];
        if let Ok(url) = std::env::var("LECTERN_TEST_POSTGRES") {
            let schema = format!("lectern_unit_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
            let conn = Database::connect(&url).await.unwrap();
            conn.execute_unprepared(&format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}")).await.unwrap();
            conn.close().await.unwrap();
            let location = Location::Server { url: url.clone().into(), schema: Some(schema.clone()) };
            all.push(Self::on(tempfile::tempdir().unwrap(), location, Some((url, schema))).await);
        } else {
            assert_ne!(std::env::var("LECTERN_REQUIRE_ALL").as_deref(), Ok("1"), "it needs LECTERN_TEST_POSTGRES");
        }
        all
    }

    async fn on(folder: TempDir, location: Location, schema: Option<(String, String)>) -> Self {
        let (clocks, random) = (Clocks::manual(START), Randomness::from_seed(7));
        let db = Db::connect(&location, clocks.clone(), random.clone()).await.unwrap();
        Migrator::up(db.for_migrations(), None).await.unwrap();
        let mailbox = Mailbox::open(folder.path().join("mailbox"), random.clone()).unwrap();
        let (settings, mail) = (Arc::new(settings()), Arc::new(Transport::Mailbox(mailbox)));
        let gateway = crate::services::gateway(&settings.gateway).unwrap();
        Self { services: Services { db, clocks, random, settings, mail, dkim: None, gateway }, _folder: folder, schema }
    }

    /// Lets machine time (and service time with it) pass.
    pub fn pass(&self, duration: SignedDuration) {
        let clocks = &self.services.clocks;
        clocks.set_machine(shifted(clocks.machine(), duration));
    }

    /// Closes the database; a PostgreSQL schema is dropped. A failed test leaves it to be looked at.
    pub async fn finish(self) {
        self.services.db.close().await.unwrap();
        if let Some((url, schema)) = self.schema {
            let conn = Database::connect(&url).await.unwrap();
            conn.execute_unprepared(&format!("DROP SCHEMA {schema} CASCADE")).await.unwrap();
            conn.close().await.unwrap();
        }
    }
}

/// Whether long runs are done in full, as in CI.
pub fn is_full() -> bool {
    std::env::var("LECTERN_FULL").is_ok_and(|value| value == "1")
}

/// Tries a property whose every case has a database of its own: a few times, whatever `PROPTEST_CASES` asks of those that cost nothing.
pub fn tried_a_few_times<S: Strategy>(cases: S, property: impl AsyncFn(S::Value)) {
    let mut runner = TestRunner::new(Config::with_cases(if is_full() { 24 } else { 6 }));
    let tried = runner.run(&cases, |case| {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(property(case));
        Ok(())
    });
    if let Err(failed) = tried {
        panic!("{failed}");
    }
}

/// The development profile's settings.
pub fn settings() -> Settings {
    let overrides = Overrides { profile: Some(Profile::Development), ..Overrides::default() };
    config::load(&overrides, HashMap::new()).unwrap()
}

/// The steps of a query's plan, as SQLite tells them.
pub async fn plan(bench: &Bench, query: sea_orm::sea_query::SelectStatement) -> Vec<String> {
    use sea_orm::{DbBackend, Statement};
    let statement = DbBackend::Sqlite.build(&query);
    let explain = Statement { sql: format!("EXPLAIN QUERY PLAN {}", statement.sql), ..statement };
    let snapshot = bench.services.db.snapshot().await.unwrap();
    let steps = snapshot.query_all_raw(explain).await.unwrap();
    steps.iter().map(|step| step.try_get("", "detail").unwrap()).collect()
}

/// The steps of a query's plan that read a table through. An index that is walked in order is none.
pub async fn scans(bench: &Bench, query: sea_orm::sea_query::SelectStatement) -> Vec<String> {
    let steps = plan(bench, query).await;
    assert!(steps.iter().any(|step| step.starts_with("SEARCH")), "this is no plan: {steps:?}");
    steps.into_iter().filter(|step| step.starts_with("SCAN") && TABLES.iter().any(|table| step.contains(table))).collect()
}

/// The tables that grow.
const TABLES: [&str; 8] = ["enrolments", "outbox", "users", "search_words", "audit_events", "progress", "orders", "order_lines"];
