//! Stripe: the one client that the product uses, and the practice gateway that stands in for it.
//!
//! Nothing here decides what a payment means. The client asks, and reports in types of its own what Stripe said; a notification
//! is only a trigger to fetch the session again. Instants are UTC, amounts whole minor units.

mod charges;
mod client;
mod customers;
mod disputes;
mod model;
mod notification;
mod payouts;
pub mod practice;
mod refunds;
mod settings;

#[cfg(test)]
mod tests;

pub use charges::{Balance, GatewayCharge};
pub use customers::{CustomerAddress, CustomerRequest};
pub use disputes::{DisputeStatus, GatewayDispute};
pub use model::{CheckoutSession, GatewayError, PaymentStatus, SessionRequest, SessionStatus, smallest_charge};
pub use notification::{About, MAX_NOTIFICATION, Notification, NotificationRefusal, TOLERANCE};
pub use payouts::{GatewayPayout, GatewayTransaction, PayoutStatus};
pub use refunds::{GatewayRefund, RefundRequest, RefundStatus};
pub use settings::{GatewaySettings, SettingsError};

use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

use futures_util::StreamExt;
use secrecy::{ExposeSecret, SecretString};
use stripe::{ClientBuilder, IdempotencyKey, RequestStrategy, StripeError, StripeRequest};
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionLineItems, CreateCheckoutSessionLineItemsPriceData,
    CreateCheckoutSessionPaymentIntentData, ExpireCheckoutSession, ListCheckoutSession, ProductData, RetrieveCheckoutSession,
};
use stripe_core::event::ListEvent;
use stripe_shared::{CheckoutSessionBillingAddressCollection, CheckoutSessionId, CheckoutSessionMode};
use stripe_types::RangeQueryTs;

use crate::kernel::steps::Steps;
use crate::kernel::{Currency, Money, Timestamp};

/// The metadata key that holds our order's id, on the session and on its payment intent.
const ORDER: &str = "order";
/// The metadata key that holds the order's number, for people who look it up at Stripe.
const ORDER_NUMBER: &str = "order_number";
/// The metadata key that holds our payment attempt's id.
const PAYMENT: &str = "payment";
/// The metadata key that holds our refund's id.
const REFUND: &str = "refund";

/// The kinds of events that [`Gateway::events_since`] asks for, and that a webhook endpoint should send: those that can change
/// what is known of an order's money. Stripe lists at most 20 kinds at once.
pub const EVENT_KINDS: [&str; 20] = [
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "payment_intent.payment_failed",
    "charge.succeeded",
    "charge.updated",
    "charge.refunded",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "charge.dispute.closed",
    "payout.created",
    "payout.updated",
    "payout.paid",
    "payout.failed",
];

/// The client. Cheap to clone.
#[derive(Clone)]
pub struct Gateway {
    /// None where no gateway is set up.
    client: Option<client::Client>,
    /// Kept only to take it out of whatever text Stripe might echo it in.
    secret_key: SecretString,
    webhook_secrets: Arc<[SecretString]>,
    live: bool,
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway").field("live", &self.live).finish_non_exhaustive()
    }
}

/// What a request may have changed, which decides what a missing answer means.
#[derive(Clone, Copy)]
enum Effect {
    Write,
    Read,
}

impl Gateway {
    /// # Errors
    /// The first setting that cannot be used.
    pub fn new(settings: GatewaySettings) -> Result<Self, SettingsError> {
        let base_url = settings.checked()?;
        let client = ClientBuilder::new(settings.secret_key.expose_secret())
            .url(base_url)
            .timeout(settings.timeout)
            .request_strategy(RequestStrategy::Once)
            .build()
            .map_err(|_| SettingsError::SecretKey)?;
        Ok(Self {
            client: Some(client::Client::new(client)),
            secret_key: settings.secret_key,
            webhook_secrets: settings.webhook_secrets.into(),
            live: settings.live,
        })
    }

    /// The same gateway, whose answers are steps of this process.
    #[must_use]
    pub fn telling(mut self, steps: Steps) -> Self {
        if let Some(client) = &mut self.client {
            client.steps = steps;
        }
        self
    }

    /// No gateway: whatever is asked of it is not answered, and no notification is its own. For who takes no cards.
    pub fn absent(live: bool) -> Self {
        Self { client: None, secret_key: SecretString::default(), webhook_secrets: Arc::from([]), live }
    }

    /// Whether there is one, so that cards can be taken.
    pub fn is_set_up(&self) -> bool {
        self.client.is_some()
    }

    fn client(&self) -> Result<&client::Client, GatewayError> {
        self.client.as_ref().ok_or_else(|| GatewayError::Unavailable("no payment gateway is set up".to_owned()))
    }

    /// Whether sessions and notifications are expected to be in live mode (real money).
    pub fn live(&self) -> bool {
        self.live
    }

