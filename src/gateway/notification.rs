//! Webhooks: the signature over the raw body, and the little that is read of it.
//!
//! The scheme is Stripe's ("Verify webhook signatures manually"): the header is `t=<seconds>,v1=<hex>[,v1=<hex>…]`, each `v1` an
//! HMAC-SHA256 of `<seconds>.<body>`. The body itself is only a trigger, so no more of it is read than says what to fetch.

use hmac::{Hmac, KeyInit, Mac};
use jiff::SignedDuration;
use miniserde::json::Value;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::kernel::Timestamp;

/// How far the signature's time may be from ours, either way.
pub const TOLERANCE: SignedDuration = SignedDuration::from_secs(300);

/// The longest body that is looked at, in bytes.
pub const MAX_NOTIFICATION: usize = 256 * 1024;

/// That something happened at the gateway, and to what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// Unique per event: the same event may come many times.
    pub id: String,
    /// Such as `checkout.session.completed`.
    pub kind: String,
    /// Whether it is about real money.
    pub live: bool,
    pub created: Timestamp,
    /// The object that the event is about, where it is of a kind that can change what is known of an order's money.
    pub about: Option<About>,
}

/// What to fetch on hearing of an event. `intent` is the payment intent that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// A Checkout Session.
    Session(String),
    Refund {
        id: String,
        intent: Option<String>,
    },
    Dispute {
        id: String,
        intent: Option<String>,
    },
    Payout(String),
    Charge {
        id: String,
        intent: Option<String>,
    },
}

impl Notification {
    /// The Checkout Session that the event is about, if it is about one.
    pub fn session(&self) -> Option<&str> {
        self.about.as_ref().and_then(About::session)
    }

    /// What a body says of its subject, for a notification that was found in the gateway's list and has no body.
    pub fn gist(&self) -> Vec<u8> {
        let (object, id, intent) = match &self.about {
            None => return br#"{"data":{"object":{}}}"#.to_vec(),
            Some(About::Session(id)) => ("checkout.session", id, None),
            Some(About::Refund { id, intent }) => ("refund", id, intent.as_ref()),
            Some(About::Dispute { id, intent }) => ("dispute", id, intent.as_ref()),
            Some(About::Payout(id)) => ("payout", id, None),
            Some(About::Charge { id, intent }) => ("charge", id, intent.as_ref()),
        };
        let object = serde_json::json!({ "object": object, "id": id, "payment_intent": intent });
        serde_json::json!({ "data": { "object": object } }).to_string().into_bytes()
    }

    /// What a kept body is about. The body's signature was checked before it was kept.
    pub fn about_kept(kept: &[u8]) -> Option<About> {
        let Kept { data, .. } = serde_json::from_slice(kept).ok()?;
        data.object.about()
    }

    /// Whether a kept body is what the gateway sent, which names its event, and no [`gist`](Self::gist) of one that was listed.
    pub fn was_sent(kept: &[u8]) -> bool {
        serde_json::from_slice::<Kept>(kept).is_ok_and(|kept| kept.id.is_some())
    }
}

impl About {
    /// The Checkout Session's id, if it is one.
    pub fn session(&self) -> Option<&str> {
        match self {
            Self::Session(id) => Some(id),
            _ => None,
        }
    }

    /// The gateway's id of it.
    pub fn id(&self) -> &str {
        match self {
            Self::Session(id) | Self::Payout(id) => id,
            Self::Refund { id, .. } | Self::Dispute { id, .. } | Self::Charge { id, .. } => id,
        }
    }

    fn new(object: &str, id: String, intent: Option<String>) -> Option<Self> {
        match object {
            "checkout.session" => Some(Self::Session(id)),
            "refund" => Some(Self::Refund { id, intent }),
            "dispute" => Some(Self::Dispute { id, intent }),
            "payout" => Some(Self::Payout(id)),
            "charge" => Some(Self::Charge { id, intent }),
            _ => None,
        }
    }
}

/// Why a notification is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotificationRefusal {
    #[error("the notification's signature is not ours")]
    BadSignature,
    #[error("the notification's signature is too old, or of the future")]
    Stale,
    #[error("the notification is signed, but cannot be read")]
    Malformed,
    #[error("the notification is longer than {MAX_NOTIFICATION} bytes")]
    TooLarge,
}

