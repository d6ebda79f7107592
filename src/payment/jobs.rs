//! What payment does later.

use serde::{Deserialize, Serialize};

use super::model::{CardState, OrderState, Payment};
use super::settling::{self, Ask, Bank, SettleError};
use super::{invoicing, listening, store, sweeping};
use crate::db::Txn;
use crate::enrolment::{self, EnrolmentState};
use crate::gateway::GatewayError;
use crate::jobs::{self, Job, JobFailure, Periodic};
use crate::kernel::ids::{EnrolmentId, OrderId};
use crate::kernel::time::SignedDuration;
use crate::kernel::{Actor, Component};
use crate::services::Services;

const WORKER: Actor = Actor::System(Component::Worker);

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
async fn is_over(txn: &Txn, id: EnrolmentId) -> Result<bool, sea_orm::DbErr> {
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
        let payable = |payment: &Payment| payment.card().is_some_and(|attempt| attempt.state != CardState::Processing);
        if store::unfinished_of_order(txn, order.id).await?.iter().any(payable) {
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
        settling::settle_attempt(services, WORKER, &payment, Ask::Expire).await?;
    }
    Ok(())
}

/// Settles what a notification is about. The notification is only a trigger: the session is fetched.
#[derive(Debug, Serialize, Deserialize)]
pub struct ProcessEvent {
    pub event: String,
    /// The Checkout Session it is about, if it is about one.
    pub session: Option<String>,
}

/// The one notification that says more than its session does.
const BANK_REFUSED: &str = "checkout.session.async_payment_failed";

/// The notifications that say that somebody paid, or is about to have paid.
const BRINGS_MONEY: [&str; 2] = ["checkout.session.completed", "checkout.session.async_payment_succeeded"];
const OTHER_MODE: &str = "of the other mode";

impl Job for ProcessEvent {
    const KIND: &str = "payment.process_event";

    fn dedupe_key(&self) -> Option<String> {
        Some(format!("{}:{}", Self::KIND, self.event))
    }

    async fn run(self, services: &Services) -> Result<(), JobFailure> {
        let event = store::event(&*services.db.snapshot().await?, &self.event).await?;
        let Some(event) = event.filter(|event| !event.processed) else { return Ok(()) };
        let session = self.session.as_deref().filter(|_| event.kind.starts_with("checkout.session."));
        let oddity = match session {
            None => match event.about.as_ref().filter(|about| about.session().is_none()) {
                Some(_) if event.live != services.gateway.live() => Some(OTHER_MODE),
                Some(about) => listening::hear(services, about).await?,
                None => None,
            },
            Some(_) if event.live != services.gateway.live() && !BRINGS_MONEY.contains(&event.kind.as_str()) => Some(OTHER_MODE),
            Some(session) if event.live != services.gateway.live() => {
                services.db.write(WORKER, async |txn| settling::queue_wrong_mode(txn, session, event.live).await).await?;
                Some(OTHER_MODE)
            }
            Some(session) => {
                let bank = if event.kind == BANK_REFUSED { Bank::Refused } else { Bank::Silent };
                match settling::settle_session(services, WORKER, session, bank).await {
                    Ok(settling::Settled::Decided { .. }) => None,
                    Ok(settling::Settled::NotOurs) => Some("about a session that is not ours"),
                    Err(SettleError::Gateway(GatewayError::NotFound)) => Some("about a session that the gateway does not know"),
                    Err(error) => return Err(error.into()),
                }
            }
        };
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
        let issue = async |txn: &Txn| match store::order_for_update(txn, self.order).await? {
            Some(order) if matches!(order.state, OrderState::Paid { .. }) => invoicing::issue_paid(txn, &order).await,
            _ => Ok(()),
        };
        Ok(services.db.write(WORKER, issue).await?)
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
