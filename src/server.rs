//! The wiring: everything put together, started and stopped. The commands and the tests start the same thing.

use std::net::SocketAddr;

use migrations::Migrator;
use sea_orm::DbErr;
use sea_orm_migration::MigratorTrait;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::config::{GatewayKind, Profile, PublicUrl, Settings};
use crate::db::Db;
use crate::demo;
use crate::gateway::practice::{PracticeError, PracticeGateway, PracticeSettings};
use crate::jobs;
use crate::kernel::Clocks;
use crate::kernel::random::Randomness;
use crate::services::{Services, StartError};
use crate::web::site::LOOK_EVERY;
use crate::web::{self, App};
use crate::work::{Registries, Workers};

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(
        "the database is of an older version ({pending} migrations pending): stop other servers, back it up, run `lectern migrate`"
    )]
    Pending { pending: usize },
    #[error(
        "the clock of this database was moved in development: it is not one for real students; choose another with --data or LECTERN_DATABASE__URL"
    )]
    MovedClock,
    #[error("cannot listen on {address}: {source}; choose another with --listen or LECTERN_SERVER__LISTEN")]
    Listen { address: SocketAddr, source: std::io::Error },
    #[error(transparent)]
    Practice(#[from] PracticeError),
    #[error(transparent)]
    Demo(#[from] demo::DemoError),
    #[error("the database: {0}")]
    Db(#[from] DbErr),
}

/// What runs in the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parts {
    /// Pages and workers, and the demonstration in an empty development database.
    All,
    /// Pages only, and an empty database left empty: the test runs the work itself.
    Pages,
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    services: Services,
    address: SocketAddr,
    practice: Option<PracticeGateway>,
    workers: Option<Workers>,
    stop: CancellationToken,
    pages: Option<JoinHandle<()>>,
    look: Option<JoinHandle<()>>,
    stop_practice: CancellationToken,
    practice_tasks: Vec<JoinHandle<()>>,
}

impl Server {
    /// Opens the database, brings it up to date where that is safe, and serves.
    ///
    /// # Errors
    /// [`ServerError`], which says what to do.
    pub async fn start(mut settings: Settings, clocks: Clocks, random: Randomness, parts: Parts) -> Result<Self, ServerError> {
        let (listener, address) = listen(settings.server.listen).await?;
        let practice = match settings.gateway.kind {
            GatewayKind::Practice => Some(listen(practice_address(&settings)).await?),
            GatewayKind::Stripe => None,
        };
        name_ephemeral_ports(&mut settings, address, practice.as_ref().map(|(_, address)| *address));
        let services = Services::start(settings, clocks, random).await?;
        prepare(&services.db, services.settings.profile).await?;
        let mut server = Self {
            services,
            address,
            practice: None,
            workers: None,
            stop: CancellationToken::new(),
            pages: None,
            look: None,
            stop_practice: CancellationToken::new(),
            practice_tasks: Vec::new(),
        };
        if let Some((listener, _)) = practice {
            server.start_practice(listener)?;
        }
        if parts == Parts::All {
            if server.services.settings.profile == Profile::Development {
                demo::seed_if_empty(&server.services).await?;
            }
            server.workers = Some(Workers::start(&server.services, &Registries::all()).await?);
        }
        let app = App::new(server.services.clone());
        app.look().await?;
        if parts == Parts::All {
            server.look = Some(tokio::spawn(app.clone().keep_looking(LOOK_EVERY, server.stop.clone())));
        }
        server.serve(listener, web::router(app));
        Ok(server)
    }

    fn start_practice(&mut self, listener: TcpListener) -> Result<(), ServerError> {
        let gateway = &self.services.settings.gateway;
        let practice = PracticeGateway::open(
            PracticeSettings {
                state_file: Some(self.services.settings.database.data.join("practice-gateway.json")),
                secret_key: gateway.secret_key.clone(),
                webhook_secret: gateway.webhook_secrets.first().cloned().unwrap_or_default(),
                webhook_url: Some(format!("http://{}/webhooks/stripe", self.services.settings.server.public_url.authority())),
                public_url: gateway.hosted_origin.origin(),
            },
            self.services.clocks.clone(),
            self.services.random.clone(),
        )?;
        let (deliveries, stop) = (practice.clone(), self.stop_practice.clone());
        self.practice_tasks.push(tokio::spawn(web::accept::serve(listener, practice.router(), stop.clone())));
        self.practice_tasks.push(tokio::spawn(async move { deliveries.run_deliveries(stop).await }));
        self.practice = Some(practice);
        Ok(())
    }

    fn serve(&mut self, listener: TcpListener, router: axum::Router) {
        self.pages = Some(tokio::spawn(web::accept::serve(listener, router, self.stop.clone())));
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it reaches the world by.
    pub fn services(&self) -> &Services {
        &self.services
    }

    /// The practice gateway inside, in development.
    pub fn practice(&self) -> Option<&PracticeGateway> {
        self.practice.as_ref()
    }

    /// Stops taking requests, finishes those begun and the work in hand, and closes the database. The practice gateway goes last:
    /// until then, requests and jobs ask it.
    ///
    /// # Errors
    /// The database's own.
    pub async fn stop(self) -> Result<(), DbErr> {
        self.stop.cancel();
        for task in [self.pages, self.look].into_iter().flatten() {
            let _ = task.await;
        }
        if let Some(workers) = self.workers {
            workers.stop().await;
        }
        self.stop_practice.cancel();
        for task in self.practice_tasks {
            let _ = task.await;
        }
        self.services.db.close().await
    }
}

async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), ServerError> {
    let refused = |source| ServerError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(refused)?;
    let bound = listener.local_addr().map_err(refused)?;
    Ok((listener, bound))
}

/// Where the practice gateway listens: the port of its URL, on the loopback; any free one where the course takes any too.
fn practice_address(settings: &Settings) -> SocketAddr {
    let any = settings.server.listen.port() == 0;
    let port = if any { 0 } else { settings.gateway.base_url.port_or_known_default().unwrap_or(0) };
    (std::net::Ipv4Addr::LOCALHOST, port).into()
}

/// Where the system chose the ports (`--listen 127.0.0.1:0`), the URLs are made from its choice.
fn name_ephemeral_ports(settings: &mut Settings, course: SocketAddr, practice: Option<SocketAddr>) {
    if settings.server.listen.port() != 0 || settings.profile != Profile::Development {
        return;
    }
    settings.server.public_url = PublicUrl::loopback(&course.ip().to_string(), course.port());
    if let Some(practice) = practice {
        settings.gateway.hosted_origin = PublicUrl::loopback("localhost", practice.port());
        settings.gateway.base_url.set_port(Some(practice.port())).unwrap_or_default();
    }
}

/// Applies pending migrations; how many there were.
///
/// # Errors
/// The database's own.
pub async fn migrate(db: &Db) -> Result<usize, DbErr> {
    let pending = Migrator::get_pending_migrations(db.for_migrations()).await?.len();
    if pending > 0 {
        Migrator::up(db.for_migrations(), None).await?;
    }
    Ok(pending)
}

/// Brings a new or a development database up to date, refuses an old one in production, and takes over service time's offset.
///
/// # Errors
/// [`ServerError::Pending`] where a person must decide.
pub async fn prepare(db: &Db, profile: Profile) -> Result<(), ServerError> {
    let connection = db.for_migrations();
    let pending = Migrator::get_pending_migrations(connection).await?.len();
    let new = Migrator::get_applied_migrations(connection).await?.is_empty();
    if pending > 0 && profile == Profile::Production && !new {
        return Err(ServerError::Pending { pending });
    }
    if pending > 0 {
        migrate(db).await?;
    }
    jobs::clock::restore(db).await?;
    if profile == Profile::Production && !db.clocks().offset().is_zero() {
        return Err(ServerError::MovedClock);
    }
    Ok(())
}
