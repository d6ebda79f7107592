//! What waits for an admin: counted, and listed, in one snapshot and a number of statements that does not grow with it.

use std::collections::{BTreeMap, HashMap};

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};

use crate::db::Conn;
use crate::db::rows::payment::order_lines;
use crate::documents::model::Awaited;
use crate::documents::{self, Document};
use crate::enrolment::{self, Enrolment, EnrolmentState};
use crate::jobs::{self, DeadJob, Job};
use crate::kernel::ids::{EnrolmentId, OrderId};
use crate::kernel::time::{SignedDuration, shifted};
use crate::kernel::{Money, Timestamp};
use crate::mail::{self, LetterRow};
use crate::payment::jobs::ProcessEvent;
use crate::payment::{
    self, Dispute, Exception, OddNotification, Order, Payment, Refund, StuckEvent, Told, Transfer, TransferWay,
};
use crate::schedule::{Plans, Short, short_of_readings};

/// A bank that has not decided for so long is worth asking about.
const BANK: SignedDuration = SignedDuration::from_hours(24 * 3);
/// A notification is processed within seconds, and by the sweep within minutes.
const EVENT: SignedDuration = SignedDuration::from_hours(1);
/// Holds are shown that end within this.
const HOLD: SignedDuration = SignedDuration::from_hours(1);
/// The most rows of one section; its count says how many there are.
pub const LISTED: u64 = 50;

/// How much waits for an admin, by what it is. Held seats are not in it: they end by themselves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Money that came and enrolled nobody, or did not go back.
    pub money: u64,
    /// Refunds that wait for a second admin, or to be sent by hand.
    pub refunds: u64,
    /// Mails that are held, refused for good, or confirmations in doubt.
    pub mails: u64,
    /// Work that was given up, but for that about notifications.
    pub jobs: u64,
    /// Weeks that will not open for want of a reading.
    pub weeks: u64,
    /// Payments that the bank has not decided for three days.
    pub bank: u64,
    /// Notifications of the gateway whose job was given up, or that are not processed within an hour.
    pub events: u64,
    /// Odd notifications of the gateway.
    pub notifications: u64,
    /// Receipts and invoices with characters that cannot be printed.
    pub documents: u64,
    /// Invoices of paid exports that wait for a rate of exchange.
    pub rates: u64,
    /// Disputes whose bank wants an answer, and lost ones after which nobody has decided about the seat.
    pub disputes: u64,
    /// Transfers that students say to have made, to be matched.
    pub transfers: u64,
}

impl Counts {
    pub const fn total(&self) -> u64 {
        self.money
            + self.refunds
            + self.mails
            + self.jobs
            + self.weeks
            + self.bank
            + self.events
            + self.notifications
            + self.documents
            + self.rates
            + self.disputes
            + self.transfers
    }
}

/// Money that waits for an admin, with the order it is about.
#[derive(Debug, Clone)]
pub struct QueueRow {
    pub exception: Exception,
    pub order: Option<Order>,
    /// What came, where the gateway said so in a currency of ours.
    pub received: Option<Money>,
}

/// A refund that waits for an admin.
#[derive(Debug, Clone)]
pub struct RefundRow {
    pub refund: Refund,
    pub order: Option<Order>,
}

/// A payment that the bank is long about.
#[derive(Debug, Clone)]
pub struct BankRow {
    pub payment: Payment,
    pub order: Option<Order>,
}

/// A dispute that waits for an admin.
#[derive(Debug, Clone)]
pub struct DisputeRow {
    pub dispute: Dispute,
    pub order: Option<Order>,
}

/// A paid export whose invoice waits for the rate of its day.
#[derive(Debug, Clone)]
pub struct RateRow {
    pub awaited: Awaited,
    pub order: Option<Order>,
}

/// A transfer that a student says to have made.
#[derive(Debug, Clone)]
pub struct TransferRow {
    pub order: Order,
    pub way: TransferWay,
    pub told: Told,
    /// Until when its seat is kept.
    pub held_until: Timestamp,
}

/// A seat that is held, and not for long.
#[derive(Debug, Clone)]
pub struct HoldRow {
    pub name: String,
    /// Service time.
    pub until: Timestamp,
    /// The newest that pays for it.
    pub order: Option<OrderId>,
}

/// The daily queue. Each list is oldest first, and holds at most [`LISTED`]; all of the money and the weeks are listed.
#[derive(Debug, Clone)]
pub struct Today {
    pub counts: Counts,
    pub money: Vec<QueueRow>,
    pub refunds: Vec<RefundRow>,
    pub mails: Vec<LetterRow>,
    pub jobs: Vec<DeadJob>,
    pub weeks: Vec<Short>,
    pub bank: Vec<BankRow>,
    pub events: Vec<StuckEvent>,
    pub notifications: Vec<OddNotification>,
    pub documents: Vec<Document>,
    pub rates: Vec<RateRow>,
    pub disputes: Vec<DisputeRow>,
    pub transfers: Vec<TransferRow>,
    /// Those that end within the hour, the next first.
    pub holds: Vec<HoldRow>,
}

fn count(list: usize) -> u64 {
    u64::try_from(list).unwrap_or(u64::MAX)
}

/// How much waits at `now` (service time).
///
/// # Errors
/// The database's own.
pub async fn counts(conn: &Conn, plans: &Plans, now: Timestamp) -> Result<Counts, DbErr> {
    let weeks = short_of_readings(conn, plans, now).await?.len();
    counted(conn, now, (payment::count_queue(conn).await?, count(weeks))).await
}

