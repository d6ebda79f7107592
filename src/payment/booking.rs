//! Booking what happened, in the transaction in which it happened; [`books`](super::books) says how.

use sea_orm::DbErr;

use super::books::{self, Against, Came, Till};
use super::fees;
use super::model::{Means, Order, Payment, Reason, Said, Says};
use crate::db::Txn;
use crate::kernel::ids::{OrderId, PaymentId};
use crate::ledger::{self, Entry, Unbalanced};

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
    let till = match &payment.means {
        Means::Card(_) => Till::Gateway,
        Means::Offline(received) => Till::of(received.method),
    };
    let came = Came::Payment(payment.id);
    book(txn, books::received(came, Some(payment.order), payment.amount, till, Against::Order)).await?;
    if till == Till::Gateway { fees::expect(txn, payment.id).await } else { Ok(()) }
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
