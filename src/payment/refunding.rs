//! Refunds as people and rules ask for them: requested, agreed to, declined, sent by hand. What the gateway does about them is in
//! `returning`.
//!
//! Every verb locks the order first: what a payment holds is counted and taken in one turn, so that never more goes back than came.

use sea_orm::DbErr;

use super::jobs::SendRefund;
use super::model::{
    Cause, NotNow, Order, Origin, Payment, Reason, Refund, RefundEvent, RefundState, Sent, Way, refundable, shares,
};
use super::{refund_mail, returning, store};
use crate::db::Txn;
use crate::kernel::Money;
use crate::kernel::ids::{OrderId, PaymentId, RefundId};
use crate::{audit, jobs, organisation};

/// Why no money is sent back, or not now.
#[derive(Debug, thiserror::Error)]
pub enum RefundRefusal {
    #[error("there is no such order")]
    NoSuchOrder,
    /// Or no money came by it.
    #[error("the order has no such payment")]
    NoSuchPayment,
    #[error("there is no such refund")]
    NoSuchRefund,
    /// Nothing, or less.
    #[error("there is nothing to send back")]
    Nothing,
    #[error("only {left} can still go back")]
    TooMuch { left: Money },
    /// It did not come through the gateway, or so long ago that a bank may refuse.
    #[error("it cannot go back the way it came")]
    NotByGateway,
    #[error("this reference is recorded already")]
    ReferenceUsed { order: OrderId },
    #[error(transparent)]
    NotNow(#[from] NotNow),
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// How an admin wants money to go back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Back {
    /// Through the gateway.
    AsItCame,
    /// An admin sends it from the bank, and records the reference.
    ByHand,
}

/// What an admin asks to be sent back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub payment: PaymentId,
    pub amount: Money,
    pub back: Back,
    /// Why, for the log.
    pub note: String,
}

/// Asks for money of one payment to be sent back. Above the organisation's limit a second admin must agree first. The seat is not
/// touched by it, unless all that was paid goes back: then it ends.
///
/// # Errors
/// [`RefundRefusal`]; nothing is asked for then.
pub async fn request_refund(txn: &Txn, order: OrderId, wanted: Wanted) -> Result<Refund, RefundRefusal> {
    let order = store::order_for_update(txn, order).await?.ok_or(RefundRefusal::NoSuchOrder)?;
    let (payments, refunds) = (store::payments_of_order(txn, order.id).await?, store::refunds_of_order(txn, order.id).await?);
    let disputes = store::disputes_of_order(txn, order.id).await?;
    let payment = payments.iter().find(|payment| payment.id == wanted.payment).ok_or(RefundRefusal::NoSuchPayment)?;
    let left = refundable(payment, &refunds, &disputes).ok_or(RefundRefusal::NoSuchPayment)?;
    if wanted.amount.minor <= 0 {
        return Err(RefundRefusal::Nothing);
    }
    if wanted.amount.currency != left.currency || wanted.amount.minor > left.minor {
        return Err(RefundRefusal::TooMuch { left });
    }
    let way = match (wanted.back, Way::of(payment, txn.now())) {
        (Back::AsItCame, way @ Way::Gateway { .. }) => way,
        (Back::AsItCame, Way::ByHand { .. }) => return Err(RefundRefusal::NotByGateway),
        (Back::ByHand, _) => Way::ByHand { sent: None },
    };
    let refund = new(txn, &order, payment, wanted.amount, (way, Cause::Asked), Some(wanted.note));
    Ok(record(txn, awaiting(txn, refund).await?).await?)
}

/// Asks for what a cancelled order's payments hold of `amount` to be sent back, each share the way that it came. An admin's
/// choice (with a `note`) may need a second admin's word; what the policy gives does not.
///
/// # Errors
/// [`RefundRefusal::TooMuch`], or the database's own.
pub async fn refund_cancelled(txn: &Txn, order: &Order, amount: Money, note: Option<&str>) -> Result<Vec<Refund>, RefundRefusal> {
    let (payments, refunds) = (store::payments_of_order(txn, order.id).await?, store::refunds_of_order(txn, order.id).await?);
    let disputes = store::disputes_of_order(txn, order.id).await?;
    let left = || super::model::refundable_in_all(&payments, &refunds, &disputes, amount);
    let shares = shares(&payments, &refunds, &disputes, amount).ok_or_else(|| RefundRefusal::TooMuch { left: left() })?;
    let mut recorded = Vec::new();
    for (id, share) in shares {
        let payment = payments.iter().find(|payment| payment.id == id).ok_or(RefundRefusal::NoSuchPayment)?;
        let way = Way::of(payment, txn.now());
        let mut refund = new(txn, order, payment, share, (way, Cause::Cancelled), note.map(str::to_owned));
        if note.is_some() {
            refund = awaiting(txn, refund).await?;
        }
        recorded.push(record(txn, refund).await?);
    }
    Ok(recorded)
}

