//! A coupon's code used for an order: as long as nobody is paying it.
//!
//! Whatever the reason why a code cannot be used, the answer is the same, and it counts: an order has [`TRIES`], beside the limit
//! of forms by the browser's address. A whole discount leaves nothing to pay, and enrols at once.

use sea_orm::DbErr;

use super::asking::{self, Ask};
use super::model::{Order, OrderState, Payment, PaymentEvent};
use super::settling::{self, Pages, SettleError};
use super::store;
use crate::audit;
use crate::db::Txn;
use crate::enrolment::{self, EnrolmentState, Sending};
use crate::gateway::smallest_charge;
use crate::kernel::ids::{OrderId, UserId};
use crate::kernel::{Actor, Timestamp};
use crate::pricing::model::Coupon;
use crate::pricing::{self, Purchase, Quote};
use crate::services::Services;

/// How many codes that cannot be used may be tried on one order.
pub const TRIES: u32 = 10;

/// What came of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeOutcome {
    /// The order is cheaper by it.
    Used,
    /// Nothing is left to pay: the student is enrolled.
    Enrolled,
    /// It cannot be used for this order; why is not told.
    Unusable,
    /// As many were tried as may be. The order's hold ends at that moment, and with it the order.
    TooMany { until: Timestamp },
}

/// Why a code is not even looked at.
#[derive(Debug, thiserror::Error)]
pub enum CodeRefusal {
    #[error("there is no such order")]
    NoSuchOrder,
    /// It is paid or over, has its code, or money is on its way: the order's page says how it stands.
    #[error("the order takes no code now")]
    NotNow,
    /// A payment page is open, and the gateway does not say that it is closed.
    #[error("a payment page could not be closed")]
    PageOpen(#[source] SettleError),
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// What is found in one transaction.
enum Step {
    Done(CodeOutcome),
    /// A payment page with the old total must be closed first.
    Close(Box<Payment>),
}

/// Uses the code for this person's open order. Payment pages that are open for it are closed first, and what was paid on one
/// meanwhile counts.
///
/// # Errors
/// [`CodeRefusal`].
pub async fn use_code(services: &Services, user: UserId, order: OrderId, code: &str) -> Result<CodeOutcome, CodeRefusal> {
    let actor = Actor::User(user);
    // One page is open at most; a second round has it closed, a third has no reason.
    for _ in 0..3 {
        match services.db.write(actor, async |txn| step(txn, user, order, code).await).await? {
            Step::Done(outcome) => return Ok(outcome),
            Step::Close(payment) => {
                asking::settle_attempt(services, actor, &payment, Ask::Expire).await.map_err(CodeRefusal::PageOpen)?;
            }
        }
    }
    Err(CodeRefusal::NotNow)
}

async fn step(txn: &Txn, user: UserId, order: OrderId, code: &str) -> Result<Step, CodeRefusal> {
    let order = store::order_for_update(txn, order).await?.filter(|order| order.user == user);
    let order = order.ok_or(CodeRefusal::NoSuchOrder)?;
    let (purchase, until) = purchase(txn, &order).await?;
    if store::code_tries(txn, order.id).await? >= TRIES {
        return Ok(Step::Done(CodeOutcome::TooMany { until }));
    }
    let Some(coupon) = pricing::find_coupon(txn, code, &purchase).await? else {
        store::count_code_try(txn, order.id).await?;
        return Ok(Step::Done(CodeOutcome::Unusable));
    };
    match settling::pages(txn, order.id).await? {
        Pages::Closed => {}
        Pages::Open(payment) => return Ok(Step::Close(payment)),
        Pages::WithBank => return Err(CodeRefusal::NotNow),
    }
    pricing::use_coupon(txn, &coupon, &purchase).await?;
    let cheaper = order.clone().requote(discounted(&order.quote, &coupon)).map_err(|_| CodeRefusal::NotNow)?;
    store::save_quote(txn, &cheaper).await?;
    audit::record(txn, &PaymentEvent::Discounted { before: &order, after: &cheaper }).await?;
    if cheaper.quote.total.minor > 0 {
        return Ok(Step::Done(CodeOutcome::Used));
    }
    enrol(txn, &cheaper).await?;
    Ok(Step::Done(CodeOutcome::Enrolled))
}

/// The quote with the coupon's discount. A rest that is too small to be charged is let off: it could not be paid.
fn discounted(quote: &Quote, coupon: &Coupon) -> Quote {
    let less = quote.clone().discounted(coupon.id, coupon.discount.off(quote.list));
    if less.total.minor < smallest_charge(less.total.currency).minor { less.discounted(coupon.id, quote.list) } else { less }
}

/// What the code is to be used for, and until when its seat is held; refused unless the order is open, has no code yet, is
/// not to be paid by a transfer, and nothing of it waits for an admin.
async fn purchase(txn: &Txn, order: &Order) -> Result<(Purchase, Timestamp), CodeRefusal> {
    let enrolment = order.enrolment().ok_or(CodeRefusal::NotNow)?;
    let held = enrolment::enrolment_for_update(txn, enrolment).await?.ok_or(CodeRefusal::NotNow)?;
    let EnrolmentState::Held { until, .. } = held.state else { return Err(CodeRefusal::NotNow) };
    let is_open = order.state == OrderState::Open && until > txn.now();
    if !is_open || order.quote.coupon.is_some() || !store::queue_of_order(txn, order.id).await?.is_empty() {
        return Err(CodeRefusal::NotNow);
    }
    // Its total stands on a pro-forma invoice, and may be on its way.
    if store::transfer(txn, order.id).await?.is_some() {
        return Err(CodeRefusal::NotNow);
    }
    Ok((Purchase { order: order.id, user: order.user, cohort: held.cohort, list: order.quote.list }, until))
}

/// The seat of an order that owes nothing becomes the student's.
async fn enrol(txn: &Txn, order: &Order) -> Result<(), CodeRefusal> {
    let enrolment = order.enrolment().ok_or(CodeRefusal::NotNow)?;
    enrolment::confirm(txn, enrolment).await.map_err(settling::fault)?;
    settling::pay(txn, order, enrolment, Sending::Now).await?;
    enrolment::nothing_owed(txn, enrolment).await?;
    Ok(())
}
