//! Disputes: the gateway is asked how one stands, and what that did to money is booked, each thing once.
//!
//! Notifications only say which dispute to ask about, so they may come in any order and any number; what was asked earlier and comes
//! later is known by how far it is.

use sea_orm::DbErr;

use super::books::{self, Against, CAPTURED, Turn};
use super::model::{Dispute, DisputeEvent, DisputeFacts, Movement, Order, OrderState, Payment, Standing, Step};
use super::settling::SettleError;
use super::whose::{Whose, whose};
use super::{booking, crediting, store};
use crate::audit;
use crate::db::Txn;
use crate::gateway::{DisputeStatus, GatewayDispute};
use crate::jobs::lease::WORKER;
use crate::kernel::{Money, Timestamp};
use crate::ledger::{self, Account, Entry, Refs, Unbalanced};
use crate::services::Services;

/// How many disputes without known money a sweep asks about.
const AGAIN: u64 = 20;

/// What the gateway says, in words of ours.
fn told(dispute: &GatewayDispute) -> DisputeFacts {
    let standing = match dispute.status {
        DisputeStatus::Inquiry => Standing::Inquiry,
        DisputeStatus::InquiryClosed => Standing::InquiryClosed,
        DisputeStatus::NeedsResponse => Standing::NeedsResponse,
        DisputeStatus::UnderReview => Standing::UnderReview,
        DisputeStatus::Won => Standing::Won,
        DisputeStatus::Lost => Standing::Lost,
        DisputeStatus::Prevented => Standing::Prevented,
    };
    let movements =
        dispute.balance.iter().map(|part| Movement { id: part.id.clone(), amount: part.amount, fee: part.fee }).collect();
    DisputeFacts {
        standing,
        amount: dispute.amount,
        reason: dispute.reason.clone(),
        evidence_due_by: dispute.evidence_due_by,
        movements,
    }
}

/// Asks the gateway how a dispute stands, and books what is new.
///
/// # Errors
/// [`SettleError`]; nothing was changed and it may be repeated. A dispute that the gateway does not know is
/// [`GatewayError::NotFound`](crate::gateway::GatewayError::NotFound).
pub(super) async fn hear(services: &Services, id: &str) -> Result<(), SettleError> {
    let dispute = services.gateway.dispute(id).await?;
    let whose = whose(services, dispute.intent.as_deref()).await?;
    Ok(services.db.write(WORKER, async |txn| note(txn, &dispute, &whose).await).await?)
}

/// Asks about disputes whose money was not known, and was not asked about since `limit` (service time).
pub(super) async fn ask_again(services: &Services, limit: Timestamp) -> Result<(), SettleError> {
    let unmatched = store::unmatched_disputes(&*services.db.snapshot().await?, limit, AGAIN).await?;
    for id in unmatched {
        match hear(services, &id).await {
            Ok(()) => {}
            Err(SettleError::Db(error)) => return Err(error.into()),
            Err(SettleError::Gateway(error)) => {
                tracing::warn!(dispute = id, error = %error, "a dispute could not be asked about");
                services.db.write(WORKER, async |txn| store::dispute_asked(txn, &id).await).await?;
            }
        }
    }
    Ok(())
}

/// Writes down what the gateway says of a dispute. The order is locked first, as whatever else is about its money does.
pub(super) async fn note(txn: &Txn, dispute: &GatewayDispute, whose: &Whose) -> Result<(), DbErr> {
    let payment = match whose {
        Whose::Payment(payment) => store::payment(txn, *payment).await?,
        Whose::Stray { .. } | Whose::Nobodys => None,
    };
    let order = match &payment {
        Some(payment) => store::order_for_update(txn, payment.order).await?,
        None => None,
    };
    let before = store::dispute_for_update(txn, &dispute.id).await?;
    let told = match &before {
        // Older news, which came late.
        Some(before) if told(dispute).progress() < before.told.progress() => before.told.clone(),
        _ => told(dispute),
    };
    let after = Dispute {
        id: dispute.id.clone(),
        intent: dispute.intent.clone(),
        charge: dispute.charge.clone(),
        payment: payment.as_ref().map(|payment| payment.id).or(before.as_ref().and_then(|before| before.payment)),
        order: payment.as_ref().map(|payment| payment.order).or(before.as_ref().and_then(|before| before.order)),
        told,
        heard_at: before.as_ref().map_or(txn.now(), |before| before.heard_at),
        decided_at: before.as_ref().and_then(|before| before.decided_at),
    };
    store::save_dispute(txn, &after).await?;
    if let Some(payment) = &payment {
        // What was heard before its money was known is not booked yet.
        let booked = before.as_ref().filter(|before| before.payment.is_some()).map(|before| &before.told);
        book(txn, &after, payment, booked).await?;
    }
    if let Whose::Stray { .. } = whose {
        book_stray(txn, &after, before.as_ref().map(|before| &before.told)).await?;
    }
    match &before {
        None => audit::record(txn, &DisputeEvent::Opened(&after)).await?,
        Some(before) if before.told == after.told && before.payment == after.payment => {}
        Some(before) => audit::record(txn, &DisputeEvent::Moved { before, after: &after }).await?,
    }
    match (after.told.standing, order) {
        // The seat ended before: there is nothing to decide.
        (Standing::Lost, Some(Order { id, state: OrderState::Cancelled { .. }, .. })) => crediting::settle_lost(txn, id).await,
        _ => Ok(()),
    }
}