/// Sends back all that came by a payment, by the rule for `reason`, and tells its payer why.
pub(super) async fn refund_by_rule(txn: &Txn, order: &Order, payment: &Payment, reason: Reason) -> Result<(), DbErr> {
    let refunds = store::refunds_of_order(txn, order.id).await?;
    let disputes = store::disputes_of_order(txn, order.id).await?;
    let Some(left) = refundable(payment, &refunds, &disputes).filter(|left| left.minor > 0) else { return Ok(()) };
    let way = Way::of(payment, txn.now());
    let refund = record(txn, new(txn, order, payment, left, (way, Cause::Rule(reason)), None)).await?;
    refund_mail::explained(txn, order, &refund).await
}

fn new(txn: &Txn, order: &Order, payment: &Payment, amount: Money, (way, cause): (Way, Cause), note: Option<String>) -> Refund {
    let id: RefundId = txn.new_id();
    let requested_by = note.as_ref().and(txn.actor().user());
    Refund {
        id,
        order: order.id,
        payment: payment.id,
        amount,
        state: way.begins(),
        way,
        origin: Origin::Ours,
        cause,
        note,
        key: format!("refund-{id}"),
        requested_by,
        approved_by: None,
        created_at: txn.now(),
    }
}

/// The refund, which waits for a second admin where the organisation wants that.
async fn awaiting(txn: &Txn, refund: Refund) -> Result<Refund, DbErr> {
    let approval = organisation::current(txn).await?.approval;
    let state = if approval.is_needed(refund.amount) { RefundState::AwaitingApproval } else { refund.state };
    Ok(Refund { state, ..refund })
}

/// The one place where a refund of ours begins: kept, told to the log, and asked of the gateway once this is committed.
async fn record(txn: &Txn, refund: Refund) -> Result<Refund, DbErr> {
    if !store::insert_refund(txn, &refund).await? {
        return Err(DbErr::Custom("a refund was known before it was asked for".to_owned()));
    }
    audit::record(txn, &RefundEvent::Requested(&refund)).await?;
    begin(txn, &refund).await?;
    Ok(refund)
}

async fn begin(txn: &Txn, refund: &Refund) -> Result<(), DbErr> {
    match refund.state {
        RefundState::Preparing => jobs::enqueue(txn, &SendRefund { refund: refund.id }).await,
        _ => Ok(()),
    }
}

/// A refund and its order, the order locked.
async fn locked(txn: &Txn, id: RefundId) -> Result<(Order, Refund), RefundRefusal> {
    let known = store::refund(txn, id).await?.ok_or(RefundRefusal::NoSuchRefund)?;
    let order = store::order_for_update(txn, known.order).await?.ok_or(RefundRefusal::NoSuchOrder)?;
    // Once more, now that nobody else can change it.
    let refund = store::refund(txn, id).await?.ok_or(RefundRefusal::NoSuchRefund)?;
    Ok((order, refund))
}

/// The acting admin agrees to a refund that another asked for.
///
/// # Errors
/// [`RefundRefusal`].
pub async fn approve_refund(txn: &Txn, id: RefundId) -> Result<Refund, RefundRefusal> {
    let (_, before) = locked(txn, id).await?;
    let admin = txn.actor().user().ok_or(NotNow::NotAwaiting)?;
    let after = before.clone().approve(admin)?;
    store::save_refund(txn, &after).await?;
    audit::record(txn, &RefundEvent::Approved { before: &before, after: &after }).await?;
    begin(txn, &after).await?;
    Ok(after)
}

/// Gives up a refund that waits for a second admin.
///
/// # Errors
/// [`RefundRefusal`].
pub async fn decline_refund(txn: &Txn, id: RefundId, reason: &str) -> Result<Refund, RefundRefusal> {
    let (_, before) = locked(txn, id).await?;
    let after = before.clone().decline(txn.now())?;
    store::save_refund(txn, &after).await?;
    audit::record(txn, &RefundEvent::Declined { before: &before, after: &after, reason }).await?;
    Ok(after)
}

/// Notes that an admin has sent a refund from the bank, and tells its payer.
///
/// # Errors
/// [`RefundRefusal`].
pub async fn record_sent(txn: &Txn, id: RefundId, sent: Sent) -> Result<Refund, RefundRefusal> {
    let (order, before) = locked(txn, id).await?;
    let after = before.clone().sent(sent.clone(), txn.now())?;
    if let Some(order) = store::refund_by_reference(txn, &sent).await? {
        return Err(RefundRefusal::ReferenceUsed { order });
    }
    store::save_refund(txn, &after).await?;
    audit::record(txn, &RefundEvent::Moved { before: &before, after: &after }).await?;
    returning::moved(txn, &order, Some(&before), &after).await?;
    Ok(after)
}
