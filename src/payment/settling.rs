//! Settling: the gateway is asked, outside any transaction; what it says is applied in one, as often as anybody likes.

use sea_orm::DbErr;
use serde_json::json;

use super::asking::{Ask, settle_attempt};
use super::jobs::{ExpirePages, LapseHold};
use super::model::{
    CardAttempt, Decision, Exception, Facts, Means, Order, OrderState, Payment, PaymentEvent, Reason, Said, Says, Seat, settle,
};
use super::{booking, invoicing, refunding, store};
use crate::db::Txn;
use crate::enrolment::{self, Confirmation, EnrolmentState, SeatRefusal, Sending};
use crate::gateway::{CheckoutSession, GatewayError, PaymentStatus, SessionStatus};
use crate::kernel::ids::{EnrolmentId, OrderId, PaymentId};
use crate::kernel::{Actor, Subject};
use crate::services::Services;
use crate::{audit, jobs, pricing};

/// Why something could not be settled now.
#[derive(Debug, thiserror::Error)]
pub enum SettleError {
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// What a notification said beyond what the session itself shows: a session whose bank refused looks like one whose bank is
/// still deciding (complete and unpaid).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bank {
    Silent,
    Refused,
}

/// What came of settling a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    Decided {
        order: OrderId,
        decision: Decision,
    },
    /// It belongs to no attempt of ours. If money is in it, an admin is told.
    NotOurs,
}

/// Fetches a session from the gateway and settles the order it belongs to.
///
/// # Errors
/// [`SettleError`]; nothing was changed and it may be repeated. A session that the gateway does not know is
/// [`GatewayError::NotFound`].
pub async fn settle_session(services: &Services, actor: Actor, session: &str, bank: Bank) -> Result<Settled, SettleError> {
    let session = services.gateway.session(session).await?;
    Ok(hear(services, actor, session, bank).await?)
}

/// Settles every attempt of an order of which money may still come: for the page that a student comes back to.
///
/// # Errors
/// [`SettleError`]; what was settled before it stays settled.
pub async fn settle_order(services: &Services, actor: Actor, order: OrderId) -> Result<(), SettleError> {
    let unfinished = store::unfinished_of_order(&*services.db.snapshot().await?, order).await?;
    for payment in unfinished {
        settle_attempt(services, actor, &payment, Ask::Look).await?;
    }
    Ok(())
}

/// Applies what the gateway said of a session.
pub(super) async fn hear(services: &Services, actor: Actor, session: CheckoutSession, bank: Bank) -> Result<Settled, DbErr> {
    let (said, live) = (said(session, bank), services.gateway.live());
    services.db.write(actor, async |txn| apply(txn, &said, live).await).await
}

fn said(session: CheckoutSession, bank: Bank) -> Said {
    let amount = session.amount();
    let says = match (session.payment_status, session.status) {
        (PaymentStatus::Paid | PaymentStatus::NoPaymentRequired, SessionStatus::Complete) | (PaymentStatus::Paid, _) => {
            Says::Paid
        }
        (_, SessionStatus::Expired) => Says::Expired,
        (_, SessionStatus::Complete) if bank == Bank::Refused => Says::Refused,
        (_, SessionStatus::Complete) => Says::Processing,
        (_, SessionStatus::Open) => Says::Open { url: session.url.unwrap_or_default() },
    };
    Said {
        session: session.id,
        says,
        amount,
        live: session.live,
        is_payment: session.is_payment,
        order: session.order.and_then(|id| id.parse().ok()),
        payment: session.payment.and_then(|id| id.parse().ok()),
        intent: session.intent,
    }
}

/// The whole of settling that touches rows: idempotent, in one transaction, with the order locked.
async fn apply(txn: &Txn, said: &Said, live: bool) -> Result<Settled, DbErr> {
    txn.says("session settled");
    let by_session = store::payment_by_session(txn, &said.session).await?;
    let order = by_session.map(|payment| payment.order).or(said.order);
    let order = match order {
        Some(id) => store::order_for_update(txn, id).await?,
        None => None,
    };
    let Some(order) = order else {
        return not_ours(txn, said, None, Reason::UnknownOrder).await;
    };
    let payments = store::payments_of_order(txn, order.id).await?;
    let Some((payment, attempt)) = attempt_of(&payments, said) else {
        return not_ours(txn, said, Some(order.id), Reason::UnknownSession).await;
    };
    let seat = seat(txn, &order).await?;
    let kept_until = store::transfer(txn, order.id).await?.map(|transfer| transfer.held_until);
    let facts = Facts { order: &order, seat, payment, attempt, payments: &payments, live, kept_until, now: txn.now() };
    let settlement = settle(&facts, said);
    let heard = CardAttempt {
        session: Some(said.session.clone()),
        intent: said.intent.clone().or_else(|| attempt.intent.clone()),
        state: settlement.state,
        ..attempt.clone()
    };
    if heard != *attempt {
        save_attempt(txn, payment, heard.clone()).await?;
    }
    let heard = Payment { means: Means::Card(heard), ..payment.clone() };
    let closed = carry_out(txn, &order, &heard, said, settlement.decision).await?;
    if closed {
        close_pages(txn, order.id).await?;
    }
    Ok(Settled::Decided { order: order.id, decision: settlement.decision })
}

