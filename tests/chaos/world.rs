//! What stays while processes come and go: the data, the payment gateway, the mail server.

use std::collections::{BTreeMap, HashMap};
use std::fs::OpenOptions;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use lectern::acts::{self, NewCohort, Timetable};
use lectern::catalogue::model::EnrolmentWindow;
use lectern::config::{self, Overrides, Settings};
use lectern::db::columns::UtcTime;
use lectern::db::rows::{jobs, mail};
use lectern::identity;
use lectern::kernel::random::Randomness;
use lectern::kernel::time::{SignedDuration, shifted};
use lectern::kernel::{Actor, Clocks, Currency, Money};
use lectern::server;
use lectern::services::Services;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};
use tempfile::TempDir;

use super::post::Post;
use crate::journeys::cast;
use crate::support::app::{Storage, postgres};
use crate::support::database;
use crate::support::process::{Running, command, free_port};

/// How long a start may take on a busy machine.
const START: Duration = Duration::from_secs(60);

/// How many letters a process has in hand at once.
pub const LETTERS: usize = 4;

/// One installation of the program.
#[derive(Debug)]
pub struct World {
    folder: TempDir,
    storage: Storage,
    /// Where browsers go.
    public: u16,
    gateway: u16,
    pub post: Arc<Post>,
    // Killed when the world ends.
    _practice: Option<Running>,
}

/// Runs a test on SQLite and, where a server is named (or required), on PostgreSQL.
pub async fn on_each_database(test: impl AsyncFn(&World)) {
    for storage in each().await {
        let world = World::start(storage, free_port()).await;
        test(&world).await;
        world.end().await;
    }
}

/// An empty database of each kind.
pub async fn each() -> Vec<Storage> {
    [Some(Storage::Sqlite), on_postgres().await].into_iter().flatten().collect()
}

/// A schema on the server that is named; says so where there is none and none is required.
pub async fn on_postgres() -> Option<Storage> {
    let Some(url) = database::postgres_url() else {
        println!("skipped on PostgreSQL: LECTERN_TEST_POSTGRES names no server");
        return None;
    };
    Some(postgres(&url).await)
}

impl World {
    /// Makes the database and starts the gateway. Browsers are to find the program at the port `public` of the loopback.
    pub async fn start(storage: Storage, public: u16) -> Self {
        let (folder, gateway) = (tempfile::tempdir().unwrap(), free_port());
        let post = Arc::new(Post::open().await);
        let environment = environment(folder.path(), &storage, (public, public, gateway), post.port());
        let practice = Running::start(&mut process(folder.path(), ("gateway", "gateway"), environment));
        let world = Self { folder, storage, public, gateway, post, _practice: Some(practice) };
        answers(world.gateway, "/v1/events").await;
        let services = world.look().await;
        server::migrate(&services.db).await.unwrap();
        services.db.write(Actor::Operator, async |txn| cast::school(txn).await).await.unwrap();
        services.db.close().await.unwrap();
        world
    }

    /// Another installation with nothing in it, of the same gateway and mail server.
    pub fn elsewhere(&self, storage: Storage) -> Self {
        let (folder, public) = (tempfile::tempdir().unwrap(), free_port());
        Self { folder, storage, public, gateway: self.gateway, post: self.post.clone(), _practice: None }
    }