#[derive(Deserialize)]
struct Envelope {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    livemode: bool,
    created: i64,
    data: Data,
}

/// What is read of a body once more.
#[derive(Deserialize)]
struct Kept {
    id: Option<String>,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    object: Object,
}

#[derive(Deserialize)]
struct Object {
    #[serde(default)]
    object: String,
    id: Option<String>,
    /// An id, or the whole intent where the account expands it.
    payment_intent: Option<serde_json::Value>,
}

impl Object {
    fn about(self) -> Option<About> {
        let intent = match self.payment_intent {
            Some(serde_json::Value::String(intent)) => Some(intent),
            Some(serde_json::Value::Object(intent)) => intent.get("id").and_then(|id| id.as_str()).map(str::to_owned),
            _ => None,
        };
        About::new(&self.object, self.id?, intent)
    }
}

pub(super) fn verify(
    raw: &[u8],
    header: &str,
    secrets: &[SecretString],
    now: Timestamp,
) -> Result<Notification, NotificationRefusal> {
    if raw.len() > MAX_NOTIFICATION {
        return Err(NotificationRefusal::TooLarge);
    }
    let (seconds, candidates) = parse_header(header).ok_or(NotificationRefusal::BadSignature)?;
    let signed = secrets.iter().any(|secret| {
        let mac = mac(secret, seconds, raw);
        candidates.iter().any(|candidate| mac.clone().verify_slice(candidate).is_ok())
    });
    if !signed {
        return Err(NotificationRefusal::BadSignature);
    }
    let signed_at: i64 = seconds.parse().map_err(|_| NotificationRefusal::BadSignature)?;
    if signed_at.abs_diff(now.as_second()) > TOLERANCE.as_secs().unsigned_abs() {
        return Err(NotificationRefusal::Stale);
    }
    let envelope: Envelope = serde_json::from_slice(raw).map_err(|_| NotificationRefusal::Malformed)?;
    let created = Timestamp::from_second(envelope.created).map_err(|_| NotificationRefusal::Malformed)?;
    let about = envelope.data.object.about();
    Ok(Notification { id: envelope.id, kind: envelope.kind, live: envelope.livemode, created, about })
}

/// The `Stripe-Signature` header for `raw`, as Stripe would send it at `now`.
pub(super) fn sign(raw: &[u8], secret: &SecretString, now: Timestamp) -> String {
    let seconds = now.as_second().to_string();
    let digest = mac(secret, &seconds, raw).finalize().into_bytes();
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={seconds},v1={hex}")
}

/// An event of `/v1/events`; `None` if its time is none.
pub(super) fn from_event(event: stripe_shared::Event) -> Option<Notification> {
    let Value::Object(object) = event.data.object else { return None };
    let text = |key: &str| match object.get(key) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Object(inner)) => match inner.get("id") {
            Some(Value::String(id)) => Some(id.clone()),
            _ => None,
        },
        _ => None,
    };
    let about = text("id").and_then(|id| About::new(&text("object").unwrap_or_default(), id, text("payment_intent")));
    Some(Notification {
        id: event.id.to_string(),
        kind: event.type_.to_string(),
        live: event.livemode,
        created: Timestamp::from_second(event.created).ok()?,
        about,
    })
}

/// The time exactly as signed, and every `v1` that is hexadecimal.
fn parse_header(header: &str) -> Option<(&str, Vec<Vec<u8>>)> {
    let mut seconds = None;
    let mut candidates = Vec::new();
    for (key, value) in header.split(',').filter_map(|part| part.trim().split_once('=')) {
        match key {
            "t" => seconds = Some(value),
            "v1" => candidates.extend(unhex(value)),
            _ => {}
        }
    }
    Some((seconds?, candidates))
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.chars().map(|c| c.to_digit(16).map(|digit| digit as u8)).collect::<Option<_>>()?;
    digits.len().is_multiple_of(2).then(|| digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

fn mac(secret: &SecretString, seconds: &str, raw: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).expect("HMAC takes a key of any length");
    mac.update(seconds.as_bytes());
    mac.update(b".");
    mac.update(raw);
    mac
}
