//! The gateway's notifications, as the test sends them itself: in what order, how often and how signed it likes.

use hmac::{Hmac, KeyInit, Mac};
use lectern::kernel::Timestamp;
use secrecy::ExposeSecret;
use serde_json::Value;
use sha2::Sha256;

use crate::support::app::TestApp;

/// Stripe's header for a body, signed at `now` with the endpoint's own secret ("Verify webhook signatures manually").
pub fn signature(app: &TestApp, body: &[u8], now: Timestamp) -> String {
    let secret = app.services().settings.gateway.webhook_secrets[0].expose_secret().to_owned();
    signature_by(&secret, body, now)
}

/// As [`signature`], with any secret.
pub fn signature_by(secret: &str, body: &[u8], now: Timestamp) -> String {
    let seconds = now.as_second();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{seconds}.").as_bytes());
    mac.update(body);
    let hex: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={seconds},v1={hex}")
}

/// Posts a notification; the answer's status.
pub async fn post(app: &TestApp, body: &[u8], signature: Option<&str>) -> u16 {
    let request = app.client().post(format!("{}/webhooks/stripe", app.origin())).body(body.to_vec());
    let request = signature.into_iter().fold(request, |request, signature| request.header("stripe-signature", signature));
    request.send().await.unwrap().status().as_u16()
}

/// Posts a notification as the gateway would now.
pub async fn post_signed(app: &TestApp, event: &Value) -> u16 {
    let body = event.to_string().into_bytes();
    post(app, &body, Some(&signature(app, &body, app.machine_now()))).await
}

/// The events that the gateway lists, oldest first.
pub async fn events(app: &TestApp) -> Vec<Value> {
    let gateway = &app.services().settings.gateway;
    let url = gateway.base_url.join("v1/events?limit=100").unwrap();
    let list: Value =
        app.client().get(url).bearer_auth(gateway.secret_key.expose_secret()).send().await.unwrap().json().await.unwrap();
    let mut events = list["data"].as_array().unwrap().clone();
    events.reverse();
    events
}