    /// Opens a cohort that starts in ten days, for enrolment now.
    pub async fn open(&self, slug: &str, seats: usize) {
        let services = self.look().await;
        let open = async |txn: &lectern::db::Txn| {
            let course = lectern::catalogue::courses(txn).await?.remove(0);
            let teacher = identity::person_by_email(txn, &cast::INSTRUCTOR.parse().unwrap()).await?.unwrap();
            let now = txn.now();
            let day = |days: i64| shifted(now, SignedDuration::from_hours(24 * days));
            let new = NewCohort {
                slug: slug.parse().unwrap(),
                name: slug.to_owned(),
                zone: "Asia/Kolkata".parse().unwrap(),
                starts_on: lectern::kernel::Zone::UTC.civil(day(10)).date(),
                capacity: u32::try_from(seats).unwrap(),
                prices: Money::new(650_000, Currency::INR).into(),
                window: EnrolmentWindow::new(day(-1), day(9)).unwrap(),
                instructors: vec![teacher.id],
                timetable: Timetable::default(),
            };
            acts::open_published(txn, course.id, new).await.unwrap();
            Ok::<_, DbErr>(())
        };
        services.db.write(Actor::Operator, open).await.unwrap();
        services.db.close().await.unwrap();
    }

    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.public)
    }

    pub fn public(&self) -> u16 {
        self.public
    }

    /// The gateway's API.
    pub fn gateway(&self) -> String {
        format!("http://127.0.0.1:{}", self.gateway)
    }

    fn environment(&self, listen: u16) -> HashMap<String, String> {
        environment(self.folder.path(), &self.storage, (listen, self.public, self.gateway), self.post.port())
    }

    /// A path in the folder.
    pub fn file(&self, name: &str) -> String {
        self.folder.path().join(name).to_string_lossy().into_owned()
    }

    /// Runs a command to its end; what it said, if it went well.
    pub async fn run(&self, arguments: &[&str]) -> String {
        let mut command = command(self.folder.path(), arguments);
        command.envs(self.environment(self.public));
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{arguments:?}: {said}");
        said
    }

    /// Starts `lectern serve` on a port.
    pub fn serve(&self, port: u16) -> Running {
        Running::start(&mut process(self.folder.path(), ("serve", &format!("serve-{port}")), self.environment(port)))
    }

    /// As [`Self::serve`], by a process that ends itself right after the first step of this name.
    pub fn serve_until(&self, port: u16, step: &str) -> Running {
        let mut process = process(self.folder.path(), ("serve", &format!("serve-{port}")), self.environment(port));
        Running::start(process.env("LOSE_AFTER", step))
    }

    /// Starts `lectern serve` on a port, and waits until it is ready.
    pub async fn serve_ready(&self, port: u16) -> Running {
        let running = self.serve(port);
        answers(port, "/readyz").await;
        running
    }

    /// Starts `lectern work`.
    pub fn work(&self) -> Running {
        Running::start(&mut process(self.folder.path(), ("work", "work"), self.environment(self.public)))
    }

    /// The settings that every process has.
    pub fn settings(&self) -> Settings {
        config::load(&Overrides::default(), self.environment(self.public)).unwrap()
    }

    /// The same data, seen from here. Close its database again, so that nothing of it is open when a process is killed.
    pub async fn look(&self) -> Services {
        Services::start(self.settings(), Clocks::system(), Randomness::from_system()).await.unwrap()
    }

    /// While nothing runs: what the dead had in hand is as old as a lease, and what was to be tried again later is due.
    pub async fn a_minute_passes(&self) {
        let services = self.look().await;
        let pass = async |txn: &lectern::db::Txn| {
            let over = Expr::value(UtcTime::from(txn.machine_now()));
            let leased = jobs::Entity::update_many().col_expr(jobs::Column::LeaseUntil, over.clone());
            leased.filter(jobs::Column::State.eq(jobs::State::Leased)).exec(&**txn).await?;
            let rested = jobs::Entity::update_many().col_expr(jobs::Column::RetryAt, Expr::value(None::<UtcTime>));
            rested.filter(jobs::Column::State.eq(jobs::State::Pending)).exec(&**txn).await?;
            let leased = mail::Entity::update_many().col_expr(mail::Column::LeaseUntil, over);
            leased.filter(mail::Column::State.eq(mail::State::Leased)).exec(&**txn).await?;
            let rested = mail::Entity::update_many().col_expr(mail::Column::RetryAt, Expr::value(None::<UtcTime>));
            rested.filter(mail::Column::State.eq(mail::State::Pending)).exec(&**txn).await
        };
        services.db.write(Actor::Operator, pass).await.unwrap();
        services.db.close().await.unwrap();
    }

    /// What each process said, by its name.
    pub fn logs(&self) -> BTreeMap<String, String> {
        let files = std::fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let logs = files.filter(|path| path.extension().is_some_and(|extension| extension == "log"));
        let name = |path: &Path| path.file_stem().unwrap().to_string_lossy().into_owned();
        logs.map(|path| (name(&path), std::fs::read_to_string(&path).unwrap())).collect()
    }

    /// The end of it, for a test that fails.
    pub fn log(&self) -> String {
        let end = |said: String| {
            let lines: Vec<&str> = said.lines().collect();
            lines[lines.len().saturating_sub(20)..].join("\n")
        };
        self.logs().into_iter().map(|(name, said)| format!("-- {name} said at last:\n{}\n", end(said))).collect()
    }

    pub async fn end(self) {
        self.storage.clone().remove().await;
    }
}