/// The attempt that a session belongs to: by the session, or, where the answer to its creation was lost, by the attempt's id.
fn attempt_of<'a>(payments: &'a [Payment], said: &Said) -> Option<(&'a Payment, &'a CardAttempt)> {
    let cards = || payments.iter().filter_map(|payment| Some((payment, payment.card()?)));
    cards()
        .find(|(_, attempt)| attempt.session.as_deref() == Some(&said.session))
        .or_else(|| cards().find(|(payment, attempt)| attempt.session.is_none() && said.payment == Some(payment.id)))
}

async fn seat(txn: &Txn, order: &Order) -> Result<Seat, DbErr> {
    let Some(id) = order.enrolment() else { return Ok(Seat::None) };
    let Some(enrolment) = enrolment::enrolment_for_update(txn, id).await? else { return Ok(Seat::None) };
    Ok(match enrolment.state {
        EnrolmentState::Held { until, .. } => Seat::Held { until },
        EnrolmentState::Enrolled { .. } => Seat::Enrolled,
        EnrolmentState::Lapsed { .. } => Seat::Lapsed(enrolment::room_for(txn, &enrolment).await?),
        EnrolmentState::Cancelled { .. } => Seat::Cancelled,
    })
}

pub(super) async fn save_attempt(txn: &Txn, before: &Payment, attempt: CardAttempt) -> Result<(), DbErr> {
    store::save_card(txn, before.id, &attempt).await?;
    let after = Payment { means: Means::Card(attempt), ..before.clone() };
    if after.captured_at().is_some() && before.captured_at().is_none() {
        audit::record(txn, &PaymentEvent::Captured { before: Some(before), after: &after }).await
    } else {
        audit::record(txn, &PaymentEvent::Moved { before, after: &after }).await
    }
}

/// Does what was decided; tells whether the order can take no more money.
async fn carry_out(txn: &Txn, order: &Order, heard: &Payment, said: &Said, decision: Decision) -> Result<bool, DbErr> {
    let enrolment = order.enrolment();
    match (decision, enrolment) {
        (Decision::Enrol, Some(enrolment)) => {
            enrolment::confirm(txn, enrolment).await.map_err(fault)?;
            booking::settled(txn, heard).await?;
            pay(txn, order, enrolment, sending_of(txn, heard).await?).await?;
            enrolment::paid_by_card(txn, enrolment).await?;
        }
        (Decision::Reseat, Some(enrolment)) => {
            enrolment::reseat(txn, enrolment).await.map_err(fault)?;
            booking::settled(txn, heard).await?;
            pay(txn, order, enrolment, sending_of(txn, heard).await?).await?;
            enrolment::paid_by_card(txn, enrolment).await?;
        }
        (Decision::KeepForBank { until }, Some(enrolment)) => {
            enrolment::keep_for_bank(txn, enrolment, until).await.map_err(fault)?;
            jobs::enqueue_at(txn, &LapseHold { enrolment }, until).await?;
        }
        (Decision::Lapse, Some(enrolment)) => lapse(txn, std::slice::from_ref(order), enrolment).await?,
        (Decision::Refund(reason), _) => {
            booking::queued(txn, said, Some(order.id), Some(heard.id), reason).await?;
            refunding::refund_by_rule(txn, order, heard, reason).await?;
        }
        (Decision::Queue(reason), _) => queue(txn, said, Some(order.id), Some(heard.id), reason).await?,
        (Decision::Wait | Decision::Nothing, _) | (_, None) => {}
    }
    let closes = matches!(decision, Decision::Enrol | Decision::Reseat | Decision::Lapse);
    let opened_too_late = matches!(said.says, Says::Open { .. }) && order.state != OrderState::Open;
    Ok(closes || opened_too_late)
}

/// What the decision ruled out while the rows were locked.
pub(super) fn fault(refusal: SeatRefusal) -> DbErr {
    match refusal {
        SeatRefusal::Db(error) => error,
        other => DbErr::Custom(format!("a seat changed under its lock: {other}")),
    }
}

/// A payment that was begun before the last restore may have been made before it, and confirmed by the program that went on after
/// the backup: by a letter of which this database knows nothing.
async fn sending_of(txn: &Txn, payment: &Payment) -> Result<Sending, DbErr> {
    let restored_at = audit::restored_at(txn).await?;
    Ok(if restored_at.is_some_and(|at| payment.created_at <= at) { Sending::Held } else { Sending::Now })
}

