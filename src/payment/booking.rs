//! Booking what happened, in the transaction in which it happened; [`books`](super::books) says how.

use sea_orm::DbErr;

use super::books::{self, Against, Came, Leg, Till};
use super::fees;
use super::model::{Means, Order, Payment, Reason, Refund, Said, Says, Way};
use crate::db::Txn;
use crate::documents::Document;
use crate::gateway::Balance;
use crate::kernel::Money;
use crate::kernel::ids::{OrderId, PaymentId};
use crate::ledger::{self, Entry, Refs, Unbalanced};

/// Posts an entry; one that is booked already changes nothing.
pub(super) async fn book(txn: &Txn, entry: Result<Entry, Unbalanced>) -> Result<(), DbErr> {
    let entry = entry.map_err(|error| DbErr::Custom(error.to_string()))?;
    ledger::post(txn, entry).await?;
    Ok(())
}

/// An order is paid: what it was for is sold.
pub(super) async fn invoiced(txn: &Txn, order: &Order) -> Result<(), DbErr> {
    let quote = &order.quote;
    // Nothing is owed where a coupon took off everything.
    if quote.total.minor == 0 {
        return Ok(());
    }
    book(txn, books::invoiced(order.id, quote.total, quote.taxable, quote.tax())).await
}

/// A payment settles its order.
pub(super) async fn settled(txn: &Txn, payment: &Payment) -> Result<(), DbErr> {
    let came = Came::Payment(payment.id);
    let till = till(payment);
    book(txn, books::received(came, Some(payment.order), payment.amount, till, Against::Order)).await?;
    if till == Till::Gateway { fees::expect(txn, payment.id).await } else { Ok(()) }
}

/// Where a payment came to.
const fn till(payment: &Payment) -> Till {
    match &payment.means {
        Means::Card(_) => Till::Gateway,
        Means::Offline(received) => Till::of(received.method),
    }
}

/// Where a refund's money comes from: what an admin sends is the bank's, or as they recorded it.
fn out_of(refund: &Refund, payment: &Payment) -> Till {
    match &refund.way {
        Way::Gateway { .. } => till(payment),
        Way::ByHand { sent } => sent.as_ref().map_or(Till::Bank, |sent| Till::of(sent.method)),
    }
}

const fn refs(refund: &Refund) -> Refs {
    Refs { order: Some(refund.order), payment: Some(refund.payment), refund: Some(refund.id) }
}

/// A refund's money has left.
pub(super) async fn refunded(txn: &Txn, refund: &Refund, payment: &Payment, against: Against) -> Result<(), DbErr> {
    book(txn, books::refunded(refund.id, refs(refund), refund.amount, out_of(refund, payment), against)).await
}

/// A refund's money came back to us: it leaves once, so once.
pub(super) async fn refund_failed(txn: &Txn, refund: &Refund, payment: &Payment, against: Against) -> Result<(), DbErr> {
    book(txn, books::refund_failed(refund.id, 1, refs(refund), refund.amount, out_of(refund, payment), against)).await
}

/// What the gateway kept of money that came, and into what it was changed in its balance.
pub(super) async fn kept(txn: &Txn, came: Came<'_>, paid: Money, balance: &Balance) -> Result<(), DbErr> {
    if balance.amount.currency != paid.currency {
        book(txn, books::converted(came, paid, balance.amount)).await?;
    }
    book(txn, books::fee(came, Money::new(balance.fee.minor, balance.amount.currency))).await
}

/// What a refund, or its failure, did to the gateway's balance: into what its money was changed, and what was taken for it. Once the
/// money itself is booked; told again, it changes nothing.
pub(super) async fn refund_settled(txn: &Txn, refund: &Refund, leg: Leg, balance: &Balance) -> Result<(), DbErr> {
    if !ledger::is_booked(txn, &leg.key(refund.id)).await? {
        return Ok(());
    }
    if balance.amount.currency != refund.amount.currency {
        book(txn, books::refund_converted(refund.id, refs(refund), leg, refund.amount, balance.amount)).await?;
    }
    if balance.fee.minor != 0 {
        book(txn, books::refund_fee(refund.id, refs(refund), leg, balance.fee)).await?;
    }
    Ok(())
}

/// A credit note took back what it says.
pub(super) async fn credited(txn: &Txn, note: &Document) -> Result<(), DbErr> {
    let sums = &note.facts.sums;
    let tax = Money::new(sums.total.minor - sums.taxable.minor, sums.total.currency);
    book(txn, books::credited(note.number.as_str(), note.order, sums.total, sums.taxable, tax)).await
}

/// Money that goes to the queue is there all the same. Not so money that a bank is still deciding about, money of the other mode, which
/// is none of these books, and money of which no amount in a currency of ours is known: the queue alone knows of those.
pub(super) async fn queued(
    txn: &Txn,
    said: &Said,
    order: Option<OrderId>,
    payment: Option<PaymentId>,
    reason: Reason,
) -> Result<(), DbErr> {
    let (Says::Paid, Some(amount)) = (&said.says, said.amount) else { return Ok(()) };
    if reason == Reason::WrongMode {
        return Ok(());
    }
    let came = payment.map_or(Came::Session(&said.session), Came::Payment);
    book(txn, books::received(came, order, amount, Till::Gateway, Against::Nothing)).await?;
    match payment {
        Some(payment) => fees::expect(txn, payment).await,
        None => Ok(()),
    }
}
