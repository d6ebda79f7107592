//! The end of an order and of the seat that it paid for, in one transaction: cancelled, or ended by a refund of all that was paid.

use sea_orm::DbErr;
use serde_json::json;

use super::model::{Order, OrderState, PaymentEvent, refundable_in_all};
use super::{settling, store};
use crate::db::Txn;
use crate::enrolment::{self, SeatRefusal};
use crate::kernel::ids::{EnrolmentId, OrderId, UserId};
use crate::kernel::{EmailAddress, Money};
use crate::mail::{self, Post};
use crate::{audit, pricing};

/// The mail's kind, by its folder in `emails/`.
pub const CANCELLED: &str = "enrolment_cancelled";

/// The orders of an enrolment, locked, newest first.
///
/// # Errors
/// The database's own.
pub async fn orders_for_update(txn: &Txn, enrolment: EnrolmentId) -> Result<Vec<Order>, DbErr> {
    let mut locked = Vec::new();
    for order in store::orders_of_enrolment(txn, enrolment).await? {
        locked.extend(store::order_for_update(txn, order.id).await?);
    }
    Ok(locked)
}

/// Ends a seat and the orders that are to pay for it, or did: the seat is free, its student's access over, and pages that could
/// still take money are closed. The orders must be locked. `reason` is an admin's.
///
/// # Errors
/// [`SeatRefusal`].
pub async fn end(txn: &Txn, orders: &[Order], enrolment: EnrolmentId, reason: Option<&str>) -> Result<(), SeatRefusal> {
    enrolment::cancel(txn, enrolment, reason).await?;
    for before in orders {
        if let Ok(after) = before.clone().cancel(txn.now()) {
            store::save_order(txn, &after).await?;
            audit::record(txn, &PaymentEvent::OrderCancelled { before, after: &after }).await?;
            if after.quote.coupon.is_some() {
                pricing::give_back_use(txn, after.id).await?;
            }
            settling::close_pages(txn, after.id).await?;
        }
    }
    Ok(())
}

/// Tells a student that their enrolment has ended, and what goes back.
///
/// # Errors
/// The database's own.
pub async fn tell_cancelled(
    txn: &Txn,
    enrolment: EnrolmentId,
    whom: (UserId, EmailAddress),
    back: Option<(OrderId, Money)>,
) -> Result<(), DbErr> {
    let payload = json!({ "enrolment": enrolment, "order": back.map(|(order, _)| order), "back": back.map(|(_, back)| back) });
    mail::post(txn, Post::transactional(CANCELLED, enrolment, whom, payload, txn.now())).await
}

/// Ends the seat of a paid order of which nothing is left: whoever sent all of it back, from here or at the gateway's own pages,
/// it ends the same way.
pub(super) async fn end_if_refunded(txn: &Txn, order: &Order) -> Result<(), DbErr> {
    let OrderState::Paid { .. } = order.state else { return Ok(()) };
    let (payments, refunds) = (store::payments_of_order(txn, order.id).await?, store::refunds_of_order(txn, order.id).await?);
    // What is only asked for has not gone: it may be refused.
    let gone: Vec<_> = refunds.into_iter().filter(super::model::Refund::has_left).collect();
    let Some(enrolment) = order.enrolment() else { return Ok(()) };
    // What a bank took is not sent back by us: whether the seat ends with it is an admin's to say.
    if gone.is_empty() || refundable_in_all(&payments, &gone, &[], order.quote.total).minor > 0 {
        return Ok(());
    }
    match end(txn, std::slice::from_ref(order), enrolment, None).await {
        Ok(()) => tell_cancelled(txn, enrolment, (order.user, order.buyer.email.clone()), None).await,
        // It ended before.
        Err(SeatRefusal::NoSeat | SeatRefusal::NoSuchEnrolment) => Ok(()),
        Err(other) => Err(settling::fault(other)),
    }
}
