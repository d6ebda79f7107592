//! Payouts: the gateway is asked how one stands and what it consists of, and what reached the bank, or came back from it, is booked.

use sea_orm::DbErr;

use super::model::{Payout, PayoutLine, PayoutStanding};
use super::settling::SettleError;
use super::{booking, books, store};
use crate::audit;
use crate::db::Txn;
use crate::gateway::{GatewayPayout, GatewayTransaction, PayoutStatus};
use crate::jobs::lease::WORKER;
use crate::kernel::Money;
use crate::payment::model::PayoutEvent;
use crate::services::Services;

/// Asks the gateway about a payout, and books what is new; false, and nothing done, for one in a currency that the books do not know.
///
/// # Errors
/// [`SettleError`]; nothing was changed and it may be repeated. A payout that the gateway does not know is
/// [`GatewayError::NotFound`](crate::gateway::GatewayError::NotFound).
pub(super) async fn hear(services: &Services, id: &str) -> Result<bool, SettleError> {
    let payout = services.gateway.payout(id).await?;
    let Some(amount) = payout.amount else { return Ok(false) };
    let known = store::sum_of_lines(&*services.db.snapshot().await?, id).await?;
    // Right after a payout was made, the gateway may not list all of it yet.
    let wanted = payout.automatic && known != Some(amount.minor);
    let lines = if wanted { services.gateway.transactions_of(id).await? } else { Vec::new() };
    let lines: Vec<PayoutLine> = lines.into_iter().map(line).collect();
    services.db.write(WORKER, async |txn| note(txn, &payout, amount, &lines).await).await?;
    Ok(true)
}

fn line(part: GatewayTransaction) -> PayoutLine {
    let (amount, fee, net) = (part.balance.amount, part.balance.fee, part.balance.net);
    PayoutLine { id: part.balance.id, kind: part.kind, source: part.source, amount, fee, net }
}

fn standing(status: &PayoutStatus) -> (PayoutStanding, Option<String>) {
    match status {
        PayoutStatus::Pending => (PayoutStanding::Pending, None),
        PayoutStatus::InTransit => (PayoutStanding::InTransit, None),
        PayoutStatus::Paid => (PayoutStanding::Paid, None),
        PayoutStatus::Failed { reason } => (PayoutStanding::Failed, Some(reason.clone())),
        PayoutStatus::Canceled => (PayoutStanding::Canceled, None),
    }
}

async fn note(txn: &Txn, payout: &GatewayPayout, amount: Money, lines: &[PayoutLine]) -> Result<(), DbErr> {
    let before = store::payout_for_update(txn, &payout.id).await?;
    let fresh = || Payout {
        id: payout.id.clone(),
        amount,
        standing: PayoutStanding::Pending,
        failure: None,
        arrival: payout.arrival,
        automatic: payout.automatic,
        heard_at: txn.now(),
        paid_at: None,
        failed_at: None,
    };
    let (standing, failure) = standing(&payout.status);
    let known = before.clone().unwrap_or_else(fresh);
    let after = match known.told(standing, failure, payout.arrival, txn.now()) {
        Some(after) => after,
        None if before.is_none() => known,
        None => return store::insert_lines(txn, &payout.id, lines).await,
    };
    store::save_payout(txn, &after).await?;
    store::insert_lines(txn, &payout.id, lines).await?;
    if after.paid_at.is_some() {
        booking::book(txn, books::paid_out(&after.id, after.amount)).await?;
    }
    if after.came_back() {
        booking::book(txn, books::payout_failed(&after.id, after.amount)).await?;
    }
    audit::record(txn, &PayoutEvent { before: before.as_ref(), after: &after }).await
}
