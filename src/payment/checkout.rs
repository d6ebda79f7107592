//! Sending a student to the gateway's payment page.
//!
//! The attempt and its idempotency key are stored before the gateway is called, so that nothing that happens to the answer can
//! lose the money or take it twice: an attempt whose answer was lost is repeated under the same key.

use sea_orm::DbErr;

use super::asking::{self, Ask, Asked};
use super::customers::{self, PaysAs};
use super::model::{CardAttempt, CardState, GRACE, Means, Order, OrderState, Payment, PaymentEvent};
use super::settling::{self, Bank, SettleError};
use super::store;
use crate::audit;
use crate::db::Txn;
use crate::enrolment::{self, Enrolment, EnrolmentState, SeatRefusal};
use crate::gateway::{GatewayError, SessionRequest};
use crate::kernel::ids::{OrderId, UserId};
use crate::kernel::time::{SignedDuration, shifted};
use crate::kernel::{Actor, Timestamp};
use crate::services::Services;

/// How long a payment page lives. The gateway takes no less than 30 minutes ("Create a Checkout Session", `expires_at`).
pub const PAGE: SignedDuration = SignedDuration::from_mins(31);
/// A page that ends sooner than this is not worth sending anybody to.
const WORTHWHILE: SignedDuration = SignedDuration::from_mins(5);

