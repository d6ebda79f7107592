//! An order that is paid by bank transfer or UPI: chosen by its student, told to be paid, found or not found by an admin.
//!
//! The quote stays frozen, and the card stays open until a reference is told: whichever money comes settles the order. Nothing
//! here moves money: an admin records what arrived ([`record_payment`]), or says that nothing did.

use sea_orm::DbErr;
use serde_json::json;

use super::asking::{self, Ask};
use super::jobs::LapseHold;
use super::model::{NotAUtr, Offline, Order, OrderState, Payment, Reference, Transfer, TransferEvent, TransferWay, kept_until};
use super::offline::{RecordRefusal, record_offline, recordable};
use super::settling::{self, Pages, SettleError};
use super::{invoicing, store};
use crate::db::Txn;
use crate::documents::Calendar;
use crate::enrolment::{self, EnrolmentState};
use crate::kernel::ids::{EnrolmentId, OrderId, UserId};
use crate::kernel::{Actor, Timestamp, awake};
use crate::mail::{self, Class, Post};
use crate::services::Services;
use crate::{audit, identity, jobs, organisation};

/// Of a reminder.
const LATER: i32 = 20;

/// Why a way to pay is not chosen.
#[derive(Debug, thiserror::Error)]
pub enum ChooseRefusal {
    #[error("there is no such order")]
    NoSuchOrder,
    /// It is paid or over, money is on its way, or a reference is told: the order's page says how it stands.
    #[error("the order cannot be paid another way now")]
    NotNow,
    /// The organisation has no such account, or it takes no money of the order's currency.
    #[error("this way to pay is not offered")]
    NotOffered,
    /// A payment page is open, and the gateway does not say that it is closed.
    #[error("a payment page could not be closed")]
    PageOpen(#[source] SettleError),
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// Why a reference is not taken.
#[derive(Debug, thiserror::Error)]
pub enum TellRefusal {
    #[error("there is no such order")]
    NoSuchOrder,
    /// It is paid or over, or no transfer was chosen: the order's page says how it stands.
    #[error("the order takes no reference now")]
    NotNow,
    #[error(transparent)]
    NotAUtr(#[from] NotAUtr),
    /// Recorded for an order, or told for another.
    #[error("this reference is used already")]
    Used,
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// Why a transfer is not declined.
#[derive(Debug, thiserror::Error)]
pub enum DeclineRefusal {
    #[error("there is no such order")]
    NoSuchOrder,
    /// Nothing is told, or the order is settled: somebody was quicker.
    #[error("no transfer is told for the order")]
    NothingTold,
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// What is found in one transaction.
enum Step {
    Done,
    /// A payment page must be closed first.
    Close(Box<Payment>),
}

/// Chooses a way to pay for this person's open order. Payment pages that are open for it are closed first, and what was paid on
/// one meanwhile counts. The same again changes nothing.
///
/// # Errors
/// [`ChooseRefusal`].
pub async fn choose_transfer(services: &Services, user: UserId, order: OrderId, way: TransferWay) -> Result<(), ChooseRefusal> {
    let actor = Actor::User(user);
    // One page is open at most; a second round has it closed, a third has no reason.
    for _ in 0..3 {
        match services.db.write(actor, async |txn| choose(txn, user, order, way).await).await? {
            Step::Done => return Ok(()),
            Step::Close(payment) => {
                asking::settle_attempt(services, actor, &payment, Ask::Expire).await.map_err(ChooseRefusal::PageOpen)?;
            }
        }
    }
    Err(ChooseRefusal::NotNow)
}

async fn choose(txn: &Txn, user: UserId, order: OrderId, way: TransferWay) -> Result<Step, ChooseRefusal> {
    let order = store::order_for_update(txn, order).await?.filter(|order| order.user == user);
    let order = order.ok_or(ChooseRefusal::NoSuchOrder)?;
    let (seat, until) = open_seat(txn, &order).await?.ok_or(ChooseRefusal::NotNow)?;
    if !store::queue_of_order(txn, order.id).await?.is_empty() {
        return Err(ChooseRefusal::NotNow);
    }
    match settling::pages(txn, order.id).await? {
        Pages::Closed => {}
        Pages::Open(payment) => return Ok(Step::Close(payment)),
        Pages::WithBank => return Err(ChooseRefusal::NotNow),
    }
    let organisation = organisation::current(txn).await?;
    if !TransferWay::offered(&organisation, order.quote.total.currency).contains(&way) {
        return Err(ChooseRefusal::NotOffered);
    }
    match store::transfer(txn, order.id).await? {
        Some(known) if known.told.is_some() => return Err(ChooseRefusal::NotNow),
        Some(known) if known.way == way => {}
        Some(known) => {
            let after = Transfer { way, ..known.clone() };
            change(txn, &order, TransferEvent::Chosen { before: Some(&known), after: &after }, &after).await?;
            post_details(txn, &order, &after).await?;
        }
        None => {
            let terms = enrolment::seat_terms(txn, seat.cohort).await?.ok_or(ChooseRefusal::NotNow)?;
            let until = kept_until(organisation.transfer_hold, terms.starts_at, until, txn.now());
            let after = Transfer::chosen(order.id, way, until, txn.now());
            change(txn, &order, TransferEvent::Chosen { before: None, after: &after }, &after).await?;
            post_details(txn, &order, &after).await?;
            // Its number is the last of all locks.
            let day = Calendar::of(&organisation.tax).day(until);
            invoicing::issue_proforma(txn, order.id, Some(day)).await?;
        }
    }
    Ok(Step::Done)
}

/// The seat of an open order, and until when it is held; none where it is held no longer.
async fn open_seat(txn: &Txn, order: &Order) -> Result<Option<(enrolment::Enrolment, Timestamp)>, DbErr> {
    let (Some(id), OrderState::Open) = (order.enrolment(), order.state) else { return Ok(None) };
    let Some(seat) = enrolment::enrolment_for_update(txn, id).await? else { return Ok(None) };
    match seat.state {
        EnrolmentState::Held { until, .. } if until > txn.now() => Ok(Some((seat, until))),
        _ => Ok(None),
    }
}

/// Stores how the transfer stands now, and keeps the seat as long as it says: longer where a payment page needs it.
async fn change(txn: &Txn, order: &Order, event: TransferEvent<'_>, after: &Transfer) -> Result<(), DbErr> {
    store::save_transfer(txn, after).await?;
    audit::record(txn, &event).await?;
    let Some((seat, until)) = open_seat(txn, order).await? else { return Ok(()) };
    // A page that is open, or a bank that decides, keeps the seat; once it is over, the hold ends as the transfer says.
    let keeps =
        if store::unfinished_of_order(txn, order.id).await?.is_empty() { after.held_until } else { after.held_until.max(until) };
    keep(txn, seat.id, keeps).await
}

async fn keep(txn: &Txn, seat: EnrolmentId, until: Timestamp) -> Result<(), DbErr> {
    enrolment::keep_for_bank(txn, seat, until).await.map_err(settling::fault)?;
    jobs::enqueue_at(txn, &LapseHold { enrolment: seat }, until).await
}

/// The mail with all that is needed to pay, once for each way, and the reminder, once.
async fn post_details(txn: &Txn, order: &Order, transfer: &Transfer) -> Result<(), DbErr> {
    let key = format!("{}:{}", transfer.order, transfer.way.word());
    mail::post(txn, letter(order, "transfer_details", &key, txn.now())).await?;
    let Some(at) = transfer.reminder() else { return Ok(()) };
    let zone = identity::person(txn, order.user).await?.map(|person| person.zone);
    let due_at = zone.map_or(at, |zone| awake(at, &zone));
    let reminder = letter(order, "transfer_reminder", &transfer.order.to_string(), due_at);
    let reminder = Post { class: Class::Reminder, not_after: Some(transfer.chosen_until), priority: LATER, ..reminder };
    mail::post(txn, reminder).await
}

fn letter(order: &Order, kind: &'static str, key: &str, due_at: Timestamp) -> Post {
    Post::transactional(kind, key, (order.user, order.buyer.email.clone()), json!({ "order": order.id }), due_at)
}

/// Takes the reference under which this person says to have paid their order. Told again, it is corrected.
///
/// # Errors
/// [`TellRefusal`].
pub async fn tell_reference(txn: &Txn, user: UserId, order: OrderId, text: &str) -> Result<(), TellRefusal> {
    let order = store::order_for_update(txn, order).await?.filter(|order| order.user == user);
    let order = order.ok_or(TellRefusal::NoSuchOrder)?;
    let before = store::transfer(txn, order.id).await?.ok_or(TellRefusal::NotNow)?;
    if open_seat(txn, &order).await?.is_none() {
        return Err(TellRefusal::NotNow);
    }
    let reference = before.way.read(text)?;
    if before.told.as_ref().is_some_and(|told| told.reference == reference) {
        return Ok(());
    }
    if is_used(txn, &before, &reference).await? {
        return Err(TellRefusal::Used);
    }
    let after = before.clone().tell(reference, txn.now());
    Ok(change(txn, &order, TransferEvent::Told { before: &before, after: &after }, &after).await?)
}

async fn is_used(txn: &Txn, transfer: &Transfer, reference: &Reference) -> Result<bool, DbErr> {
    let recorded = store::order_by_reference(txn, transfer.way.method(), reference).await?;
    Ok(recorded.is_some() || store::is_told_elsewhere(txn, transfer.order, transfer.way, reference).await?)
}

/// No money came under the reference that was told: it is cleared, and its student told.
///
/// # Errors
/// [`DeclineRefusal`].
pub async fn decline_transfer(txn: &Txn, order: OrderId) -> Result<(), DeclineRefusal> {
    let order = store::order_for_update(txn, order).await?.ok_or(DeclineRefusal::NoSuchOrder)?;
    let before = store::transfer(txn, order.id).await?.ok_or(DeclineRefusal::NothingTold)?;
    let is_settled = !matches!(order.state, OrderState::Open | OrderState::Lapsed { .. });
    if is_settled || before.told.is_none() {
        return Err(DeclineRefusal::NothingTold);
    }
    let after = before.clone().decline(txn.now());
    change(txn, &order, TransferEvent::Declined { before: &before, after: &after }, &after).await?;
    let key = format!("{}:{}", order.id, txn.now());
    Ok(mail::post(txn, letter(&order, "transfer_declined", &key, txn.now())).await?)
}

/// Records a payment that settles an order in full, and enrols its student. Payment pages that are open are closed at the gateway
/// before, so that nobody can pay by card what is recorded; what was paid on one meanwhile counts, and nothing is recorded then.
///
/// # Errors
/// [`RecordRefusal`]; nothing is recorded then.
pub async fn record_payment(
    services: &Services,
    actor: Actor,
    order: OrderId,
    offline: Offline,
) -> Result<Payment, RecordRefusal> {
    // A student who opens a page again and again meanwhile is asked to be let finish.
    for _ in 0..3 {
        close_pages_before(services, actor, order, &offline).await?;
        let work = async |txn: &Txn| {
            store::order_for_update(txn, order).await?;
            let closed = !store::unfinished_of_order(txn, order).await?.iter().any(Payment::can_be_closed);
            // A payment that cannot be recorded closed no page: the refusal is what counts.
            if closed || recordable(txn, order, &offline).await.is_err() {
                return record_offline(txn, order, offline.clone()).await.map(Some);
            }
            Ok(None)
        };
        if let Some(payment) = services.db.write(actor, work).await? {
            return Ok(payment);
        }
    }
    Err(RecordRefusal::PageOpen)
}

/// Closes the payment pages of an order that nobody has paid yet, and settles what the gateway says of them: where the payment can
/// be recorded. Where it cannot, nothing is closed; recording it says why.
///
/// # Errors
/// [`RecordRefusal::PageOpen`] if the gateway does not say that they are closed, or the database's own.
pub async fn close_pages_before(
    services: &Services,
    actor: Actor,
    order: OrderId,
    offline: &Offline,
) -> Result<(), RecordRefusal> {
    let look = async |txn: &Txn| match recordable(txn, order, offline).await {
        Ok(_) => Ok(store::unfinished_of_order(txn, order).await?),
        Err(RecordRefusal::Db(error)) => Err(error),
        Err(_) => Ok(Vec::new()),
    };
    let unfinished = services.db.write(actor, look).await?;
    for payment in unfinished.iter().filter(|payment| payment.can_be_closed()) {
        match asking::settle_attempt(services, actor, payment, Ask::Expire).await {
            Ok(_) => {}
            Err(SettleError::Db(error)) => return Err(error.into()),
            Err(SettleError::Gateway(error)) => {
                tracing::warn!(order = %order, error = %error, "a payment page could not be closed before a payment is recorded");
                return Err(RecordRefusal::PageOpen);
            }
        }
    }
    Ok(())
}
