//! The payment gateway's notifications. Each is checked by its signature over the raw body, kept, and processed later: the answer
//! waits for nothing but our own database.

use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::{App, Problem};
use crate::gateway::{MAX_NOTIFICATION, NotificationRefusal};
use crate::kernel::actor::{Actor, Component};
use crate::payment;

/// Stripe's header: the time and the signatures.
const SIGNATURE: &str = "stripe-signature";

/// Takes a notification: 200 once it is kept (also if it was known), 400 if it is not the gateway's or cannot be read, 413 if it
/// is longer than the gateway's are, 503 while the database is away, so that it is sent again.
pub async fn receive(State(app): State<App>, headers: HeaderMap, body: Body) -> Result<Response, Problem> {
    let Ok(raw) = to_bytes(body, MAX_NOTIFICATION).await else { return Ok(refused(NotificationRefusal::TooLarge)) };
    let signature = headers.get(SIGNATURE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // The gateway signs with the real clock, wherever service time stands.
    let now = app.services.clocks.machine();
    let notification = match app.services.gateway.verify_notification(&raw, signature, now) {
        Ok(notification) => notification,
        Err(refusal) => return Ok(refused(refusal)),
    };
    let webhook = Actor::System(Component::Webhook);
    let kept = app.services.db.write(webhook, async |txn| payment::receive_notification(txn, &notification, &raw).await).await;
    match kept {
        Ok(_) => {
            counted("received");
            Ok(StatusCode::OK.into_response())
        }
        Err(error) => {
            tracing::error!(%error, event = notification.id, "a notification could not be kept");
            counted("not_kept");
            Err(Problem::Busy)
        }
    }
}

fn counted(outcome: &'static str) {
    metrics::counter!("lectern_webhooks_total", "outcome" => outcome).increment(1);
}

/// Logged by its reason, so that the reasons can be counted; nothing of an unsigned body is.
fn refused(refusal: NotificationRefusal) -> Response {
    let reason = match refusal {
        NotificationRefusal::BadSignature => "bad_signature",
        NotificationRefusal::Stale => "stale",
        NotificationRefusal::Malformed => "malformed",
        NotificationRefusal::TooLarge => "too_large",
    };
    tracing::warn!(reason, "a notification was refused");
    counted(reason);
    match refusal {
        NotificationRefusal::TooLarge => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        _ => Problem::Malformed(format!("{refusal}.")).into_response(),
    }
}