async fn book(txn: &Txn, dispute: &Dispute, payment: &Payment, booked: Option<&DisputeFacts>) -> Result<(), DbErr> {
    // Money that settled no order is owed to nobody once it is gone.
    let stray = ledger::moved_by(txn, payment.id, &[CAPTURED, "applied"], Account::Suspense).await?;
    let against = if stray == 0 { Against::Order } else { Against::Nothing };
    let refs = Refs { order: Some(payment.order), payment: Some(payment.id), refund: None };
    for entry in entries(&dispute.id, &dispute.told, booked, refs, against) {
        booking::book(txn, entry).await?;
    }
    Ok(())
}

/// A dispute about money that is no payment of ours: it is in Suspense, and gone from there once it is lost.
async fn book_stray(txn: &Txn, dispute: &Dispute, before: Option<&DisputeFacts>) -> Result<(), DbErr> {
    let booked = match before.map(|before| (before, before.movements.first())) {
        Some((before, Some(first))) if ledger::is_booked(txn, &books::withdrawn(&first.id)).await? => Some(before),
        Some((before, None)) => Some(before),
        // It was heard of before its money was.
        _ => None,
    };
    for entry in entries(&dispute.id, &dispute.told, booked, Refs::default(), Against::Nothing) {
        booking::book(txn, entry).await?;
    }
    Ok(())
}

/// What is to be booked of a dispute as it is told now, where `booked` is what it was when it was last booked.
pub(super) fn entries(
    dispute: &str,
    told: &DisputeFacts,
    booked: Option<&DisputeFacts>,
    refs: Refs,
    against: Against,
) -> Vec<Result<Entry, Unbalanced>> {
    let mut entries = Vec::new();
    let stage = format!("{dispute}:{}", told.stage());
    for step in told.since(booked) {
        match step {
            Step::Moved { movement, amount, returned } => {
                let turn = if returned { Turn::Reinstated } else { Turn::Withdrawn };
                entries.push(books::disputed(&movement.id, refs, amount, turn));
                if movement.amount.currency != amount.currency {
                    let minor = if returned { amount.minor } else { -amount.minor };
                    let paid = Money::new(minor, amount.currency);
                    entries.push(books::dispute_converted(&movement.id, refs, paid, movement.amount));
                }
                if movement.fee.minor != 0 {
                    entries.push(books::dispute_fee(&movement.id, refs, movement.fee));
                }
            }
            Step::Lost(amount) => entries.push(books::disputed(&stage, refs, amount, Turn::Lost(against))),
            Step::Regained(amount) => entries.push(books::disputed(&stage, refs, amount, Turn::Regained(against))),
        }
    }
    entries
}

/// Notes that an admin has said what becomes of the seat after a dispute was lost; false if none of this id waits for that.
///
/// # Errors
/// The database's own.
pub async fn decide_dispute(txn: &Txn, id: &str) -> Result<bool, DbErr> {
    let found = store::dispute_for_update(txn, id).await?;
    let waits = |dispute: &Dispute| dispute.told.standing == Standing::Lost && dispute.decided_at.is_none();
    let Some(dispute) = found.filter(waits) else { return Ok(false) };
    store::save_decision(txn, id).await?;
    audit::record(txn, &DisputeEvent::Decided(&dispute)).await?;
    Ok(true)
}
