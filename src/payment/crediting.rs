//! Money that went back, in the books and on paper: which account it left, and the credit note for what had been sold.

use sea_orm::DbErr;

use super::books::Against;
use super::model::{Order, OrderState, Refund};
use super::{booking, disputing, invoicing, store};
use crate::db::Txn;
use crate::documents::{self, Kind};
use crate::kernel::Money;
use crate::kernel::ids::{OrderId, PaymentId};
use crate::ledger::{self, Account};

/// Why a credit note is issued, as printed.
const REASON: &str = "Payment sent back";
/// As [`REASON`], where nobody sent it.
const LOST: &str = "Payment taken back by the buyer’s bank";

/// A refund's money left, or came back to us: books it, and issues the credit note that it makes due.
pub(super) async fn followed(txn: &Txn, order: &Order, before: Option<&Refund>, after: &Refund) -> Result<(), DbErr> {
    let Some(payment) = store::payment(txn, after.payment).await? else { return Ok(()) };
    let settled = ledger::payments_on(txn, order.id, Account::Receivable).await?.contains(&payment.id);
    let against = if settled { Against::Order } else { Against::Nothing };
    match (before.is_some_and(Refund::has_left), after.has_left()) {
        (false, true) => {
            booking::refunded(txn, after, &payment, against).await?;
            credit(txn, order).await
        }
        (true, false) => booking::refund_failed(txn, after, &payment, against).await,
        _ => Ok(()),
    }
}

/// Issues the credit note for what of the order's price is gone and no note credits yet: what went back, and, once its seat has
/// ended, what a bank took for good after a dispute.
///
/// Money that was taken is no ground for a credit note while the seat is kept: the service is supplied, and unpaid. Given up, it is
/// not supplied, and what was charged for it is more than is due (CGST Act s.34(1)).
///
/// A refund that failed after it had left keeps its note: what was sold is taken back all the same, and the refund that is sent in its
/// place needs no second one. Nothing while the order has no receipt: its job asks again.
pub(super) async fn credit(txn: &Txn, order: &Order) -> Result<(), DbErr> {
    let settled = ledger::payments_on(txn, order.id, Account::Receivable).await?;
    let refunds = store::refunds_of_order(txn, order.id).await?;
    let sent: Vec<_> = refunds.iter().filter(|refund| refund.has_left() && settled.contains(&refund.payment)).collect();
    let back: i64 = sent.iter().map(|refund| refund.amount.minor).sum();
    let lost = lost(txn, order, &settled).await?;
    if back + lost == 0 {
        return Ok(());
    }
    let notes = documents::of_order(txn, order.id).await?.into_iter().filter(|known| known.kind == Kind::CreditNote);
    let credited: i64 = notes.map(|note| note.facts.sums.total.minor).sum();
    let due = (back + lost).min(order.quote.total.minor.max(back)) - credited;
    if due <= 0 {
        return Ok(());
    }
    let (key, reason) = match sent.last() {
        Some(last) if back > credited => (format!("refund:{}:{credited}", last.id), REASON),
        _ => (format!("lost:{}:{credited}", order.id), LOST),
    };
    let total = Money::new(due, order.quote.total.currency);
    match invoicing::issue_credit_note(txn, order.id, key, total, reason).await? {
        Some(note) => booking::credited(txn, &note).await,
        None => Ok(()),
    }
}

/// What banks took for good of an order whose seat has ended, in minor units.
async fn lost(txn: &Txn, order: &Order, settled: &[PaymentId]) -> Result<i64, DbErr> {
    if !matches!(order.state, OrderState::Cancelled { .. }) {
        return Ok(0);
    }
    let disputes = store::disputes_of_order(txn, order.id).await?;
    let of_it = disputes.iter().filter(|dispute| dispute.payment.is_some_and(|payment| settled.contains(&payment)));
    Ok(of_it.map(|dispute| dispute.told.gone()).fold(0, i64::saturating_add))
}

/// The seat of an order has ended: what a bank took for good of its price is credited, and nothing is left to decide about it.
///
/// # Errors
/// The database's own.
pub async fn settle_lost(txn: &Txn, order: OrderId) -> Result<(), DbErr> {
    let Some(order) = store::order_for_update(txn, order).await? else { return Ok(()) };
    for dispute in store::disputes_of_order(txn, order.id).await? {
        disputing::decide_dispute(txn, &dispute.id).await?;
    }
    credit(txn, &order).await
}
