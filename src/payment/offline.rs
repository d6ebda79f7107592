//! Money that came some other way than through the gateway, recorded by an admin.

use sea_orm::DbErr;

use super::model::{Means, Offline, Order, OrderNumber, OrderState, Payment, PaymentEvent, Received};
use super::{booking, settling, store};
use crate::audit;
use crate::db::Txn;
use crate::enrolment::{self, EnrolmentState, SeatRefusal, Sending};
use crate::kernel::ids::{EnrolmentId, OrderId};
use crate::kernel::time::SignedDuration;
use crate::kernel::time::shifted;
use crate::kernel::{Money, Zone};

/// Why a payment is not recorded.
#[derive(Debug, thiserror::Error)]
pub enum RecordRefusal {
    #[error("there is no such order")]
    NoSuchOrder,
    /// One reference pays one order, once.
    #[error("this reference is recorded for order {order_number}")]
    ReferenceUsed { order_number: OrderNumber },
    #[error("the order is paid")]
    AlreadyPaid,
    #[error("the order owes {owed}")]
    AmountDiffers { owed: Money },
    #[error("the order was cancelled")]
    OrderClosed,
    /// The hold had lapsed, and no seat is free.
    #[error("all seats are taken")]
    Full,
    /// The hold had lapsed, and the student has another seat in the cohort.
    #[error("the student has another seat in this cohort")]
    SeatedElsewhere,
    #[error("the day of receipt has not come yet")]
    FutureDate,
    /// The gateway does not say that it is closed: somebody may be paying on it.
    #[error("a payment page of the order could not be closed")]
    PageOpen,
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// The order, locked, if this payment may be recorded for it.
pub(super) async fn recordable(txn: &Txn, order: OrderId, offline: &Offline) -> Result<Order, RecordRefusal> {
    // A day that has begun nowhere on Earth (the date line's earliest zone is UTC+14) has not come, in whatever zone the bank is.
    if offline.received_on > Zone::UTC.civil(shifted(txn.now(), SignedDuration::from_hours(14))).date() {
        return Err(RecordRefusal::FutureDate);
    }
    let order = store::order_for_update(txn, order).await?.ok_or(RecordRefusal::NoSuchOrder)?;
    if let Some(order_number) = store::order_by_reference(txn, offline.method, &offline.reference).await? {
        return Err(RecordRefusal::ReferenceUsed { order_number });
    }
    match order.state {
        OrderState::Open | OrderState::Lapsed { .. } => {}
        OrderState::Paid { .. } => return Err(RecordRefusal::AlreadyPaid),
        OrderState::Cancelled { .. } => return Err(RecordRefusal::OrderClosed),
    }
    if offline.amount != order.quote.total {
        return Err(RecordRefusal::AmountDiffers { owed: order.quote.total });
    }
    Ok(order)
}

/// Records a payment that settles an order in full, and enrols its student; payment pages that are open for it are closed. Whoever
/// can ask the gateway has them closed before ([`record_payment`](super::record_payment)).
///
/// # Errors
/// [`RecordRefusal`]; nothing is recorded then.
pub async fn record_offline(txn: &Txn, order: OrderId, offline: Offline) -> Result<Payment, RecordRefusal> {
    let order = recordable(txn, order, &offline).await?;
    let payment = insert(txn, &order, offline).await?;
    let enrolment = order.enrolment().ok_or(RecordRefusal::OrderClosed)?;
    enrol(txn, enrolment).await?;
    booking::settled(txn, &payment).await?;
    settling::pay(txn, &order, enrolment, Sending::Now).await?;
    enrolment::paid_offline(txn, enrolment).await?;
    settling::close_pages(txn, order.id).await?;
    Ok(payment)
}

async fn insert(txn: &Txn, order: &Order, offline: Offline) -> Result<Payment, RecordRefusal> {
    let received = Received {
        method: offline.method,
        reference: offline.reference,
        received_on: offline.received_on,
        recorded_by: txn.actor().user(),
        at: txn.now(),
    };
    let means = Means::Offline(received.clone());
    let payment = Payment { id: txn.new_id(), order: order.id, amount: offline.amount, means, created_at: txn.now() };
    if !store::insert_offline(txn, &payment, &received).await? {
        let known = store::order_by_reference(txn, received.method, &received.reference).await?;
        return Err(match known {
            Some(order_number) => RecordRefusal::ReferenceUsed { order_number },
            None => DbErr::Custom("a payment was neither stored nor known".to_owned()).into(),
        });
    }
    audit::record(txn, &PaymentEvent::Captured { before: None, after: &payment }).await?;
    Ok(payment)
}

async fn enrol(txn: &Txn, id: EnrolmentId) -> Result<(), RecordRefusal> {
    let enrolment = enrolment::enrolment_for_update(txn, id).await?.ok_or(RecordRefusal::OrderClosed)?;
    let enrolled = match enrolment.state {
        EnrolmentState::Held { .. } => enrolment::confirm(txn, id).await,
        EnrolmentState::Lapsed { .. } => enrolment::reseat(txn, id).await,
        EnrolmentState::Enrolled { .. } => return Err(RecordRefusal::AlreadyPaid),
        EnrolmentState::Cancelled { .. } => return Err(RecordRefusal::OrderClosed),
    };
    match enrolled {
        Ok(_) => Ok(()),
        Err(SeatRefusal::Full) => Err(RecordRefusal::Full),
        Err(SeatRefusal::SeatedElsewhere) => Err(RecordRefusal::SeatedElsewhere),
        Err(other) => Err(settling::fault(other).into()),
    }
}
