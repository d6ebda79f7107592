//! What is asked of Stripe and what it answers, in types of our own.

use stripe_shared::{CheckoutSessionMode, CheckoutSessionPaymentStatus, CheckoutSessionStatus};

use super::PAYMENT;
use crate::kernel::ids::{OrderId, PaymentId};
use crate::kernel::{Currency, EmailAddress, Money, Timestamp};

/// The least that a card is charged ("Minimum and maximum charge amounts" in Stripe's documentation), rounded up for currencies that
/// it gives no figure for: half a dollar's worth.
pub const fn smallest_charge(currency: Currency) -> Money {
    let minor = match currency {
        Currency::INR | Currency::EUR | Currency::USD | Currency::JPY => 50,
        Currency::GBP => 30,
        Currency::KWD => 200,
    };
    Money::new(minor, currency)
}

/// A Checkout Session to create. Whoever repeats it with the same key repeats every field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRequest {
    /// 1 to 255 visible ASCII characters, stored before Stripe is called.
    pub idempotency_key: String,
    /// Becomes the session's `client_reference_id`, and metadata of session and intent.
    pub order: OrderId,
    /// The attempt; metadata of session and intent.
    pub payment: PaymentId,
    /// The order's number as people read it; metadata of session and intent, at most 500 characters.
    pub order_number: String,
    /// What is to be paid in all. Taxes are in it: Stripe adds none.
    pub amount: Money,
    /// What is bought, on the hosted page and on the payment.
    pub description: String,
    pub customer_email: EmailAddress,
    /// The customer that [`create_customer`](super::Gateway::create_customer) made for the order: then the hosted page knows the
    /// buyer's name and address, and takes their mail address from there.
    pub customer: Option<String>,
    /// Where the browser goes after paying; Stripe fills in `{CHECKOUT_SESSION_ID}`.
    pub success_url: String,
    /// Where it goes after giving up.
    pub cancel_url: String,
    /// 30 minutes to 24 hours ahead, cut to the second.
    pub expires_at: Timestamp,
}

/// Where a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionStatus {
    /// It can still be paid.
    Open,
    /// The visitor is done. Whether money came is the payment status's to say.
    Complete,
    /// It can no longer be paid.
    Expired,
}

/// Whether the money is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentStatus {
    Paid,
    /// Not, or not yet: the bank may still be deciding.
    Unpaid,
    NoPaymentRequired,
}

/// A Checkout Session as Stripe told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckoutSession {
    pub id: String,
    /// The hosted page; only while open.
    pub url: Option<String>,
    pub status: SessionStatus,
    pub payment_status: PaymentStatus,
    /// Total in minor units of `currency`.
    pub amount_minor: Option<i64>,
    /// ISO 4217 code in capitals.
    pub currency: Option<String>,
    /// Whether it is real money.
    pub live: bool,
    /// The `client_reference_id`: our order's id, if we made the session.
    pub order: Option<String>,
    /// Our payment attempt's id, from the metadata.
    pub payment: Option<String>,
    /// The payment intent's id, once somebody tried to pay.
    pub intent: Option<String>,
    /// Whether it is a single payment, as all of ours are, and no subscription or setup.
    pub is_payment: bool,
    pub expires_at: Timestamp,
}

/// Why there is no answer, or none of the wanted kind. No secret is in any of the texts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// It may have happened or not: a timeout, a broken connection, an answer that is no JSON of Stripe's.
    /// Repeat with the same key, and change nothing until it is known.
    #[error("it is not known whether the gateway did it: {0}")]
    OutcomeUnknown(String),
    /// Stripe understood and said no; repeating will not help.
    #[error("the gateway refused ({code}): {message}")]
    Refused { code: String, message: String },
    /// There is no such object.
    #[error("the gateway knows no such object")]
    NotFound,
    /// Nothing was changed and nothing learnt; try later. A secret key that is not accepted is this too: nothing was asked.
    #[error("the gateway is not available: {0}")]
    Unavailable(String),
}

impl CheckoutSession {
    /// The total, where its currency is one that prices may be in.
    pub fn amount(&self) -> Option<Money> {
        Some(Money::new(self.amount_minor?, self.currency.as_ref()?.parse().ok()?))
    }

    /// `None` for a state that this program does not know: to guess at money would be worse.
    pub(super) fn from_stripe(session: stripe_shared::CheckoutSession) -> Option<Self> {
        let status = match session.status? {
            CheckoutSessionStatus::Open => SessionStatus::Open,
            CheckoutSessionStatus::Complete => SessionStatus::Complete,
            CheckoutSessionStatus::Expired => SessionStatus::Expired,
            _ => return None,
        };
        let payment_status = match session.payment_status {
            CheckoutSessionPaymentStatus::Paid => PaymentStatus::Paid,
            CheckoutSessionPaymentStatus::Unpaid => PaymentStatus::Unpaid,
            CheckoutSessionPaymentStatus::NoPaymentRequired => PaymentStatus::NoPaymentRequired,
            _ => return None,
        };
        let mut metadata = session.metadata.unwrap_or_default();
        Some(Self {
            id: session.id.to_string(),
            url: session.url,
            status,
            payment_status,
            amount_minor: session.amount_total,
            currency: session.currency.map(|currency| currency.to_string().to_ascii_uppercase()),
            live: session.livemode,
            order: session.client_reference_id,
            payment: metadata.remove(PAYMENT),
            intent: session.payment_intent.map(|intent| intent.into_id().to_string()),
            is_payment: session.mode == CheckoutSessionMode::Payment,
            expires_at: Timestamp::from_second(session.expires_at).ok()?,
        })
    }
}

impl GatewayError {
    /// Whether it says that its key was used before for a request with other parameters: then that one may have been done
    /// ("Idempotent requests").
    pub fn is_of_another_request(&self) -> bool {
        matches!(self, Self::Refused { code, .. } if code == "idempotency_error")
    }

    pub(super) fn refused(code: &str, message: &str) -> Self {
        Self::Refused { code: code.to_owned(), message: message.to_owned() }
    }
}
