//! Clients that ask for one page again and again, each on a connection of its own that it keeps.

use std::time::Duration;

use reqwest::header::COOKIE;
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::Outcome;

/// How many clients ask at once.
pub const CONNECTIONS: usize = 16;

/// A page, and who asks for it.
#[derive(Debug, Clone)]
pub struct Target {
    url: String,
    cookie: Option<String>,
}

impl Target {
    /// `path` at `authority`, asked for with a cookie or without.
    pub fn get(authority: &str, path: &str, cookie: Option<&str>) -> Self {
        Self { url: format!("http://{authority}{path}"), cookie: cookie.map(str::to_owned) }
    }

    /// Asks once; how many bytes the body has. Anything but 200 is an error.
    async fn ask(&self, client: &Client) -> Outcome<usize> {
        let mut request = client.get(&self.url);
        if let Some(cookie) = &self.cookie {
            request = request.header(COOKIE, cookie);
        }
        let answer = request.send().await?;
        if answer.status() != StatusCode::OK {
            return Err(format!("{} answers {}", self.url, answer.status()).into());
        }
        Ok(answer.bytes().await?.len())
    }
}

pub fn client() -> Outcome<Client> {
    // Installed before, from the second client on.
    let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder().no_proxy().redirect(Policy::none());
    Ok(builder.pool_max_idle_per_host(1).tcp_nodelay(true).build()?)
}

/// Asks once on a connection of its own; how many bytes the body has.
pub async fn once(target: &Target) -> Outcome<usize> {
    target.ask(&client()?).await
}

/// Answers a second, over all connections, for as long as `turn`.
pub async fn rate(target: &Target, turn: Duration) -> Outcome<f64> {
    let mut clients = JoinSet::new();
    let began = Instant::now();
    for _ in 0..CONNECTIONS {
        let (target, client) = (target.clone(), client()?);
        clients.spawn(async move {
            let mut answers = 0_u32;
            while began.elapsed() < turn {
                target.ask(&client).await?;
                answers += 1;
            }
            Outcome::Ok(answers)
        });
    }
    let mut answers = 0;
    while let Some(client) = clients.join_next().await {
        answers += client??;
    }
    Ok(f64::from(answers) / began.elapsed().as_secs_f64())
}

/// How long each answer took, in milliseconds, over all connections, for as long as `turn`. Each connection asks for one target
/// after the other, beginning with one of its own.
pub async fn times(targets: &[Target], turn: Duration) -> Outcome<Vec<f64>> {
    let mut clients = JoinSet::new();
    let began = Instant::now();
    for place in 0..CONNECTIONS {
        let (targets, client) = (targets.to_vec(), client()?);
        clients.spawn(async move {
            let mut times = Vec::new();
            for target in targets.iter().cycle().skip(place) {
                if began.elapsed() >= turn {
                    break;
                }
                let asked = Instant::now();
                target.ask(&client).await?;
                times.push(asked.elapsed().as_secs_f64() * 1000.0);
            }
            Outcome::Ok(times)
        });
    }
    let mut times = Vec::new();
    while let Some(client) = clients.join_next().await {
        times.extend(client??);
    }
    Ok(times)
}
