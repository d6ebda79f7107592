//! A program and a practice gateway that can go back, both at once, to any moment at which they were.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lectern::config::Settings;
use lectern::db::rows::tables;
use lectern::db::tables::{Row, Table};
use lectern::db::{Db, Location};
use lectern::gateway::practice::{PracticeGateway, PracticeSettings, Saved};
use lectern::jobs::{Job, JobFailure, Registry, run_due};
use lectern::kernel::ids::CohortId;
use lectern::kernel::random::Randomness;
use lectern::kernel::time::{SignedDuration, shifted};
use lectern::kernel::{Actor, Clocks, Component, Timestamp};
use lectern::organisation::{self, model::Change};
use lectern::payment::{self, FetchFee, jobs as payment_jobs};
use lectern::pricing::model::NewCoupon;
use lectern::pricing::{self, Discount, Limits};
use lectern::services::{Services, location};
use lectern::{acts, audit, enrolment};
use migrations::{Migrator, MigratorTrait};
use sea_orm::ConnectionTrait;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

use crate::journeys::{cast, webhooks};
use crate::support::app::{START, Storage, settings_of};
use crate::support::school;

/// Takes a fifth off.
pub const CODE: &str = "FIFTH";

/// What a typesetter and the planner of reminders do follows from what they find, and changes none of it: others test them.
macro_rules! idle {
    ($name:ident, $kind:expr) => {
        #[derive(Serialize, Deserialize)]
        #[serde(transparent)]
        struct $name(Value);

        impl Job for $name {
            const KIND: &'static str = $kind;

            async fn run(self, _: &Services) -> Result<(), JobFailure> {
                Ok(())
            }
        }
    };
}

idle!(NoPdf, lectern::documents::jobs::SetPdf::KIND);
idle!(NoReminders, audit::PLAN_REMINDERS);

fn registry() -> Registry {
    Registry::new()
        .with::<payment_jobs::LapseHold>()
        .with::<payment_jobs::ExpirePages>()
        .with::<payment_jobs::ProcessEvent>()
        .with::<payment_jobs::SendRefund>()
        .with::<payment_jobs::IssueDocument>()
        .with::<FetchFee>()
        .with::<enrolment::jobs::TendWaitlist>()
        .with::<NoPdf>()
        .with::<NoReminders>()
}

/// All rows, in the form in which it is quickest to have them again.
#[derive(Clone)]
enum Rows {
    File(Arc<Vec<u8>>),
    Tables(Arc<Vec<(Table, Vec<Row>)>>),
}

/// What a world was at a moment.
#[derive(Clone)]
pub struct Moment {
    rows: Rows,
    gateway: Saved,
    at: Timestamp,
}

/// One program beside one gateway. Nothing happens in it by itself: no worker runs, and the gateway's own deliveries are off.
pub struct World {
    pub services: Services,
    pub practice: PracticeGateway,
    /// Of one seat.
    pub cohort: CohortId,
    registry: Arc<Registry>,
    settings: Settings,
    storage: Storage,
    /// Counts how often it went back, so that no id comes twice.
    returns: u64,
    _folder: TempDir,
    _gateway: AbortOnDropHandle<()>,
}

/// In memory where the system has a folder there: what is written here need survive nothing.
fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory).unwrap() } else { tempfile::tempdir().unwrap() }
}

impl World {
    /// With a school of one seat and nobody in it.
    pub async fn start(storage: Storage) -> Self {
        let folder = folder();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let settings = settings_of(&storage, folder.path(), &|settings: &mut Settings| {
            settings.gateway.base_url = origin.parse().unwrap();
        });
        let clocks = Clocks::manual(START.parse().unwrap());
        let practice = PracticeSettings {
            state_file: None,
            secret_key: settings.gateway.secret_key.clone(),
            webhook_secret: settings.gateway.webhook_secrets[0].clone(),
            webhook_url: None,
            public_url: origin,
        };
        let practice = PracticeGateway::open(practice, clocks.clone(), Randomness::from_seed(3)).unwrap();
        let router = practice.router();
        let gateway = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let services = Services::start(settings.clone(), clocks, Randomness::from_seed(5)).await.unwrap();
        Migrator::up(services.db.for_migrations(), None).await.unwrap();
        let cohort = school_of_one_seat(&services.db).await;
        Self {
            services,
            practice,
            cohort,
            registry: Arc::new(registry()),
            settings,
            storage,
            returns: 0,
            _folder: folder,
            _gateway: AbortOnDropHandle::new(gateway),
        }
    }

    pub fn now(&self) -> Timestamp {
        self.services.clocks.service()
    }

