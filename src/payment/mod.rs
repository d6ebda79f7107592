//! Orders, the money that moves for them, and the end of a hold.
//!
//! Money is confirmed by settling alone: webhook, return page, sweep and the end of a hold all fetch the session and run the same
//! idempotent decision. Every captured payment ends enrolled, refunded by a stated rule ([`model::RULES`]), or in the admin's queue.
//! Refunds are facts of their own, whoever began them: what the gateway says of one is fetched and applied like a payment.

mod asking;
mod booking;
pub mod books;
pub mod checking;
mod checkout;
mod crediting;
mod customers;
mod discounting;
mod disputing;
mod ending;
mod fees;
mod gateway_checks;
mod hearing;
mod invoicing;
mod issuing;
pub mod jobs;
pub mod model;
mod offline;
mod paying_out;
mod refund_mail;
mod refunding;
mod replaying;
mod resolving;
mod returning;
mod settling;
mod store;
mod strays;
mod supplied;
mod sweeping;
#[cfg(test)]
mod tests;
mod transferring;
mod whose;

use sea_orm::DbErr;

use crate::audit;
use crate::db::Txn;
use crate::enrolment::{Enrolment, EnrolmentState};
use crate::gateway::Notification;
use crate::{catalogue, pricing};

pub use crate::pricing::Quote;
pub use checkout::{CheckoutRefusal, PAGE, begin_checkout};
pub use crediting::settle_lost;
pub use discounting::{CodeOutcome, CodeRefusal, TRIES, use_code};
pub use disputing::decide_dispute;
pub use ending::{CANCELLED, end, orders_for_update, tell_cancelled};
pub use fees::FetchFee;
pub use invoicing::{enter_rate, issue_credit_note, issue_proforma, settled_by, tax_deadline};
pub use issuing::{Lacking, issue_document, lacking_document};
use model::PaymentEvent;
pub use model::{
    Buyer, CardAttempt, CardState, Decision, Dispute, Exception, MatchedLine, Means, Method, Offline, Order, OrderLine,
    OrderNumber, OrderState, Payment, Payout, PayoutStanding, PostalAddress, PostalCode, Reason, Received, Reference, Refund,
    RefundQuote, RefundState, Sent, Source, Standing, Told, Transfer, TransferWay, Way,
};
pub use offline::{RecordRefusal, record_offline};
pub use refund_mail::{EXPLAINED, SENT};
pub use refunding::{Back, RefundRefusal, Wanted, approve_refund, decline_refund, record_sent, refund_cancelled, request_refund};
pub use replaying::{ReplayRefusal, Replayed, put_event_aside, replay_event};
pub use resolving::{ResolveRefusal, resolve, see_notification};
pub use returning::settle_refunds_of_order;
pub use settling::{Bank, SettleError, Settled, settle_order, settle_session};
pub use store::{
    KeptEvent, OddNotification, StuckEvent, count_long_with_bank, count_odd_notifications, count_queue, count_refunds_for_admins,
    count_stuck_events, count_told_transfers, count_unknown_fees, count_waiting_disputes, disputes_of_order, kept_event,
    lines_of_payout, long_with_bank, odd_notifications, order, order_of_user, orders, orders_of_enrolment, payments_of_order,
    payout, payouts_between, queue, queue_of_order, refund, refunds_for_admins, refunds_of_order, stuck_events, told_transfers,
    transfer, transfers, waiting, waiting_disputes,
};
pub use sweeping::{Receipt, SweepReport, sweep};
pub use transferring::{
    ChooseRefusal, DeclineRefusal, TellRefusal, choose_transfer, close_pages_before, decline_transfer, record_payment,
    tell_reference,
};

/// Why no order is placed.
#[derive(Debug, thiserror::Error)]
pub enum PlaceRefusal {
    #[error("the seat is not held")]
    NotHeld,
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// How many numbers are tried: with six digits of base 32, a million orders leave one clash in a thousand.
const NUMBERS: usize = 8;

/// Places the order that pays for a held seat, at the cohort's price of this moment and with the taxes of the buyer's place, and
/// sees to the hold's end.
///
/// `description` is what is bought, as the receipt and the payment page say it.
///
/// # Errors
/// [`PlaceRefusal`].
pub async fn place_order(txn: &Txn, held: &Enrolment, description: &str, buyer: Buyer) -> Result<Order, PlaceRefusal> {
    let EnrolmentState::Held { until, .. } = held.state else { return Err(PlaceRefusal::NotHeld) };
    let cohort = catalogue::cohort(txn, held.cohort).await?.ok_or(PlaceRefusal::NotHeld)?;
    let quote = pricing::quote(txn, &cohort.prices, &buyer.place(), txn.now(), until).await?;
    let line = OrderLine {
        id: txn.random().uuid(txn.now()),
        enrolment: Some(held.id),
        description: description.to_owned(),
        quantity: 1,
        unit: quote.list,
        total: quote.list,
    };
    let mut order = Order {
        id: txn.new_id(),
        number: OrderNumber::new(txn.random()),
        user: held.user,
        state: OrderState::Open,
        quote,
        buyer,
        lines: vec![line],
        created_at: txn.now(),
    };
    for _ in 0..NUMBERS {
        if store::insert_order(txn, &order).await? {
            audit::record(txn, &PaymentEvent::Placed(&order)).await?;
            crate::jobs::enqueue_at(txn, &jobs::LapseHold { enrolment: held.id }, until).await?;
            return Ok(order);
        }
        order.number = OrderNumber::new(txn.random());
    }
    Err(DbErr::Custom("no free order number was found".to_owned()).into())
}

/// Keeps a verified notification of the gateway with its raw body, and asks for it to be processed. A known one changes nothing.
///
/// # Errors
/// The database's own.
pub async fn receive_notification(txn: &Txn, notification: &Notification, raw: &[u8]) -> Result<Receipt, DbErr> {
    sweeping::receive(txn, notification, raw).await
}
