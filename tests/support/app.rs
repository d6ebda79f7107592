//! The whole program under test: a real server on a free port, its clock in the test's hands, its mail in a folder.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use lectern::config::{self, Overrides, Profile, Settings};
use lectern::db::Db;
use lectern::gateway::practice::PracticeGateway;
use lectern::kernel::random::Randomness;
use lectern::kernel::time::{SignedDuration, shifted};
use lectern::kernel::{Clocks, Timestamp};
use lectern::mail::{Mailbox, Received};
use lectern::ops::Progress;
use lectern::ops::restore::{self, Choices, Restored};
use lectern::server::{Parts, Server};
use lectern::services::{Services, location};
use lectern::work::{self, Registries, Settled, Target};
use sea_orm::{ConnectionTrait, Database};
use tempfile::TempDir;

use super::browser::{self, Browser};
use super::engine::Engine;
use super::{books, database};

/// Every test begins here: a Thursday, five days before the journeys' cohort starts.
pub const START: &str = "2027-01-07T06:00:00Z";

/// Where the rows are.
#[derive(Debug, Clone)]
pub enum Storage {
    Sqlite,
    Postgres { url: String, schema: String },
}

impl Storage {
    /// The URL for the settings; none for the file in the data folder.
    pub fn url(&self) -> Option<String> {
        let Self::Postgres { url, schema } = self else { return None };
        let joint = if url.contains('?') { '&' } else { '?' };
        Some(format!("{url}{joint}options[search_path]={schema}"))
    }

    /// Removes what is not in the data folder.
    pub async fn remove(self) {
        if let Self::Postgres { url, schema } = self {
            let conn = Database::connect(&url).await.unwrap();
            conn.execute_unprepared(&format!("DROP SCHEMA {schema} CASCADE")).await.unwrap();
            conn.close().await.unwrap();
        }
    }
}

/// The program, running.
#[derive(Debug)]
pub struct TestApp {
    server: Server,
    clocks: Clocks,
    folder: TempDir,
    storage: Storage,
    /// Of a program that can be lost.
    engine: Option<Engine>,
}

/// Runs a test on SQLite and, where a server is named (or required), on PostgreSQL.
pub async fn on_each_database(test: impl AsyncFn(TestApp)) {
    on_each_database_with(|_| {}, test).await;
}

/// As [`on_each_database`], with settings changed.
pub async fn on_each_database_with(change: impl Fn(&mut Settings), test: impl AsyncFn(TestApp)) {
    test(TestApp::start(Storage::Sqlite, &change).await).await;
    if let Some(url) = database::postgres_url() {
        test(TestApp::start(postgres(&url).await, &change).await).await;
    }
}

