//! Money going back through the gateway: it is asked, outside any transaction; what it says is applied in one, as often as anybody
//! likes, whoever began the refund.

use sea_orm::DbErr;
use serde_json::json;

use super::books::Leg;
use super::model::{Cause, Exception, Order, Origin, Payment, PaymentEvent, Reason, Refund, RefundEvent, RefundState, Way};
use super::settling::SettleError;
use super::whose::{Whose, whose};
use super::{booking, crediting, ending, refund_mail, store, strays};
use crate::audit;
use crate::db::Txn;
use crate::gateway::{GatewayError, GatewayRefund, RefundRequest, RefundStatus};
use crate::kernel::Actor;
use crate::kernel::ids::{OrderId, PaymentId, RefundId};
use crate::kernel::time::{SignedDuration, shifted};
use crate::services::Services;

/// So long after a refund was asked for, its key surely leads to the same refund again: the gateway keeps a key for a day. After
/// that it is looked for first.
const KEY_LIVES: SignedDuration = SignedDuration::from_hours(20);

/// What came of the gateway's word about a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returned {
    /// It is on record, as it stands now.
    Known(RefundId),
    /// Of money that is no payment of ours, and booked as such.
    Stray,
    /// Of money that we know nothing of, or in a currency that no price is in.
    NotOurs,
}

/// Asks the gateway to send a refund that was prepared, or asks about one that is under way.
///
/// One whose answer was lost is asked for again under its key, or looked for first where the key may be forgotten.
///
/// # Errors
/// [`SettleError`]; it may be repeated.
pub(super) async fn pursue(services: &Services, actor: Actor, id: RefundId) -> Result<(), SettleError> {
    let Some((refund, payment, order)) = load(services, id).await? else { return Ok(()) };
    match (&refund.state, refund.gateway_id()) {
        (RefundState::Preparing, None) => send(services, actor, &refund, &payment, &order).await,
        (RefundState::Pending, Some(known)) => {
            let told = services.gateway.refund_by_id(known).await?;
            hear(services, actor, told).await?;
            Ok(())
        }
        _ => Ok(()),
    }
}

async fn load(services: &Services, id: RefundId) -> Result<Option<(Refund, Payment, Order)>, DbErr> {
    let snapshot = services.db.snapshot().await?;
    let Some(refund) = store::refund(&snapshot, id).await? else { return Ok(None) };
    let payment = store::payment(&snapshot, refund.payment).await?;
    let order = store::order(&snapshot, refund.order).await?;
    Ok(payment.zip(order).map(|(payment, order)| (refund, payment, order)))
}

async fn send(services: &Services, actor: Actor, refund: &Refund, payment: &Payment, order: &Order) -> Result<(), SettleError> {
    let Some(intent) = payment.card().and_then(|attempt| attempt.intent.clone()) else {
        return Ok(fail(services, actor, refund.id, "the payment has no intent at the gateway".to_owned()).await?);
    };
    let is_late = services.clocks.service() >= shifted(refund.created_at, KEY_LIVES);
    let known = if is_late { look(services, refund, &intent).await? } else { None };
    let request = RefundRequest {
        idempotency_key: refund.key.clone(),
        intent,
        amount: refund.amount,
        refund: refund.id,
        order_number: order.number.to_string(),
    };
    let answer = match known {
        Some(told) => Ok(told),
        None => services.gateway.refund(&request).await,
    };
    match answer {
        Ok(told) => {
            hear(services, actor, told).await?;
            Ok(())
        }
        Err(error @ (GatewayError::Refused { .. } | GatewayError::NotFound)) => {
            Ok(fail(services, actor, refund.id, error.to_string()).await?)
        }
        Err(error) => Err(error.into()),
    }
}

/// The refund among those of its payment at the gateway.
async fn look(services: &Services, refund: &Refund, intent: &str) -> Result<Option<GatewayRefund>, GatewayError> {
    let ours = refund.id.to_string();
    Ok(services.gateway.refunds_of(intent).await?.into_iter().find(|told| told.refund.as_ref() == Some(&ours)))
}

