//! Webhooks: sent in order, signed, and again with growing pauses until they are taken.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, header};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;

use super::state::Sending;
use super::{Delivery, PracticeError, PracticeGateway, shapes};
use crate::gateway::notification;
use crate::kernel::Timestamp;
use crate::kernel::time::shifted;

/// How long a receiver may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How much a receiver may answer, in bytes; nobody reads it.
const MAX_ANSWER: usize = 64 * 1024;
/// The loop looks at least so often: for retries, and for sessions to expire.
const PAUSE: Duration = Duration::from_secs(1);
/// Pauses double from here ...
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(2);
/// ... so that the last of so many attempts comes after about an hour and ten minutes.
const ATTEMPTS: u32 = 12;

type HttpClient = Client<HttpConnector, Body>;

impl PracticeGateway {
    /// Sends webhooks and expires sessions until `stop` is cancelled.
    pub async fn run_deliveries(&self, stop: CancellationToken) {
        let work = async {
            loop {
                if let Err(error) = self.deliver_due().await {
                    tracing::error!(%error, "the practice gateway could not keep its state");
                }
                tokio::select! {
                    () = self.0.changed.notified() => {}
                    () = tokio::time::sleep(PAUSE) => {}
                }
            }
        };
        stop.run_until_cancelled(work).await;
    }

    /// Expires what is due, then tries each webhook that is due once, oldest first. Tells how many were taken.
    ///
    /// For tests that want no background task. Two calls at once may send a webhook twice, as Stripe may.
    ///
    /// # Errors
    /// The state could not be kept: what was taken may be sent again.
    pub async fn deliver_due(&self) -> Result<usize, PracticeError> {
        let now = self.0.clocks.machine();
        let due: Vec<(String, Vec<u8>)> = self.read(|state, _| {
            let due = state.events.iter().filter(|event| matches!(event.sending, Sending::Due { at, .. } if at <= now));
            due.map(|event| (event.id.clone(), shapes::event(event).to_string().into_bytes())).collect()
        })?;
        let client: HttpClient = Client::builder(TokioExecutor::new()).build_http();
        let mut taken = 0;
        for (id, body) in due {
            if self.delivery() == Delivery::Hold {
                break;
            }
            let accepted = self.send(&client, body).await;
            taken += usize::from(accepted);
            self.note(&id, accepted)?;
        }
        Ok(taken)
    }

    async fn send(&self, client: &HttpClient, body: Vec<u8>) -> bool {
        let settings = &self.0.settings;
        let Some(url) = &settings.webhook_url else { return false };
        let signature = notification::sign(&body, &settings.webhook_secret, self.0.clocks.machine());
        let request = Request::builder()
            .method(Method::POST)
            .uri(url)
            .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
            .header("stripe-signature", signature)
            .body(Body::from(body));
        let Ok(request) = request else { return false };
        let exchange = async {
            let answer = client.request(request).await.ok()?;
            let accepted = answer.status().is_success();
            // Read to its end, the connection takes the next one.
            axum::body::to_bytes(Body::new(answer.into_body()), MAX_ANSWER).await.ok()?;
            Some(accepted)
        };
        matches!(tokio::time::timeout(PATIENCE, exchange).await, Ok(Some(true)))
    }

    fn note(&self, id: &str, accepted: bool) -> Result<(), PracticeError> {
        let noted = self.change(|state, change| {
            if let Some(event) = state.events.iter_mut().find(|event| event.id == id) {
                event.sending = match event.sending {
                    Sending::Due { .. } if accepted => Sending::Delivered,
                    Sending::Due { attempts, .. } => after_failure(attempts + 1, change.machine),
                    settled => settled,
                };
            }
            Ok::<_, Infallible>(())
        })?;
        noted.unwrap_or_else(|never| match never {});
        Ok(())
    }
}

fn after_failure(attempts: u32, now: Timestamp) -> Sending {
    if attempts >= ATTEMPTS {
        return Sending::GivenUp;
    }
    Sending::Due { attempts, at: shifted(now, FIRST_PAUSE * (1 << (attempts - 1))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_end() {
        let now = Timestamp::UNIX_EPOCH;
        let mut total = SignedDuration::ZERO;
        for attempts in 1..ATTEMPTS {
            let Sending::Due { at, .. } = after_failure(attempts, now) else { panic!("given up after {attempts}") };
            total += at.duration_since(now);
        }
        assert_eq!(total, SignedDuration::from_secs(2 * 2047));
        assert_eq!(after_failure(ATTEMPTS, now), Sending::GivenUp);
    }
}