    /// Creates a Checkout Session, or answers again with the one that the same key created.
    ///
    /// # Errors
    /// After [`GatewayError::OutcomeUnknown`] and [`GatewayError::Unavailable`] repeat the same request with the same key: Stripe
    /// keeps a key's answer for at least 24 hours, so that at most one session comes of it. Stripe also keeps an answer of status
    /// 500 under its key: if the outcome stays unknown until `expires_at` has passed, no session of this key can be paid any more.
    pub async fn create_session(&self, request: &SessionRequest) -> Result<CheckoutSession, GatewayError> {
        let once = once(&request.idempotency_key)?;
        let answer = creation(request).customize().request_strategy(once).send(self.client()?).await;
        self.read_session(answer, Effect::Write)
    }

    /// Fetches a session.
    ///
    /// # Errors
    /// [`GatewayError::NotFound`] also where `id` cannot be a session's id: it may come from a visitor's address bar.
    pub async fn session(&self, id: &str) -> Result<CheckoutSession, GatewayError> {
        let answer = RetrieveCheckoutSession::new(CheckoutSessionId::from(plain(id)?)).send(self.client()?).await;
        self.read_session(answer, Effect::Read)
    }

    /// The session whose money a payment intent's is; `None` where it was made without one.
    ///
    /// # Errors
    /// [`GatewayError::NotFound`] also where `intent` cannot be an intent's id.
    pub async fn session_of(&self, intent: &str) -> Result<Option<CheckoutSession>, GatewayError> {
        let list = ListCheckoutSession::new().payment_intent(plain(intent)?).limit(1).send(self.client()?).await;
        let found = list.map_err(|error| self.explain(error, Effect::Read))?.data.into_iter().next();
        found.map(|session| self.read_session(Ok(session), Effect::Read)).transpose()
    }

    /// Expires an open session, so that nobody can pay it any more, and tells the state it ends in.
    ///
    /// A session that is complete or expired already is no error: it is answered as it is, and the caller looks at its status.
    ///
    /// # Errors
    /// After [`GatewayError::OutcomeUnknown`] and [`GatewayError::Unavailable`] repeat it: to expire twice is to expire once.
    pub async fn expire_session(&self, id: &str) -> Result<CheckoutSession, GatewayError> {
        let answer = ExpireCheckoutSession::new(CheckoutSessionId::from(plain(id)?)).send(self.client()?).await;
        match self.read_session(answer, Effect::Write) {
            Err(refusal @ GatewayError::Refused { .. }) => {
                let session = self.session(id).await?;
                if session.status == SessionStatus::Open { Err(refusal) } else { Ok(session) }
            }
            answer => answer,
        }
    }

    /// The events of the kinds that matter to a settlement, from the whole second of `since` on, oldest first.
    ///
    /// Stripe keeps events for 30 days.
    ///
    /// # Errors
    /// If one page fails, all fails: a gap would go unnoticed.
    pub async fn events_since(&self, since: Timestamp) -> Result<Vec<Notification>, GatewayError> {
        let kinds: Vec<String> = EVENT_KINDS.map(str::to_owned).into();
        let list = ListEvent::new().created(RangeQueryTs::gte(since.as_second())).types(kinds).limit(100);
        let mut events = list.paginate().stream(self.client()?);
        let mut found = Vec::new();
        while let Some(event) = events.next().await {
            let event = event.map_err(|error| self.explain(error, Effect::Read))?;
            found.push(
                notification::from_event(event).ok_or_else(|| GatewayError::Unavailable("an unreadable event".to_owned()))?,
            );
        }
        // Stripe lists the newest first.
        found.reverse();
        Ok(found)
    }

    /// A harmless read that needs a good key: whether the newest event was of real money; `None` where there is no event.
    ///
    /// # Errors
    /// [`GatewayError::Unavailable`], which says whether the key was refused or nobody answered.
    pub async fn probe(&self) -> Result<Option<bool>, GatewayError> {
        let newest = ListEvent::new().limit(1).send(self.client()?).await;
        let newest = newest.map_err(|error| self.explain(error, Effect::Read))?;
        Ok(newest.data.first().map(|event| event.livemode))
    }

    /// Checks a webhook's signature over the body's raw bytes, with either of the secrets, and reads what it is about.
    ///
    /// `now` is *machine* time: Stripe signs with the real clock, wherever service time stands.
    ///
    /// # Errors
    /// See [`NotificationRefusal`]. Nothing of a body is read before its signature is found good.
    pub fn verify_notification(
        &self,
        raw: &[u8],
        signature_header: &str,
        now: Timestamp,
    ) -> Result<Notification, NotificationRefusal> {
        notification::verify(raw, signature_header, &self.webhook_secrets, now)
    }

    fn read_session(
        &self,
        answer: Result<stripe_shared::CheckoutSession, StripeError>,
        effect: Effect,
    ) -> Result<CheckoutSession, GatewayError> {
        let session = answer.map_err(|error| self.explain(error, effect))?;
        CheckoutSession::from_stripe(session)
            .ok_or_else(|| effect.unanswered("a session in a state that is not known".to_owned()))
    }

