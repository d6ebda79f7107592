//! A runtime of a program's own: when it is dropped, all that runs on it is gone at once, as with a process that was killed.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use lectern::config::Settings;
use lectern::kernel::Clocks;
use lectern::kernel::random::Randomness;
use lectern::server::{Parts, Server};
use tokio::runtime::{Builder, Runtime};

/// How long a port may take to be free again.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug)]
pub struct Engine(Option<Runtime>);

impl Drop for Engine {
    fn drop(&mut self) {
        // Without waiting: what waits for ever must not be waited for.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Engine {
    pub fn new() -> Self {
        Self(Some(Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()))
    }

    /// Starts the program on it: pages only.
    pub async fn serve(&self, settings: Settings, clocks: Clocks, random: Randomness) -> Server {
        let handle = self.0.as_ref().unwrap().handle().clone();
        let start = move || handle.block_on(Server::start(settings, clocks, random, Parts::Pages));
        tokio::task::spawn_blocking(start).await.unwrap().unwrap()
    }

    /// Waits until nobody listens at a port of the loopback.
    pub async fn has_left(port: u16) {
        let until = tokio::time::Instant::now() + PATIENCE;
        while tokio::net::TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await.is_err() {
            assert!(tokio::time::Instant::now() < until, "port {port} is still taken");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}