/// The order is paid, its payment is booked and its student enrolled: says so to the log and to the student, and issues the receipt
/// or invoice.
pub(super) async fn pay(txn: &Txn, order: &Order, enrolment: EnrolmentId, sending: Sending) -> Result<(), DbErr> {
    let paid = order.clone().pay(txn.now()).map_err(|error| DbErr::Custom(error.to_string()))?;
    store::save_order(txn, &paid).await?;
    audit::record(txn, &PaymentEvent::OrderPaid { before: order, after: &paid }).await?;
    if order.quote.coupon.is_some() {
        pricing::keep_use(txn, order.id).await?;
    }
    booking::invoiced(txn, &paid).await?;
    invoicing::issue_paid(txn, &paid).await?;
    let (user, recipient) = (order.user, order.buyer.email.clone());
    let confirmation = Confirmation { enrolment, order: Some(order.id), user, recipient, again: None, sending };
    enrolment::post_confirmation(txn, confirmation).await
}

/// Frees a held seat, and closes the open orders that were to pay for it.
pub(super) async fn lapse(txn: &Txn, orders: &[Order], enrolment: EnrolmentId) -> Result<(), DbErr> {
    enrolment::lapse(txn, enrolment).await.map_err(fault)?;
    for before in orders {
        if let Ok(after) = before.clone().lapse(txn.now()) {
            store::save_order(txn, &after).await?;
            audit::record(txn, &PaymentEvent::OrderLapsed { before, after: &after }).await?;
            if after.quote.coupon.is_some() {
                pricing::give_back_use(txn, after.id).await?;
            }
        }
    }
    Ok(())
}

/// How the payment pages of an order stand before something about it changes that they show.
pub(super) enum Pages {
    /// Nobody can pay it.
    Closed,
    /// This one must be closed first.
    Open(Box<Payment>),
    /// A bank is deciding, which cannot be told to stop.
    WithBank,
}

/// How they stand now.
pub(super) async fn pages(txn: &Txn, order: OrderId) -> Result<Pages, DbErr> {
    let unfinished = store::unfinished_of_order(txn, order).await?;
    if unfinished.iter().any(Payment::is_with_bank) {
        return Ok(Pages::WithBank);
    }
    Ok(unfinished.into_iter().next().map_or(Pages::Closed, |payment| Pages::Open(Box::new(payment))))
}

/// Asks for the payment pages of an order to be closed, if it may have any.
pub(super) async fn close_pages(txn: &Txn, order: OrderId) -> Result<(), DbErr> {
    let unfinished = store::unfinished_of_order(txn, order).await?;
    if unfinished.iter().any(Payment::can_be_closed) { jobs::enqueue(txn, &ExpirePages { order }).await } else { Ok(()) }
}

async fn not_ours(txn: &Txn, said: &Said, order: Option<OrderId>, reason: Reason) -> Result<Settled, DbErr> {
    if matches!(said.says, Says::Paid | Says::Processing) {
        queue(txn, said, order, None, reason).await?;
    }
    Ok(Settled::NotOurs)
}

/// Puts a session into the admin's queue: once, whatever is found out about it later. Its money is booked when it is there.
async fn queue(txn: &Txn, said: &Said, order: Option<OrderId>, payment: Option<PaymentId>, reason: Reason) -> Result<(), DbErr> {
    booking::queued(txn, said, order, payment, reason).await?;
    let exception = Exception {
        id: txn.new_id(),
        order,
        payment,
        gateway_reference: Some(said.session.clone()),
        reason,
        detail: json!({
            "amount": said.amount,
            "live": said.live,
            "says": match said.says { Says::Paid => "paid", _ => "processing" },
            "intent": said.intent,
            "names_order": said.order,
        }),
        created_at: txn.now(),
    };
    if store::insert_exception(txn, &format!("session:{}", said.session), &exception).await? {
        tracing::warn!(
            exception = %Subject::Exception(exception.id).id(),
            reason = reason.word(),
            "money needs an admin's attention"
        );
        audit::record(txn, &PaymentEvent::Queued(&exception)).await?;
    }
    Ok(())
}

/// Queues a notification of the other mode, about a session that our key cannot fetch.
pub(super) async fn queue_wrong_mode(txn: &Txn, session: &str, live: bool) -> Result<(), DbErr> {
    let said = Said {
        session: session.to_owned(),
        says: Says::Processing,
        amount: None,
        live,
        is_payment: true,
        order: None,
        payment: None,
        intent: None,
    };
    queue(txn, &said, None, None, Reason::WrongMode).await
}