    /// Lets time pass, with nothing done in it.
    pub fn age(&self, minutes: i64) {
        let clocks = &self.services.clocks;
        clocks.set_machine(shifted(clocks.machine(), SignedDuration::from_mins(minutes)));
    }

    /// Runs the jobs that are due, and those that they ask for.
    pub async fn work(&self) {
        while run_due(&self.services, &self.registry, 1_000).await.unwrap() > 0 {}
    }

    /// Takes a notification as the endpoint does: its signature is checked, and it is kept with a job.
    pub async fn hear(&self, event: &Value) {
        let body = event.to_string().into_bytes();
        let (secret, now) = (self.settings.gateway.webhook_secrets[0].expose_secret(), self.services.clocks.machine());
        let signature = webhooks::signature_by(secret, &body, now);
        let notification = self.services.gateway.verify_notification(&body, &signature, now).unwrap();
        let keep = async |txn: &lectern::db::Txn| payment::receive_notification(txn, &notification, &body).await;
        self.services.db.write(Actor::System(Component::Webhook), keep).await.unwrap();
    }

    /// What the sweep of these minutes finds is found, and all that follows is done.
    pub async fn sweep(&self) {
        payment::sweep(&self.services).await.unwrap();
        self.work().await;
    }

    fn file(&self) -> Option<PathBuf> {
        match (&self.storage, location(&self.settings.database)) {
            (Storage::Sqlite, Location::File(path)) => Some(path),
            _ => None,
        }
    }

    pub async fn moment(&self) -> Moment {
        let rows = match self.file() {
            Some(file) => {
                let fold = "PRAGMA wal_checkpoint(TRUNCATE)";
                self.services.db.for_migrations().execute_unprepared(fold).await.unwrap();
                Rows::File(Arc::new(std::fs::read(file).unwrap()))
            }
            None => {
                let conn = self.services.db.snapshot().await.unwrap();
                let mut all = Vec::new();
                for table in tables() {
                    let rows = table.page(&conn, None, 1_000_000).await.unwrap();
                    all.push((table, rows));
                }
                Rows::Tables(Arc::new(all))
            }
        };
        Moment { rows, gateway: self.practice.saved(), at: self.services.clocks.machine() }
    }

    pub async fn back_to(&mut self, moment: &Moment) {
        self.returns += 1;
        self.services.clocks.set_machine(moment.at);
        self.practice.go_back(&moment.gateway).unwrap();
        self.services.db.clone().close().await.unwrap();
        if let (Rows::File(bytes), Some(file)) = (&moment.rows, self.file()) {
            for left in ["-wal", "-shm"] {
                let _ = std::fs::remove_file(format!("{}{left}", file.display()));
            }
            std::fs::write(file, &**bytes).unwrap();
        }
        let random = Randomness::from_seed(100 + self.returns);
        let db = Db::connect(&location(&self.settings.database), self.services.clocks.clone(), random.clone()).await.unwrap();
        self.services = Services { db, random, ..self.services.clone() };
        if let Rows::Tables(all) = &moment.rows {
            let names: Vec<_> = all.iter().map(|(table, _)| table.name).collect();
            let fill = async |txn: &lectern::db::Txn| {
                txn.execute_unprepared(&format!("TRUNCATE {}", names.join(", "))).await?;
                for (table, rows) in all.iter() {
                    table.insert(txn, rows).await?;
                }
                Ok::<_, sea_orm::DbErr>(())
            };
            self.services.db.write(Actor::Operator, fill).await.unwrap();
        }
    }

    pub async fn end(self) {
        self.services.db.close().await.unwrap();
        self.storage.remove().await;
    }
}

async fn school_of_one_seat(db: &Db) -> CohortId {
    let open = async |txn: &lectern::db::Txn| {
        let (course, instructor) = cast::school(txn).await?;
        let upi = Some("example@exbank".parse().unwrap());
        organisation::change(txn, Change::Payee { bank: None, upi, hold: Default::default() }).await?;
        let fifth = NewCoupon {
            code: Some(CODE.parse().unwrap()),
            discount: Discount::Percent("20".parse().unwrap(), None),
            cohort: None,
            opens: None,
            closes: None,
            limits: Limits { total: Some(1), per_person: None },
        };
        pricing::make_coupon(txn, fifth).await.unwrap();
        for (email, name) in [(cast::STUDENT, "Demo Student 03"), (cast::OTHER, "Demo Student 04")] {
            school::person(txn, email, name, lectern::identity::Role::Student).await;
        }
        Ok::<_, sea_orm::DbErr>(acts::open_published(txn, course, cast::cohort(1, instructor)).await.unwrap().id)
    };
    db.write(Actor::Operator, open).await.unwrap()
}