/// `ports`: where the process listens, where browsers go, the gateway's.
fn environment(folder: &Path, storage: &Storage, ports: (u16, u16, u16), post: u16) -> HashMap<String, String> {
    let (listen, public, gateway) = ports;
    let mut pairs = vec![
        ("PROFILE", "development".to_owned()),
        ("SERVER__LISTEN", format!("127.0.0.1:{listen}")),
        ("SERVER__PUBLIC_URL", format!("http://127.0.0.1:{public}")),
        ("DATABASE__DATA", folder.join("data").to_string_lossy().into_owned()),
        ("MAIL__TRANSPORT", "smtp".to_owned()),
        ("MAIL__HOST", "127.0.0.1".to_owned()),
        ("MAIL__PORT", post.to_string()),
        ("MAIL__SECURITY", "plain".to_owned()),
        ("GATEWAY__KIND", "practice-apart".to_owned()),
        ("GATEWAY__BASE_URL", format!("http://localhost:{gateway}/")),
        ("GATEWAY__HOSTED_ORIGIN", format!("http://localhost:{gateway}")),
        ("API__PER_MINUTE", "100000".to_owned()),
        ("WORK__LETTERS", LETTERS.to_string()),
        ("LOG__FILTER", "info,sqlx=warn,sea_orm=warn".to_owned()),
    ];
    // One test is one client address: the limits have a test of their own.
    for limit in ["BURST", "PER_MINUTE", "SIGN_IN_BURST", "SIGN_IN_PER_MINUTE"] {
        pairs.push((limit, "100000".to_owned()));
    }
    // Students whose code is lost ask again at once.
    for limit in ["CODES_PER_HOUR", "CODES_PER_HOUR_OF_ADDRESS"] {
        pairs.push((limit, "1000".to_owned()));
    }
    pairs.extend(storage.url().map(|url| ("DATABASE__URL", url)));
    let name = |key: &str| if key.contains("__") || key == "PROFILE" { key.to_owned() } else { format!("LIMITS__{key}") };
    pairs.into_iter().map(|(key, value)| (format!("LECTERN_{}", name(key)), value)).collect()
}

/// `name`: of its log.
fn process(folder: &Path, (what, name): (&str, &str), environment: HashMap<String, String>) -> std::process::Command {
    let said = OpenOptions::new().create(true).append(true).open(folder.join(format!("{name}.log"))).unwrap();
    let mut command = command(folder, &[what]);
    command.envs(environment).stdout(said.try_clone().unwrap()).stderr(said);
    command
}

/// Waits until somebody answers at a port of the loopback, whatever the answer.
pub async fn answers(port: u16, path: &str) {
    let client = crate::support::browser::client().build().unwrap();
    let until = tokio::time::Instant::now() + START;
    while client.get(format!("http://127.0.0.1:{port}{path}")).send().await.is_err() {
        assert!(tokio::time::Instant::now() < until, "nobody answers at port {port} within {START:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
