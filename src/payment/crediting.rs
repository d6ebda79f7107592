//! Money that went back, in the books and on paper: which account it left, and the credit note for what had been sold.

use sea_orm::DbErr;

use super::books::Against;
use super::model::{Order, Refund};
use super::{booking, invoicing, store};
use crate::db::Txn;
use crate::documents::{self, Kind};
use crate::kernel::Money;
use crate::ledger::{self, Account};

/// Why a credit note is issued, as printed.
const REASON: &str = "Payment sent back";

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

/// Issues the credit note for what went back of what the order sold and no note credits yet.
///
/// A refund that failed after it had left keeps its note: what was sold is taken back all the same, and the refund that is sent in its
/// place needs no second one. Nothing while the order has no receipt: its job asks again.
pub(super) async fn credit(txn: &Txn, order: &Order) -> Result<(), DbErr> {
    let settled = ledger::payments_on(txn, order.id, Account::Receivable).await?;
    let refunds = store::refunds_of_order(txn, order.id).await?;
    let gone: Vec<_> = refunds.iter().filter(|refund| refund.has_left() && settled.contains(&refund.payment)).collect();
    let Some(last) = gone.last() else { return Ok(()) };
    let notes = documents::of_order(txn, order.id).await?.into_iter().filter(|known| known.kind == Kind::CreditNote);
    let credited: i64 = notes.map(|note| note.facts.sums.total.minor).sum();
    let due = gone.iter().map(|refund| refund.amount.minor).sum::<i64>() - credited;
    if due <= 0 {
        return Ok(());
    }
    let (key, total) = (format!("refund:{}:{credited}", last.id), Money::new(due, order.quote.total.currency));
    match invoicing::issue_credit_note(txn, order.id, key, total, REASON).await? {
        Some(note) => booking::credited(txn, &note).await,
        None => Ok(()),
    }
}