/// With the money and the weeks as who lists all of them has counted them.
async fn counted(conn: &Conn, now: Timestamp, (money, weeks): (u64, u64)) -> Result<Counts, DbErr> {
    Ok(Counts {
        money,
        refunds: payment::count_refunds_for_admins(conn).await?,
        mails: mail::count_troubled(conn).await?,
        jobs: jobs::count_dead(conn, ProcessEvent::KIND).await?,
        weeks,
        bank: payment::count_long_with_bank(conn, shifted(now, -BANK)).await?,
        events: payment::count_stuck_events(conn, shifted(now, -EVENT)).await?,
        notifications: payment::count_odd_notifications(conn).await?,
        documents: documents::count_waiting(conn).await?,
        rates: documents::count_awaited(conn).await?,
        disputes: payment::count_waiting_disputes(conn).await?,
        transfers: payment::count_told_transfers(conn).await?,
    })
}

/// What waits at `now` (service time).
///
/// # Errors
/// The database's own.
pub async fn today(conn: &Conn, plans: &Plans, now: Timestamp) -> Result<Today, DbErr> {
    let exceptions = payment::queue(conn).await?;
    let at_bank = payment::long_with_bank(conn, shifted(now, -BANK), LISTED).await?;
    let disputes = payment::waiting_disputes(conn, LISTED).await?;
    let refunds = payment::refunds_for_admins(conn, LISTED).await?;
    let of_payments = at_bank.iter().map(|payment| payment.order).chain(refunds.iter().map(|refund| refund.order));
    let of_others = exceptions.iter().filter_map(|exception| exception.order);
    let ids: Vec<OrderId> = of_others.chain(disputes.iter().filter_map(|dispute| dispute.order)).chain(of_payments).collect();
    let orders = payment::orders(conn, &ids).await?;
    let weeks = short_of_readings(conn, plans, now).await?;
    let counts = counted(conn, now, (count(exceptions.len()), count(weeks.len()))).await?;
    let disputed = |dispute: Dispute| {
        let order = dispute.order.and_then(|id| orders.get(&id).cloned());
        DisputeRow { dispute, order }
    };
    let bank = |payment: Payment| BankRow { order: orders.get(&payment.order).cloned(), payment };
    let refund = |refund: Refund| RefundRow { order: orders.get(&refund.order).cloned(), refund };
    Ok(Today {
        counts,
        refunds: refunds.into_iter().map(refund).collect(),
        money: exceptions.into_iter().map(|exception| row(exception, &orders)).collect(),
        mails: mail::troubled_letters(conn, LISTED).await?,
        jobs: jobs::dead_jobs(conn, ProcessEvent::KIND, LISTED).await?,
        weeks,
        bank: at_bank.into_iter().map(bank).collect(),
        events: payment::stuck_events(conn, shifted(now, -EVENT), LISTED).await?,
        notifications: payment::odd_notifications(conn, LISTED).await?,
        documents: documents::waiting(conn, LISTED).await?,
        rates: rates(conn).await?,
        disputes: disputes.into_iter().map(disputed).collect(),
        transfers: transfers(conn).await?,
        holds: holds(conn, shifted(now, HOLD)).await?,
    })
}

fn row(exception: Exception, orders: &BTreeMap<OrderId, Order>) -> QueueRow {
    let order = exception.order.and_then(|id| orders.get(&id).cloned());
    let received = exception.detail.get("amount").and_then(|amount| serde_json::from_value(amount.clone()).ok());
    QueueRow { exception, order, received }
}

/// One entry of the queue that still waits.
///
/// # Errors
/// The database's own.
pub async fn entry(conn: &Conn, id: crate::kernel::ids::ExceptionId) -> Result<Option<QueueRow>, DbErr> {
    let Some(exception) = payment::waiting(conn, id).await? else { return Ok(None) };
    let orders = payment::orders(conn, exception.order.as_slice()).await?;
    Ok(Some(row(exception, &orders)))
}

async fn rates(conn: &Conn) -> Result<Vec<RateRow>, DbErr> {
    let awaited = documents::awaited(conn, LISTED).await?;
    let orders = payment::orders(conn, &awaited.iter().map(|awaited| awaited.order).collect::<Vec<_>>()).await?;
    let row = |awaited: Awaited| RateRow { order: orders.get(&awaited.order).cloned(), awaited };
    Ok(awaited.into_iter().map(row).collect())
}

async fn transfers(conn: &Conn) -> Result<Vec<TransferRow>, DbErr> {
    let told = payment::told_transfers(conn, LISTED).await?;
    let mut orders = payment::orders(conn, &told.iter().map(|transfer| transfer.order).collect::<Vec<_>>()).await?;
    let row = |transfer: Transfer| {
        let (order, told) = (orders.remove(&transfer.order)?, transfer.told?);
        Some(TransferRow { order, way: transfer.way, told, held_until: transfer.held_until })
    };
    Ok(told.into_iter().filter_map(row).collect())
}

async fn holds(conn: &Conn, limit: Timestamp) -> Result<Vec<HoldRow>, DbErr> {
    let held = enrolment::holds_ending(conn, limit, LISTED).await?;
    let ids: Vec<EnrolmentId> = held.iter().map(|enrolment| enrolment.id).collect();
    let lines = order_lines::Entity::find().filter(order_lines::Column::EnrolmentId.is_in(ids)).all(conn).await?;
    let mut orders: HashMap<EnrolmentId, OrderId> = HashMap::new();
    for line in lines {
        if let Some(enrolment) = line.enrolment_id {
            let newest = orders.entry(enrolment).or_insert(line.order_id);
            *newest = line.order_id.max(*newest);
        }
    }
    let row = |held: Enrolment| match held.state {
        EnrolmentState::Held { until, .. } => {
            Some(HoldRow { name: held.certificate_name.as_str().to_owned(), until, order: orders.get(&held.id).copied() })
        }
        _ => None,
    };
    Ok(held.into_iter().filter_map(row).collect())
}
