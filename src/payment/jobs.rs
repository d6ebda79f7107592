//! What payment does later.

use sea_orm::DbErr;
use serde::{Deserialize, Serialize};

use super::asking::{self, Ask};
use super::model::{OrderState, Payment};
use super::settling::{self, SettleError};
use super::{hearing, issuing, returning, store, sweeping};
use crate::db::Txn;
use crate::enrolment::{self, EnrolmentState};
use crate::jobs::lease::WORKER;
use crate::jobs::{self, Job, JobFailure, Periodic};
use crate::kernel::ids::{EnrolmentId, OrderId, RefundId};
use crate::kernel::time::SignedDuration;
use crate::services::Services;

impl From<SettleError> for JobFailure {
    fn from(error: SettleError) -> Self {
        Self::Retry(error.to_string())
    }
}

/// Ends a hold whose time is over: closes its payment pages, settles what they say, and only then frees the seat. While the
/// gateway does not answer, the seat stays held: a payment may be on its way.
#[derive(Debug, Serialize, Deserialize)]
pub struct LapseHold {
    pub enrolment: EnrolmentId,
}

impl Job for LapseHold {
    const KIND: &str = "payment.lapse_hold";

    fn dedupe_key(&self) -> Option<String> {
        Some(format!("{}:{}", Self::KIND, self.enrolment))
    }

    async fn run(self, services: &Services) -> Result<(), JobFailure> {
        if services.db.write(WORKER, async |txn| is_over(txn, self.enrolment).await).await? {
            let orders = store::orders_of_enrolment(&*services.db.snapshot().await?, self.enrolment).await?;
            for order in orders {
                close_pages(services, order.id).await?;
            }
            services.db.write(WORKER, async |txn| free(txn, self.enrolment).await).await?;
        }
        Ok(())
    }
}

/// Whether a hold has run out. One that was extended meanwhile is looked at again at its new end.
async fn is_over(txn: &Txn, id: EnrolmentId) -> Result<bool, DbErr> {
    let Some(enrolment) = enrolment::enrolment(txn, id).await? else { return Ok(false) };
    match enrolment.state {
        EnrolmentState::Held { until, .. } if until > txn.now() => {
            jobs::enqueue_at(txn, &LapseHold { enrolment: id }, until).await?;
            Ok(false)
        }
        EnrolmentState::Held { .. } => Ok(true),
        _ => Ok(false),
    }
}

/// Frees the seat, if nothing has changed since its pages were closed.
async fn free(txn: &Txn, id: EnrolmentId) -> Result<(), JobFailure> {
    let mut open = Vec::new();
    for order in store::orders_of_enrolment(txn, id).await? {
        let locked = store::order_for_update(txn, order.id).await?;
        if store::unfinished_of_order(txn, order.id).await?.iter().any(Payment::can_be_closed) {
            return Err(JobFailure::Retry("a payment page was opened meanwhile".to_owned()));
        }
        open.extend(locked.filter(|order| order.state == OrderState::Open));
    }
    if is_over(txn, id).await? {
        settling::lapse(txn, &open, id).await?;
    }
    Ok(())
}

/// Closes the payment pages of an order that can take no more money, and settles what they say.
#[derive(Debug, Serialize, Deserialize)]
pub struct ExpirePages {
    pub order: OrderId,
}

impl Job for ExpirePages {
    const KIND: &str = "payment.expire_pages";

    fn dedupe_key(&self) -> Option<String> {
        Some(format!("{}:{}", Self::KIND, self.order))
    }

    async fn run(self, services: &Services) -> Result<(), JobFailure> {
        Ok(close_pages(services, self.order).await?)
    }
}

async fn close_pages(services: &Services, order: OrderId) -> Result<(), SettleError> {
    let unfinished = store::unfinished_of_order(&*services.db.snapshot().await?, order).await?;
    for payment in unfinished {
        asking::settle_attempt(services, WORKER, &payment, Ask::Expire).await?;
    }
    Ok(())
}

/// Settles what a notification is about. The notification is only a trigger: what it is about is fetched.
#[derive(Debug, Serialize, Deserialize)]
pub struct ProcessEvent {
    pub event: String,
}

impl Job for ProcessEvent {
    const KIND: &str = "payment.process_event";

    fn dedupe_key(&self) -> Option<String> {
        Some(format!("{}:{}", Self::KIND, self.event))
    }

    async fn run(self, services: &Services) -> Result<(), JobFailure> {
        let event = store::event(&*services.db.snapshot().await?, &self.event).await?;
        let Some(event) = event.filter(|event| !event.processed) else { return Ok(()) };
        let oddity = hearing::process(services, &event).await?;
        if let Some(oddity) = oddity {
            tracing::warn!(event = self.event, oddity, "an odd notification from the payment gateway");
        }
        Ok(services.db.write(WORKER, async |txn| store::mark_processed(txn, &self.event, oddity).await).await?)
    }
}

/// Issues the receipt or invoice of a paid order, where the seller had no name when it was paid.
#[derive(Debug, Serialize, Deserialize)]
pub struct IssueDocument {
    pub order: OrderId,
}

impl Job for IssueDocument {
    const KIND: &'static str = "payment.issue_document";

    fn dedupe_key(&self) -> Option<String> {
        Some(format!("{}:{}", Self::KIND, self.order))
    }

    async fn run(self, services: &Services) -> Result<(), JobFailure> {
        Ok(services.db.write(WORKER, async |txn| issuing::issue_document(txn, self.order).await).await?)
    }
}

/// Asks the gateway to send a refund, and again under the same key until it has answered.
#[derive(Debug, Serialize, Deserialize)]
pub struct SendRefund {
    pub refund: RefundId,
}

impl Job for SendRefund {
    const KIND: &'static str = "payment.send_refund";

    fn dedupe_key(&self) -> Option<String> {
        Some(format!("{}:{}", Self::KIND, self.refund))
    }

    async fn run(self, services: &Services) -> Result<(), JobFailure> {
        Ok(returning::pursue(services, WORKER, self.refund).await?)
    }
}

/// Looks for what no notification told of.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Sweep;

impl Job for Sweep {
    const KIND: &str = "payment.sweep";

    async fn run(self, services: &Services) -> Result<(), JobFailure> {
        let report = sweeping::sweep(services).await?;
        if report != sweeping::SweepReport::default() {
            tracing::info!(events = report.events, settled = report.settled, failed = report.failed, "payments swept");
        }
        Ok(())
    }
}

impl Periodic for Sweep {
    const EVERY: SignedDuration = SignedDuration::from_mins(5);
}