/// A schema of the test's own.
pub async fn postgres(url: &str) -> Storage {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let schema = format!("lectern_app_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let conn = Database::connect(url).await.unwrap();
    conn.execute_unprepared(&format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}")).await.unwrap();
    conn.close().await.unwrap();
    Storage::Postgres { url: url.to_owned(), schema }
}

impl TestApp {
    /// On SQLite alone, for what does not depend on the database.
    pub async fn sqlite() -> Self {
        Self::start(Storage::Sqlite, &|_: &mut Settings| {}).await
    }

    /// On SQLite alone, with settings changed.
    pub async fn sqlite_with(change: impl Fn(&mut Settings)) -> Self {
        Self::start(Storage::Sqlite, &change).await
    }

    async fn start(storage: Storage, change: &impl Fn(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings_of(&storage, folder.path(), change);
        let clocks = Clocks::manual(START.parse().unwrap());
        let server = Server::start(settings, clocks.clone(), Randomness::from_seed(11), Parts::Pages).await.unwrap();
        Self { server, clocks, folder, storage, engine: None }
    }

    /// Another program elsewhere, whose new database is filled from a backup before its first start. Its machine's clock is right.
    pub async fn restored(&self, backup: &Path, onto: Onto) -> (Self, Restored) {
        self.restored_by(backup, onto, Choices::default()).await
    }

    /// As [`Self::restored`], otherwise decided.
    pub async fn restored_by(&self, backup: &Path, onto: Onto, choices: Choices) -> (Self, Restored) {
        let storage = match onto {
            Onto::Sqlite => Storage::Sqlite,
            Onto::Postgres => postgres(&database::postgres_url().unwrap()).await,
        };
        let folder = tempfile::tempdir().unwrap();
        let settings = settings_of(&storage, folder.path(), &|_: &mut Settings| {});
        let clocks = Clocks::manual(self.clocks.machine());
        let random = Randomness::from_seed(13);
        let db = Db::connect(&location(&settings.database), clocks.clone(), random.clone()).await.unwrap();
        let done = restore::restore(&db, backup, choices, &mut Progress::silent()).await.unwrap();
        db.close().await.unwrap();
        let server = Server::start(settings, clocks.clone(), random, Parts::Pages).await.unwrap();
        (Self { server, clocks, folder, storage, engine: None }, done)
    }

    /// A folder that is gone with the program.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// Which kind of database a backup is restored to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Onto {
    Sqlite,
    Postgres,
}

impl Onto {
    /// Those that there are.
    pub fn each() -> Vec<Self> {
        let postgres = database::postgres_url().map(|_| Self::Postgres);
        [Self::Sqlite].into_iter().chain(postgres).collect()
    }
}

/// The settings of a test on `storage`, whose data is in `folder`.
pub fn settings_of(storage: &Storage, folder: &Path, change: &impl Fn(&mut Settings)) -> Settings {
    let overrides = Overrides {
        profile: Some(Profile::Development),
        listen: Some("127.0.0.1:0".parse().unwrap()),
        data: Some(folder.to_owned()),
        ..Overrides::default()
    };
    let mut settings = config::load(&overrides, HashMap::new()).unwrap();
    if let Some(url) = storage.url() {
        settings.database.url = url.into();
    }
    // One test is one client address: the limits have a test of their own.
    (settings.limits.burst, settings.limits.per_minute) = (100_000, 100_000);
    (settings.limits.sign_in_burst, settings.limits.sign_in_per_minute) = (100_000, 100_000);
    settings.gateway.timeout_seconds = 3;
    change(&mut settings);
    settings
}

impl TestApp {
    pub fn services(&self) -> &Services {
        self.server.services()
    }

    pub fn practice(&self) -> &PracticeGateway {
        self.server.practice().expect("the development profile has a practice gateway")
    }

    /// Where it listens, whatever its public URL says.
    pub fn address(&self) -> std::net::SocketAddr {
        self.server.address()
    }

    pub fn origin(&self) -> String {
        self.services().settings.server.public_url.origin()
    }

    /// Stops the server, and starts another on the same data and the same ports.
    pub async fn restart(self) -> Self {
        self.restart_after(|_| {}).await
    }

    /// As [`Self::restart`], with something done to the data folder while nothing runs.
    pub async fn restart_after(self, meanwhile: impl FnOnce(&Path)) -> Self {
        let Self { server, clocks, folder, storage, engine: _ } = self;
        let mut settings = Settings::clone(&server.services().settings);
        settings.server.listen = server.address();
        server.stop().await.unwrap();
        meanwhile(folder.path());
        // Only the machine's clock goes on by itself: how far service time is ahead, the database must know.
        let clocks = Clocks::manual(clocks.machine());
        let server = Server::start(settings, clocks.clone(), Randomness::from_seed(12), Parts::Pages).await.unwrap();
        Self { server, clocks, folder, storage, engine: None }
    }

    /// On a runtime of its own, so that it can be [`lost`](Self::lost).
    pub async fn apart(storage: Storage) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings_of(&storage, folder.path(), &|_: &mut Settings| {});
        let clocks = Clocks::manual(START.parse().unwrap());
        let engine = Engine::new();
        let server = engine.serve(settings, clocks.clone(), Randomness::from_seed(11)).await;
        Self { server, clocks, folder, storage, engine: Some(engine) }
    }

    /// Loses the process as it stands: nothing of it runs on, nothing is finished, told or given back. Then starts another on the
    /// same data and the same ports.
    pub async fn lost(self) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(100);
        let Self { server, clocks, folder, storage, engine } = self;
        let mut settings = Settings::clone(&server.services().settings);
        settings.server.listen = server.address();
        drop(engine.expect("it runs apart"));
        drop(server);
        let gateway = settings.gateway.base_url.port().unwrap();
        for port in [settings.server.listen.port(), gateway] {
            Engine::has_left(port).await;
        }
        let (clocks, engine) = (Clocks::manual(clocks.machine()), Engine::new());
        // What it draws must not be what the one before drew.
        let random = Randomness::from_seed(COUNT.fetch_add(1, Ordering::Relaxed).into());
        let server = engine.serve(settings, clocks.clone(), random).await;
        Self { server, clocks, folder, storage, engine: Some(engine) }
    }

    /// A fresh browser, signed out.
    pub fn browser(&self) -> Browser {
        Browser::new(&self.origin())
    }

    /// A client for requests that no page makes.
    pub fn client(&self) -> reqwest::Client {
        browser::client().build().unwrap()
    }

    pub fn now(&self) -> Timestamp {
        self.clocks.service()
    }

    pub fn machine_now(&self) -> Timestamp {
        self.clocks.machine()
    }

    /// Does all that is due by now: the gateway's notifications, jobs, letters, and what follows from them.
    pub async fn settle(&self) {
        loop {
            let delivered = match self.server.practice() {
                Some(practice) => practice.deliver_due().await.unwrap(),
                None => 0,
            };
            let settled = work::settle_all(self.services()).await.unwrap();
            if delivered == 0 && settled == Settled::default() {
                return;
            }
        }
    }

    /// Lets service time and machine time pass to `at`, doing what falls due in its order.
    pub async fn pass_to(&self, at: Timestamp) {
        self.settle().await;
        work::advance(self.services(), &Registries::all(), Target::At(at)).await.unwrap();
        self.settle().await;
    }

    /// Lets `duration` of service time pass.
    pub async fn pass(&self, duration: SignedDuration) {
        self.pass_to(shifted(self.now(), duration)).await;
    }

    /// Lets `duration` of machine time pass, service time with it, doing nothing: codes and sessions age, leases run out.
    pub fn age(&self, duration: SignedDuration) {
        self.clocks.set_machine(shifted(self.clocks.machine(), duration));
    }

    /// All mail sent so far to `address`, oldest first, as its reader has it.
    pub async fn mails_to(&self, address: &str) -> Vec<Received> {
        let mailbox = Mailbox::open(self.folder.path().join("mailbox"), Randomness::from_seed(1)).unwrap();
        let mut mails = mailbox.list(10_000).await.unwrap();
        mails.retain(|mail| mail.headers.iter().any(|(name, value)| name == "Delivered-To" && value == address));
        mails.reverse();
        mails
    }

    /// The newest six digits mailed to `address`.
    pub async fn code_for(&self, address: &str) -> String {
        self.settle().await;
        let mails = self.mails_to(address).await;
        let mail = mails.iter().rev().find(|mail| mail.subject.starts_with("Your code is ")).expect("a mail with a code");
        mail.subject.trim_start_matches("Your code is ").to_owned()
    }

    /// Ends the test: nothing that is due may be left undone, dead or in doubt, and the books are what happened.
    pub async fn finish(self) {
        self.settle().await;
        books::are_right(&self).await;
        let left = work::outstanding(self.services()).await.unwrap();
        assert!(left.is_empty(), "left undone: {left:#?}");
        self.abandon().await;
    }

    /// Ends the test without that check.
    pub async fn abandon(self) {
        self.server.stop().await.unwrap();
        self.storage.remove().await;
    }
}
