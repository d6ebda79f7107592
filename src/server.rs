//! The wiring: everything put together, started and stopped. The commands and the tests start the same thing.

pub mod practice;

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
use crate::gateway::practice::{PracticeError, PracticeGateway};
use crate::jobs;
use crate::kernel::Clocks;
use crate::kernel::random::Randomness;
use crate::server::practice::Practice;
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
    #[error(
        "cannot listen on {address}: {source}; choose another with --listen or LECTERN_SERVER__LISTEN, or for the practice gateway with LECTERN_GATEWAY__BASE_URL"
    )]
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
    practice: Option<Practice>,
    workers: Option<Workers>,
    stop: CancellationToken,
    pages: Option<JoinHandle<()>>,
    look: Option<JoinHandle<()>>,
}

impl Server {
    /// Opens the database, brings it up to date where that is safe, and serves.
    ///
    /// # Errors
    /// [`ServerError`], which says what to do.
    pub async fn start(mut settings: Settings, clocks: Clocks, random: Randomness, parts: Parts) -> Result<Self, ServerError> {
        let (listener, address) = listen(settings.server.listen).await?;
        let practice = match settings.gateway.kind {
            GatewayKind::Practice => Some(listen(practice::address(&settings)).await?),
            GatewayKind::PracticeApart | GatewayKind::Stripe | GatewayKind::None => None,
        };
        name_ephemeral_ports(&mut settings, address, practice.as_ref().map(|(_, address)| *address));
        let services = Services::start(settings, clocks, random).await?;
        prepare(&services.db, services.settings.profile).await?;
        let practice = match practice {
            Some((listener, _)) => {
                Some(Practice::start(listener, &services.settings, services.clocks.clone(), services.random.clone())?)
            }
            None => None,
        };
        let mut server =
            Self { services, address, practice, workers: None, stop: CancellationToken::new(), pages: None, look: None };
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
        self.practice.as_ref().map(Practice::gateway)
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
        if let Some(practice) = self.practice {
            practice.stop().await;
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