/// Why a student is not sent to a payment page.
#[derive(Debug, thiserror::Error)]
pub enum CheckoutRefusal {
    #[error("there is no such order")]
    NoSuchOrder,
    #[error("the order is paid")]
    AlreadyPaid,
    #[error("the order is closed")]
    OrderClosed,
    #[error("the seat is held no longer")]
    HoldOver,
    /// A payment is under way: another would be one too many.
    #[error("the bank is still deciding about the last payment")]
    BankDeciding,
    /// A transfer is told to be on its way: a card payment would be one too many.
    #[error("a transfer is looked for first")]
    TransferTold,
    /// Money came for it that a person must look at: more would be too much.
    #[error("a person must look at a payment of this order first")]
    Queued,
    /// There is no gateway, so none is taken.
    #[error("no cards are taken")]
    NoCards,
    /// The hold was extended as often as is allowed; it ends at `held_until`.
    #[error("there is no time left for another payment page")]
    NoMoreTime { held_until: Timestamp },
    /// No answer, or none to be trusted. Nothing is lost: the same again, later, leads to the page that was made, if one was.
    #[error("the payment gateway does not answer")]
    GatewayTrouble { held_until: Timestamp },
    /// The gateway said no. The log says why.
    #[error("the payment gateway refused")]
    GatewayRefused { held_until: Timestamp },
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// What to do next, found in one transaction.
enum Plan {
    Go {
        url: String,
    },
    /// An attempt whose creation had no answer must be looked for, or an old page closed, first.
    Ask {
        payment: Payment,
        ask: Ask,
        until: Timestamp,
    },
    /// The gateway must know the buyer first.
    Introduce {
        order: Box<Order>,
        key: String,
        until: Timestamp,
    },
    Create {
        order: Box<Order>,
        payment: Payment,
        attempt: CardAttempt,
        until: Timestamp,
    },
}

/// The address of a payment page for this person's open order: the one that is open already, or a new one.
///
/// A new page extends the hold where that is too short for it: not counted at the first, then at most
/// [`EXTENSIONS`](enrolment::EXTENSIONS) times.
///
/// # Errors
/// [`CheckoutRefusal`].
pub async fn begin_checkout(services: &Services, user: UserId, order: OrderId) -> Result<String, CheckoutRefusal> {
    let actor = Actor::User(user);
    if !services.gateway.is_set_up() {
        let own = store::order_of_user(&*services.db.snapshot().await?, user, order).await?;
        return Err(own.map_or(CheckoutRefusal::NoSuchOrder, |_| CheckoutRefusal::NoCards));
    }
    let mut held_until = services.clocks.service();
    let live = services.gateway.live();
    let mut never_begun = None;
    // At most: learn what became of an attempt, close its page, make a customer, make a new page, go there. More rounds have no reason.
    for _ in 0..6 {
        let next = services.db.write(actor, async |txn| plan(txn, user, order, (live, never_begun.as_deref())).await).await?;
        match next {
            Plan::Go { url } => return Ok(url),
            Plan::Ask { payment, ask, until } => {
                held_until = until;
                let asked = asking::settle_attempt(services, actor, &payment, ask).await;
                if let Asked::NeverBegun { key } = asked.map_err(|error| trouble(error, held_until))? {
                    never_begun = Some(key);
                }
            }
            Plan::Introduce { order, key, until } => {
                held_until = until;
                let asked = customers::introduce(services, actor, &order, key).await;
                asked.map_err(|error| trouble(error, held_until))?;
            }
            Plan::Create { order, payment, attempt, until } => {
                held_until = until;
                match services.gateway.create_session(&request(services, &order, &payment, &attempt)).await {
                    Ok(session) => {
                        settling::hear(services, actor, session, Bank::Silent).await?;
                    }
                    Err(error) => {
                        let failed = asking::not_created(services, actor, &payment, error).await;
                        failed.map_err(|error| trouble(error, held_until))?;
                        return Err(CheckoutRefusal::GatewayRefused { held_until });
                    }
                }
            }
        }
    }
    Err(CheckoutRefusal::GatewayTrouble { held_until })
}

fn trouble(error: SettleError, held_until: Timestamp) -> CheckoutRefusal {
    match error {
        SettleError::Db(error) => CheckoutRefusal::Db(error),
        SettleError::Gateway(error @ (GatewayError::OutcomeUnknown(_) | GatewayError::Unavailable(_))) => {
            tracing::warn!(error = %error, "the payment gateway does not answer");
            CheckoutRefusal::GatewayTrouble { held_until }
        }
        SettleError::Gateway(_) => CheckoutRefusal::GatewayRefused { held_until },
    }
}

async fn plan(
    txn: &Txn,
    user: UserId,
    order: OrderId,
    (live, never_begun): (bool, Option<&str>),
) -> Result<Plan, CheckoutRefusal> {
    txn.says("checkout planned");
    let order = store::order_for_update(txn, order).await?.filter(|order| order.user == user);
    let order = order.ok_or(CheckoutRefusal::NoSuchOrder)?;
    match order.state {
        OrderState::Open => {}
        OrderState::Paid { .. } => return Err(CheckoutRefusal::AlreadyPaid),
        OrderState::Lapsed { .. } | OrderState::Cancelled { .. } => return Err(CheckoutRefusal::OrderClosed),
    }
    let enrolment = order.enrolment().ok_or(CheckoutRefusal::OrderClosed)?;
    let held = enrolment::enrolment_for_update(txn, enrolment).await?.ok_or(CheckoutRefusal::OrderClosed)?;
    let EnrolmentState::Held { until, .. } = held.state else { return Err(CheckoutRefusal::HoldOver) };
    if until <= txn.now() {
        return Err(CheckoutRefusal::HoldOver);
    }
    if !store::queue_of_order(txn, order.id).await?.is_empty() {
        return Err(CheckoutRefusal::Queued);
    }
    if store::transfer(txn, order.id).await?.is_some_and(|transfer| transfer.told.is_some()) {
        return Err(CheckoutRefusal::TransferTold);
    }
    let mut renewed = None;
    let payments = store::payments_of_order(txn, order.id).await?;
    for payment in &payments {
        let Some(attempt) = payment.card() else { continue };
        match &attempt.state {
            CardState::Processing => return Err(CheckoutRefusal::BankDeciding),
            CardState::Open { url } if attempt.expires_at > shifted(txn.now(), WORTHWHILE) => {
                return Ok(Plan::Go { url: url.clone() });
            }
            CardState::Open { .. } => return Ok(Plan::Ask { payment: payment.clone(), ask: Ask::Expire, until }),
            // Unless somebody else did meanwhile what is to be done.
            CardState::Preparing if never_begun == Some(&attempt.key) && asking::is_renewable(attempt, txn.now()) => {
                renewed = Some(payment);
            }
            CardState::Preparing => return Ok(Plan::Ask { payment: payment.clone(), ask: Ask::Look, until }),
            CardState::Captured { .. } | CardState::Mismatched { .. } | CardState::Failed { .. } | CardState::Expired => {}
        }
    }
    let customer = match customers::pays_as(txn, &order, live).await? {
        PaysAs::Ask { order, key } => return Ok(Plan::Introduce { order, key, until }),
        PaysAs::Customer(customer) => Some(customer),
        PaysAs::Nobody => None,
    };
    // Made anew for as long as its first page would have lasted, and not for as long as the gateway is away.
    let is_begun = |payment: &Payment| txn.now() < shifted(payment.created_at, PAGE);
    let is_first = payments.iter().all(|payment| payment.card().is_none() || (renewed == Some(payment) && is_begun(payment)));
    let until = long_enough(txn, &held, until, is_first).await?;
    let (payment, attempt) = new_attempt(txn, &order, customer, renewed).await?;
    Ok(Plan::Create { order: Box::new(order), payment, attempt, until })
}

/// Extends the hold where it would not outlast, by [`GRACE`], a page that is opened now; when it ends.
async fn long_enough(txn: &Txn, held: &Enrolment, until: Timestamp, is_first: bool) -> Result<Timestamp, CheckoutRefusal> {
    let needed = shifted(txn.now(), PAGE + GRACE);
    if until >= needed {
        return Ok(until);
    }
    let extended = if is_first {
        enrolment::keep_for_bank(txn, held.id, needed).await
    } else {
        enrolment::extend_hold(txn, held.id, needed).await
    };
    match extended {
        Ok(_) => Ok(needed),
        Err(SeatRefusal::ExtendedTooOften) => Err(CheckoutRefusal::NoMoreTime { held_until: until }),
        Err(SeatRefusal::Db(error)) => Err(error.into()),
        Err(_) => Err(CheckoutRefusal::HoldOver),
    }
}

/// Stores an attempt to be made, in the place of one that was never begun where there is one.
async fn new_attempt(
    txn: &Txn,
    order: &Order,
    customer: Option<String>,
    renewed: Option<&Payment>,
) -> Result<(Payment, CardAttempt), DbErr> {
    let id = txn.new_id();
    let attempt = CardAttempt {
        key: format!("checkout-{id}"),
        expires_at: shifted(txn.now(), PAGE),
        customer,
        session: None,
        intent: None,
        state: CardState::Preparing,
    };
    let means = Means::Card(attempt.clone());
    if let Some(before) = renewed {
        let after = Payment { means, ..before.clone() };
        store::renew_card(txn, after.id, &attempt).await?;
        audit::record(txn, &PaymentEvent::Moved { before, after: &after }).await?;
        return Ok((after, attempt));
    }
    let payment = Payment { id, order: order.id, amount: order.quote.total, means, created_at: txn.now() };
    store::insert_card(txn, &payment, &attempt).await?;
    audit::record(txn, &PaymentEvent::Started(&payment)).await?;
    Ok((payment, attempt))
}

/// What is asked of the gateway for an attempt: all of it from what is stored, so that a repetition is the same request.
pub(super) fn request(services: &Services, order: &Order, payment: &Payment, attempt: &CardAttempt) -> SessionRequest {
    let public = &services.settings.server.public_url;
    SessionRequest {
        idempotency_key: attempt.key.clone(),
        order: order.id,
        payment: payment.id,
        order_number: order.number.to_string(),
        amount: payment.amount,
        description: order.description().to_owned(),
        customer_email: order.buyer.email.clone(),
        customer: attempt.customer.clone(),
        success_url: public.join(&format!("/orders/{}/return?session={{CHECKOUT_SESSION_ID}}", order.id)),
        cancel_url: public.join(&format!("/orders/{}", order.id)),
        expires_at: attempt.expires_at,
    }
}