    fn explain(&self, error: StripeError, effect: Effect) -> GatewayError {
        match error {
            // Says something about our key, and nothing about what was asked: a key is checked before anything is done.
            StripeError::Stripe(_, 401 | 403) => {
                GatewayError::Unavailable("the gateway does not accept our secret key".to_owned())
            }
            StripeError::Stripe(_, 404) => GatewayError::NotFound,
            StripeError::Stripe(_, 429) => GatewayError::Unavailable("too many requests".to_owned()),
            // A request with the same key is still running.
            StripeError::Stripe(_, 409) => effect.unanswered("the same request is still being answered".to_owned()),
            StripeError::Stripe(_, status @ 500..) => effect.unanswered(format!("status {status}")),
            StripeError::Stripe(error, _) => {
                let code = error.code.as_ref().map_or_else(|| error.type_.to_string(), ToString::to_string);
                GatewayError::refused(&code, &self.scrubbed(error.message.as_deref().unwrap_or("no reason given")))
            }
            StripeError::Timeout => effect.unanswered("no answer within the time limit".to_owned()),
            StripeError::JSONDeserialize(_) => effect.unanswered("an answer that is not the gateway's".to_owned()),
            StripeError::ClientError(reason) => effect.unanswered(self.scrubbed(&reason)),
            StripeError::ConfigError(reason) => GatewayError::Unavailable(self.scrubbed(&reason)),
        }
    }

    fn scrubbed(&self, text: &str) -> String {
        text.replace(self.secret_key.expose_secret(), "[secret]")
    }
}

impl Effect {
    fn unanswered(self, reason: String) -> GatewayError {
        match self {
            Self::Write => GatewayError::OutcomeUnknown(reason),
            Self::Read => GatewayError::Unavailable(reason),
        }
    }

    /// A moment of Stripe's, in seconds since 1970.
    fn instant(self, seconds: i64) -> Result<Timestamp, GatewayError> {
        Timestamp::from_second(seconds).map_err(|_| self.unanswered("a moment that is none".to_owned()))
    }
}

/// Sent once, under a key that makes a repetition the same request.
fn once(key: &str) -> Result<RequestStrategy, GatewayError> {
    // A key that is no header value would fail inside the client as if the connection had.
    Some(key)
        .filter(|key| key.bytes().all(|byte| byte.is_ascii_graphic()))
        .and_then(|key| IdempotencyKey::new(key).ok())
        .map(RequestStrategy::Idempotent)
        .ok_or_else(|| GatewayError::refused("idempotency_key", "an idempotency key has 1 to 255 visible ASCII characters"))
}

/// An id goes into the request's path, so it must not be able to change which path that is.
fn plain(id: &str) -> Result<&str, GatewayError> {
    let plain = (1..=255).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    plain.then_some(id).ok_or(GatewayError::NotFound)
}

/// Stripe's name of a currency.
fn stripes(currency: Currency) -> stripe_types::Currency {
    currency.code().to_ascii_lowercase().parse().unwrap_or_else(|never: Infallible| match never {})
}

/// An amount of Stripe's; `None` in a currency that prices cannot be in.
fn money(minor: i64, currency: &stripe_types::Currency) -> Option<Money> {
    Some(Money::new(minor, currency.to_string().parse().ok()?))
}

fn creation(request: &SessionRequest) -> CreateCheckoutSession {
    let metadata = HashMap::from([
        (ORDER.to_owned(), request.order.to_string()),
        (ORDER_NUMBER.to_owned(), request.order_number.clone()),
        (PAYMENT.to_owned(), request.payment.to_string()),
    ]);
    let mut price = CreateCheckoutSessionLineItemsPriceData::new(stripes(request.amount.currency));
    price.unit_amount = Some(request.amount.minor);
    price.product_data = Some(ProductData::new(&request.description));
    let mut line = CreateCheckoutSessionLineItems::new();
    line.price_data = Some(price);
    line.quantity = Some(1);
    let mut intent = CreateCheckoutSessionPaymentIntentData::new();
    intent.description = Some(request.description.clone());
    intent.metadata = Some(metadata.clone());
    let session = CreateCheckoutSession::new();
    // Stripe takes one of the two: a customer's address of mail is the customer's.
    let session = match &request.customer {
        Some(customer) => session.customer(customer.as_str()),
        None => session.customer_email(request.customer_email.as_str()),
    };
    session
        .mode(CheckoutSessionMode::Payment)
        .client_reference_id(request.order.to_string())
        .metadata(metadata)
        .payment_intent_data(intent)
        .billing_address_collection(CheckoutSessionBillingAddressCollection::Required)
        .line_items(vec![line])
        .success_url(&request.success_url)
        .cancel_url(&request.cancel_url)
        .expires_at(request.expires_at.as_second())
}
