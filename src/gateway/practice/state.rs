//! What the practice gateway knows, and how it may change. Pure: time and randomness come with each change.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::money::{Charge, Customer, Dispute, Payout, Refund, Transaction};
use super::params::Purchase;
use super::{Change, shapes};
use crate::kernel::Timestamp;

/// Everything. Kinds of objects to come are fields to add, empty in older files.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct State {
    pub(super) sessions: BTreeMap<String, Session>,
    pub(super) intents: BTreeMap<String, Intent>,
    pub(super) customers: BTreeMap<String, Customer>,
    // Of these, the oldest first.
    pub(super) charges: Vec<Charge>,
    pub(super) refunds: Vec<Refund>,
    pub(super) disputes: Vec<Dispute>,
    pub(super) payouts: Vec<Payout>,
    pub(super) transactions: Vec<Transaction>,
    pub(super) events: Vec<EventRecord>,
    /// The answers kept by idempotency key.
    pub(super) answers: BTreeMap<String, Answer>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Session {
    pub(super) id: String,
    pub(super) created: Timestamp,
    /// The hosted page's URL.
    pub(super) page: String,
    pub(super) purchase: Purchase,
    pub(super) progress: Progress,
}

/// How far the visitor and the bank are. `intent` is the payment intent's id, made by the first attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub(super) enum Progress {
    Open {
        intent: Option<String>,
    },
    /// The visitor is done, the bank is not.
    Processing {
        intent: String,
    },
    Paid {
        intent: String,
    },
    /// The bank refused after the visitor was done.
    Refused {
        intent: String,
    },
    Expired {
        intent: Option<String>,
    },
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Intent {
    pub(super) id: String,
    pub(super) created: Timestamp,
    pub(super) session: String,
    pub(super) status: IntentStatus,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum IntentStatus {
    /// The last attempt failed, another may follow.
    Declined,
    Processing,
    Succeeded,
    Canceled,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct EventRecord {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) created: Timestamp,
    /// The object as it was then.
    pub(super) object: Value,
    pub(super) sending: Sending,
}

/// Where an event's webhook stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub(super) enum Sending {
    NotWanted,
    /// To be sent at `at`, a machine time, after `attempts` failures.
    Due {
        attempts: u32,
        at: Timestamp,
    },
    Delivered,
    GivenUp,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Answer {
    /// Of path and parameters.
    pub(super) fingerprint: String,
    pub(super) body: Value,
    pub(super) created: Timestamp,
}

/// What can be done with a session, by its visitor, the bank or the merchant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    Pay,
    Decline,
    PayLate,
    BankConfirms,
    BankRefuses,
    Expire,
}

/// The session's state does not allow the act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotNow;

impl Progress {
    pub(super) fn intent(&self) -> Option<&str> {
        match self {
            Self::Open { intent } | Self::Expired { intent } => intent.as_deref(),
            Self::Processing { intent } | Self::Paid { intent } | Self::Refused { intent } => Some(intent),
        }
    }
}

impl State {
    /// A new session's id.
    pub(super) fn create(&mut self, purchase: Purchase, public_url: &str, change: &Change<'_>) -> String {
        let id = change.id("cs_test");
        let page = format!("{public_url}/pay/{id}");
        let session = Session { id: id.clone(), created: change.now, page, purchase, progress: Progress::Open { intent: None } };
        self.sessions.insert(id.clone(), session);
        id
    }

