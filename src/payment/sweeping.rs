//! The sweep: what should have been told by a notification is looked for, so that a lost one loses no money and no seat.

use super::asking::{self, Ask};
use super::jobs::{LapseHold, ProcessEvent};
use super::settling::SettleError;
use super::{disputing, fees, returning, store, strays};
use crate::db::Txn;
use crate::enrolment;
use crate::gateway::Notification;
use crate::jobs;
use crate::jobs::lease::WORKER;
use crate::kernel::Timestamp;
use crate::kernel::time::{SignedDuration, shifted};
use crate::services::Services;

/// Attempts younger than this are left to their notification.
const SETTLING: SignedDuration = SignedDuration::from_mins(2);
/// Events are read again from so long before the newest seen: the gateway may list one late.
const OVERLAP: SignedDuration = SignedDuration::from_mins(10);
/// How far back the first sweep of a database looks.
const FIRST: SignedDuration = SignedDuration::from_hours(24);
/// How many notifications a sweep asks for again.
const AGAIN: u64 = 100;

/// What a sweep found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SweepReport {
    /// Events that no notification had told of.
    pub events: usize,
    /// Attempts that were asked about.
    pub settled: usize,
    /// Refunds that were asked for once more, or asked about.
    pub returned: usize,
    /// Attempts and refunds about which there was no answer; the next sweep asks again.
    pub failed: usize,
}

/// Asks the gateway about every attempt of which money may still come and about every unfinished refund, takes in the events that were not notified, and sees to
/// it that every hold that is over is being ended. Where no gateway is set up, there is nobody to ask.
///
/// # Errors
/// The gateway's list of events cannot be read, or the database's own. Everything else was done.
pub async fn sweep(services: &Services) -> Result<SweepReport, SettleError> {
    let mut report = SweepReport::default();
    let limit = shifted(services.clocks.service(), -SETTLING);
    if !services.gateway.is_set_up() {
        end_holds(services, limit).await?;
        return Ok(report);
    }
    let (unfinished, refunds) = {
        let snapshot = services.db.snapshot().await?;
        (store::unfinished_before(&snapshot, limit).await?, store::unfinished_refunds(&snapshot).await?)
    };
    for payment in unfinished {
        match asking::settle_attempt(services, WORKER, &payment, Ask::Look).await {
            Ok(_) => report.settled += 1,
            Err(SettleError::Db(error)) => return Err(error.into()),
            Err(error) => {
                tracing::warn!(payment = %payment.id, error = %error, "a payment could not be asked about");
                report.failed += 1;
            }
        }
    }
    for refund in refunds {
        match returning::pursue(services, WORKER, refund.id).await {
            Ok(()) => report.returned += 1,
            Err(SettleError::Db(error)) => return Err(error.into()),
            Err(error) => {
                tracing::warn!(refund = %refund.id, error = %error, "a refund could not be asked about");
                report.failed += 1;
            }
        }
    }
    end_holds(services, limit).await?;
    report.events = take_in_events(services).await?;
    fees::ask_again(services, limit).await?;
    strays::ask_again(services).await?;
    disputing::ask_again(services, limit).await?;
    // Only now that the gateway answers: while it does not, more jobs would only fail too.
    process_again(services, limit).await?;
    Ok(report)
}

/// Sees to it that every hold that is over is being ended: its job may have been given up while the gateway was away.
async fn end_holds(services: &Services, limit: Timestamp) -> Result<(), sea_orm::DbErr> {
    let over = enrolment::holds_over(&*services.db.snapshot().await?, limit).await?;
    for enrolment in over {
        services.db.write(WORKER, async |txn| jobs::enqueue(txn, &LapseHold { enrolment }).await).await?;
    }
    Ok(())
}

/// Asks once more for the notifications to be processed whose job was given up.
async fn process_again(services: &Services, limit: Timestamp) -> Result<(), sea_orm::DbErr> {
    let left = store::unprocessed_before(&*services.db.snapshot().await?, limit, AGAIN).await?;
    for event in left {
        let job = ProcessEvent { event };
        services.db.write(WORKER, async |txn| jobs::enqueue(txn, &job).await).await?;
    }
    let forget = async |txn: &Txn| {
        txn.says("settled jobs forgotten");
        store::forget_settled_jobs(txn).await
    };
    services.db.write(WORKER, forget).await
}

async fn take_in_events(services: &Services) -> Result<usize, SettleError> {
    let seen_to = store::gateway_cursor(&*services.db.snapshot().await?).await?;
    let since = seen_to.map_or(shifted(services.clocks.service(), -FIRST), |seen_to| shifted(seen_to, -OVERLAP));
    let events = services.gateway.events_since(since).await?;
    let Some(newest) = events.iter().map(|event| event.created).max() else { return Ok(0) };
    let ids = events.iter().map(|event| event.id.clone()).collect();
    let known = store::known_events(&*services.db.snapshot().await?, ids).await?;
    let fresh: Vec<&Notification> = events.iter().filter(|event| !known.contains(&event.id)).collect();
    if fresh.is_empty() && Some(newest) <= seen_to {
        return Ok(0);
    }
    let found = services.db.write(WORKER, async |txn| take_in(txn, &fresh).await).await?;
    services.db.write(WORKER, async |txn| store::move_cursor(txn, newest).await).await?;
    Ok(found)
}

async fn take_in(txn: &Txn, fresh: &[&Notification]) -> Result<usize, sea_orm::DbErr> {
    let mut found = 0;
    for notification in fresh {
        found += usize::from(receive(txn, notification, &notification.gist()).await? == Receipt::New);
    }
    Ok(found)
}

/// Whether a notification was new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    New,
    Known,
}

/// Keeps a notification with its body (its [`gist`](Notification::gist) where it was listed) and asks for it to be processed; one that is known changes nothing.
///
/// # Errors
/// The database's own.
pub(super) async fn receive(txn: &Txn, notification: &Notification, raw: &[u8]) -> Result<Receipt, sea_orm::DbErr> {
    if !store::insert_event(txn, notification, raw).await? {
        return Ok(Receipt::Known);
    }
    txn.says("notification kept");
    let job = ProcessEvent { event: notification.id.clone() };
    jobs::enqueue(txn, &job).await?;
    Ok(Receipt::New)
}