/// The gateway will never send it: an admin must.
async fn fail(services: &Services, actor: Actor, id: RefundId, reason: String) -> Result<(), DbErr> {
    tracing::error!(refund = %id, reason, "the gateway refused a refund");
    services.db.write(actor, async |txn| failed(txn, id, reason).await).await
}

async fn failed(txn: &Txn, id: RefundId, reason: String) -> Result<(), DbErr> {
    let Some(known) = store::refund(txn, id).await? else { return Ok(()) };
    let Some(order) = store::order_for_update(txn, known.order).await? else { return Ok(()) };
    // Once more, now that nobody else can settle it: one that is known at the gateway by now did not fail.
    let Some(before) = store::refund(txn, id).await? else { return Ok(()) };
    if before.state != RefundState::Preparing || before.gateway_id().is_some() {
        return Ok(());
    }
    let after = before.clone().fail(reason, txn.now());
    keep(txn, &order, &before, &after).await
}

/// Fetches a refund from the gateway, and applies what it says.
///
/// # Errors
/// [`SettleError`]; nothing was changed and it may be repeated.
pub(super) async fn settle_refund(services: &Services, actor: Actor, id: &str) -> Result<Returned, SettleError> {
    let told = services.gateway.refund_by_id(id).await?;
    hear(services, actor, told).await
}

/// Fetches every refund of a payment intent, and applies what the gateway says of each.
///
/// # Errors
/// As [`settle_refund`].
pub(super) async fn settle_refunds_of(services: &Services, actor: Actor, intent: &str) -> Result<(), SettleError> {
    for told in services.gateway.refunds_of(intent).await? {
        hear(services, actor, told).await?;
    }
    Ok(())
}

/// Asks about every refund of an order of which the gateway has more to say: for a page that shows them.
///
/// # Errors
/// [`SettleError`]; what was settled before it stays settled.
pub async fn settle_refunds_of_order(services: &Services, actor: Actor, order: OrderId) -> Result<(), SettleError> {
    let refunds = store::refunds_of_order(&*services.db.snapshot().await?, order).await?;
    for refund in refunds.iter().filter(|refund| refund.state.is_unfinished()) {
        pursue(services, actor, refund.id).await?;
    }
    Ok(())
}

/// Applies what the gateway says of a refund, after the money that it is of.
pub(super) async fn hear(services: &Services, actor: Actor, told: GatewayRefund) -> Result<Returned, SettleError> {
    match whose(services, told.intent.as_deref()).await? {
        Whose::Payment(payment) => Ok(services.db.write(actor, async |txn| apply(txn, payment, &told).await).await?),
        Whose::Stray { .. } => {
            services.db.write(actor, async |txn| strays::returned(txn, &told).await).await?;
            Ok(Returned::Stray)
        }
        Whose::Nobodys => Ok(Returned::NotOurs),
    }
}

/// Idempotent, in one transaction, with the order locked.
async fn apply(txn: &Txn, payment: PaymentId, told: &GatewayRefund) -> Result<Returned, DbErr> {
    txn.says("refund settled");
    let Some(payment) = store::payment(txn, payment).await? else { return Ok(Returned::NotOurs) };
    let Some(order) = store::order_for_update(txn, payment.order).await? else { return Ok(Returned::NotOurs) };
    let refunds = store::refunds_of_order(txn, order.id).await?;
    let state = stands(told, txn);
    if let Some(before) = known(&refunds, &payment, told) {
        let after = before.clone().hear(&told.id, state);
        if after != *before {
            keep(txn, &order, before, &after).await?;
        }
        settled(txn, &after, told).await?;
        return Ok(Returned::Known(before.id));
    }
    let Some(amount) = told.amount else { return Ok(Returned::NotOurs) };
    let id: RefundId = txn.new_id();
    let found = Refund {
        id,
        order: order.id,
        payment: payment.id,
        amount,
        way: Way::Gateway { id: Some(told.id.clone()) },
        origin: Origin::Dashboard,
        cause: Cause::Dashboard,
        note: None,
        key: format!("found-{}", told.id),
        state,
        requested_by: None,
        approved_by: None,
        created_at: txn.now(),
    };
    if store::insert_refund(txn, &found).await? {
        audit::record(txn, &RefundEvent::Found(&found)).await?;
        moved(txn, &order, None, &found).await?;
        settled(txn, &found, told).await?;
    }
    Ok(Returned::Known(id))
}