    /// Does `act` to a session and records the events that Stripe would.
    ///
    /// # Errors
    /// [`NotNow`], and nothing is changed; also for a session that does not exist.
    pub(super) fn act(&mut self, id: &str, act: Act, change: &Change<'_>) -> Result<(), NotNow> {
        let progress = self.sessions.get(id).ok_or(NotNow)?.progress.clone();
        let (progress, status, kinds): (Progress, Option<IntentStatus>, &[&str]) = match (progress, act) {
            (Progress::Open { intent }, Act::Pay) => (
                Progress::Paid { intent: intent.unwrap_or_else(|| change.id("pi")) },
                Some(IntentStatus::Succeeded),
                &["charge.succeeded", "payment_intent.succeeded", "checkout.session.completed", "charge.updated"],
            ),
            (Progress::Open { intent }, Act::Decline) => (
                Progress::Open { intent: Some(intent.unwrap_or_else(|| change.id("pi"))) },
                Some(IntentStatus::Declined),
                &["payment_intent.payment_failed"],
            ),
            (Progress::Open { intent }, Act::PayLate) => (
                Progress::Processing { intent: intent.unwrap_or_else(|| change.id("pi")) },
                Some(IntentStatus::Processing),
                &["payment_intent.processing", "checkout.session.completed"],
            ),
            (Progress::Open { intent }, Act::Expire) => {
                let status = intent.is_some().then_some(IntentStatus::Canceled);
                (Progress::Expired { intent }, status, &["checkout.session.expired"])
            }
            (Progress::Processing { intent }, Act::BankConfirms) => (
                Progress::Paid { intent },
                Some(IntentStatus::Succeeded),
                &["charge.succeeded", "payment_intent.succeeded", "checkout.session.async_payment_succeeded", "charge.updated"],
            ),
            (Progress::Processing { intent }, Act::BankRefuses) => (
                Progress::Refused { intent },
                Some(IntentStatus::Declined),
                &["payment_intent.payment_failed", "checkout.session.async_payment_failed"],
            ),
            _ => return Err(NotNow),
        };
        self.set_intent(id, progress.intent(), status, change);
        if let Some(session) = self.sessions.get_mut(id) {
            let (amount, intent) = (session.purchase.amount, progress.intent().map(str::to_owned));
            session.progress = progress;
            if let (Some(intent), Some(IntentStatus::Succeeded)) = (intent, status) {
                self.charge(&intent, amount, act == Act::BankConfirms, change);
            }
        }
        for kind in kinds {
            self.record(id, kind, change);
        }
        Ok(())
    }

    pub(super) fn is_anything_due(&self, now: Timestamp) -> bool {
        self.sessions.values().any(|session| session.is_due(now))
    }

    /// Expires every open session whose time has come.
    pub(super) fn expire_due(&mut self, change: &Change<'_>) {
        let due: Vec<String> = self.sessions.values().filter(|s| s.is_due(change.now)).map(|s| s.id.clone()).collect();
        for id in due {
            self.act(&id, Act::Expire, change).expect("a session that is due is open");
        }
    }

    /// Drops old events and answers; webhooks still to be sent keep their event.
    pub(super) fn forget_before(&mut self, limit: Timestamp) {
        self.events.retain(|event| event.created >= limit || matches!(event.sending, Sending::Due { .. }));
        self.answers.retain(|_, answer| answer.created >= limit);
    }

    fn set_intent(&mut self, session: &str, id: Option<&str>, status: Option<IntentStatus>, change: &Change<'_>) {
        let (Some(id), Some(status)) = (id, status) else { return };
        let fresh = || Intent { id: id.to_owned(), created: change.now, session: session.to_owned(), status };
        self.intents.entry(id.to_owned()).or_insert_with(fresh).status = status;
    }

    fn record(&mut self, session: &str, kind: &str, change: &Change<'_>) {
        let Some(session) = self.sessions.get(session) else { return };
        let intent = session.progress.intent().and_then(|id| self.intents.get(id));
        let charge = intent.and_then(|intent| self.charge_of(&intent.id));
        let object = match (intent, charge) {
            // What it did to the balance is known a little later.
            (_, Some(charge)) if kind == "charge.succeeded" => shapes::charge(self, charge, Value::Null),
            (_, Some(charge)) if kind.starts_with("charge.") => shapes::charge(self, charge, charge.transaction.as_str().into()),
            (Some(intent), _) if kind.starts_with("payment_intent.") => shapes::intent(self, intent, &session.purchase),
            _ => shapes::session(self, session),
        };
        self.tell_of(kind, object, change);
    }

    /// Records an event about an object as it is now.
    pub(super) fn tell_of(&mut self, kind: &str, object: Value, change: &Change<'_>) {
        let sending = if change.webhooks { Sending::Due { attempts: 0, at: change.machine } } else { Sending::NotWanted };
        self.events.push(EventRecord { id: change.id("evt"), kind: kind.to_owned(), created: change.now, object, sending });
    }
}

impl Session {
    fn is_due(&self, now: Timestamp) -> bool {
        matches!(self.progress, Progress::Open { .. }) && self.purchase.expires_at <= now
    }
}
