//! The practice gateway, listening: inside a development server, or beside it as `lectern gateway`.

use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{ServerError, listen};
use crate::config::Settings;
use crate::gateway::practice::{PracticeError, PracticeGateway, PracticeSettings};
use crate::kernel::Clocks;
use crate::kernel::random::Randomness;
use crate::web;

/// A practice gateway that serves its API and its page, and sends its notifications.
#[derive(Debug)]
pub struct Practice {
    gateway: PracticeGateway,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl Practice {
    /// Listens at the address of these settings, and starts.
    ///
    /// # Errors
    /// [`ServerError::Listen`], or the state cannot be read.
    pub async fn listen(settings: &Settings, clocks: Clocks, random: Randomness) -> Result<Self, ServerError> {
        let (listener, _) = listen(address(settings)).await?;
        Ok(Self::start(listener, settings, clocks, random)?)
    }

    /// Starts on `listener`. Its state is a file in the data folder, its notifications go to the public URL of `settings`.
    ///
    /// # Errors
    /// The state cannot be read.
    pub(super) fn start(
        listener: TcpListener,
        settings: &Settings,
        clocks: Clocks,
        random: Randomness,
    ) -> Result<Self, PracticeError> {
        let folder = &settings.database.data;
        std::fs::create_dir_all(folder).map_err(|source| PracticeError::File { path: folder.clone(), source })?;
        let gateway = PracticeGateway::open(
            PracticeSettings {
                state_file: Some(folder.join("practice-gateway.json")),
                secret_key: settings.gateway.secret_key.clone(),
                webhook_secret: settings.gateway.webhook_secrets.first().cloned().unwrap_or_default(),
                webhook_url: Some(notified(settings)),
                public_url: settings.gateway.hosted_origin.origin(),
            },
            clocks,
            random,
        )?;
        let stop = CancellationToken::new();
        let (deliveries, stopped) = (gateway.clone(), stop.clone());
        let tasks = vec![
            tokio::spawn(web::accept::serve(listener, gateway.router(), stop.clone())),
            tokio::spawn(async move { deliveries.run_deliveries(stopped).await }),
        ];
        Ok(Self { gateway, stop, tasks })
    }

    /// The gateway itself.
    pub fn gateway(&self) -> &PracticeGateway {
        &self.gateway
    }

    /// Finishes the requests that were begun.
    pub async fn stop(self) {
        self.stop.cancel();
        for task in self.tasks {
            let _ = task.await;
        }
    }
}

/// Where it listens: the port of its URL, on the loopback; any free one where the course takes any too.
pub fn address(settings: &Settings) -> SocketAddr {
    let any = settings.server.listen.port() == 0;
    let port = if any { 0 } else { settings.gateway.base_url.port_or_known_default().unwrap_or(0) };
    (std::net::Ipv4Addr::LOCALHOST, port).into()
}

/// Where its notifications go.
pub fn notified(settings: &Settings) -> String {
    format!("http://{}/webhooks/stripe", settings.server.public_url.authority())
}