/// Books what the refund did to the gateway's balance, as far as that is told.
async fn settled(txn: &Txn, refund: &Refund, told: &GatewayRefund) -> Result<(), DbErr> {
    for (leg, balance) in [(Leg::Out, &told.balance), (Leg::Back, &told.failure_balance)] {
        if let Some(balance) = balance {
            booking::refund_settled(txn, refund, leg, balance).await?;
        }
    }
    Ok(())
}

fn stands(told: &GatewayRefund, txn: &Txn) -> RefundState {
    let at = txn.now();
    match &told.status {
        RefundStatus::Pending | RefundStatus::RequiresAction => RefundState::Pending,
        RefundStatus::Succeeded => RefundState::Succeeded { at },
        RefundStatus::Canceled => RefundState::Cancelled { at },
        RefundStatus::Failed { reason } => RefundState::Failed { at, reason: reason.clone() },
    }
}

/// The refund of ours that the gateway's is: by its id, or, where the answer to its creation was lost, by ours.
fn known<'a>(refunds: &'a [Refund], payment: &Payment, told: &GatewayRefund) -> Option<&'a Refund> {
    let by_id = refunds.iter().find(|refund| refund.gateway_id() == Some(&told.id));
    by_id.or_else(|| {
        let id = told.refund.as_ref()?.parse::<RefundId>().ok()?;
        let of_this =
            |refund: &&Refund| refund.payment == payment.id && refund.amount.minor == told.amount.map_or(0, |a| a.minor);
        refunds.iter().filter(of_this).find(|refund| refund.id == id && refund.gateway_id().is_none())
    })
}

async fn keep(txn: &Txn, order: &Order, before: &Refund, after: &Refund) -> Result<(), DbErr> {
    store::save_refund(txn, after).await?;
    audit::record(txn, &RefundEvent::Moved { before, after }).await?;
    moved(txn, order, Some(before), after).await
}

/// The one place that follows a refund's money: the books, and what is to be done once it has left, or did not, or came back.
pub(super) async fn moved(txn: &Txn, order: &Order, before: Option<&Refund>, after: &Refund) -> Result<(), DbErr> {
    crediting::followed(txn, order, before, after).await?;
    let had_left = before.is_some_and(Refund::has_left);
    if after.has_left() && !had_left {
        // Who was told why it goes back need not be told a second time.
        if !matches!(after.cause, Cause::Rule(_)) {
            refund_mail::sent(txn, order, after).await?;
        }
        ending::end_if_refunded(txn, order).await?;
    }
    let was_under_way = before.is_none_or(|before| before.state.takes_money());
    if !after.state.takes_money() && was_under_way {
        queue(txn, after).await?;
    }
    Ok(())
}

/// Money that did not go back never stays silent.
async fn queue(txn: &Txn, refund: &Refund) -> Result<(), DbErr> {
    let why = match &refund.state {
        RefundState::Failed { reason, .. } => reason.as_str(),
        _ => "taken back at the gateway",
    };
    let exception = Exception {
        id: txn.new_id(),
        order: Some(refund.order),
        payment: Some(refund.payment),
        gateway_reference: refund.gateway_id().map(str::to_owned),
        reason: Reason::RefundFailed,
        detail: json!({ "amount": refund.amount, "refund": refund.id, "why": why }),
        created_at: txn.now(),
    };
    if store::insert_exception(txn, &format!("refund:{}", refund.id), &exception).await? {
        tracing::warn!(refund = %refund.id, why, "a refund did not reach its payer");
        audit::record(txn, &PaymentEvent::Queued(&exception)).await?;
    }
    Ok(())
}
