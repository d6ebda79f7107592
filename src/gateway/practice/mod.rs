//! The practice gateway: a small server with Stripe's HTTP shapes, a hosted page and a dashboard, for development and tests. No
//! money moves.
//!
//! It is reached by the same client as Stripe, through the client's base URL. What it keeps survives a restart. Sessions expire by
//! *service* time, the clock that development moves; webhooks are signed and retried by *machine* time, as Stripe's are.

mod api;
mod dashboard;
mod deeds;
mod deliveries;
mod faults;
mod money;
mod pages;
mod params;
mod shapes;
mod state;
mod store;

pub use dashboard::DeedRefusal;
pub use deeds::Deed;
pub use faults::Fault;

use std::convert::Infallible;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use jiff::SignedDuration;
use secrecy::SecretString;
use tokio::sync::Notify;

use self::faults::Faults;
use self::state::State;
use self::store::Store;
use crate::kernel::random::Randomness;
use crate::kernel::time::shifted;
use crate::kernel::{Clocks, Timestamp};

/// How the practice gateway is set up.
#[derive(Debug, Clone)]
pub struct PracticeSettings {
    /// The JSON file that holds its state; `None` keeps it in memory only.
    pub state_file: Option<PathBuf>,
    /// The key that requests must bear.
    pub secret_key: SecretString,
    /// What webhooks are signed with.
    pub webhook_secret: SecretString,
    /// Where webhooks go (plain http); `None` sends none.
    pub webhook_url: Option<String>,
    /// The origin of the hosted page, such as `http://localhost:8001`.
    pub public_url: String,
}

/// What becomes of webhooks. Events are listed by `/v1/events` in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// They are sent, and again until they are taken.
    Deliver,
    /// They wait until delivery is on again.
    Hold,
    /// Those that arise now are never sent.
    Drop,
}

/// What a practice gateway knew at a moment.
#[derive(Debug, Clone)]
pub struct Saved(State);

impl Saved {
    /// As its state file has it.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(&self.0).unwrap_or_default()
    }

    /// The events so far, oldest first, as notifications of them are sent.
    pub fn events(&self) -> Vec<serde_json::Value> {
        self.0.events.iter().map(shapes::event).collect()
    }
}

/// The state could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum PracticeError {
    #[error("the practice gateway's state file {path}: {source}")]
    File { path: PathBuf, source: std::io::Error },
    #[error("the practice gateway's state file {path} is not of this version: {source}")]
    Format { path: PathBuf, source: serde_json::Error },
    #[error("the practice gateway's public URL is no http URL")]
    PublicUrl,
}

/// A practice gateway. Clones share one state.
#[derive(Clone)]
pub struct PracticeGateway(Arc<Shared>);

struct Shared {
    settings: PracticeSettings,
    clocks: Clocks,
    randomness: Randomness,
    state: Mutex<State>,
    store: Store,
    delivery: Mutex<Delivery>,
    faults: Faults,
    /// Wakes the deliveries after a change.
    changed: Notify,
}

impl fmt::Debug for PracticeGateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PracticeGateway").field("public_url", &self.0.settings.public_url).finish_non_exhaustive()
    }
}

impl PracticeGateway {
    /// Reads the state file, where there is one, and starts from nothing where there is none yet.
    ///
    /// # Errors
    /// The file cannot be read, or is not a state of this version.
    pub fn open(mut settings: PracticeSettings, clocks: Clocks, randomness: Randomness) -> Result<Self, PracticeError> {
        let public_url = url::Url::parse(&settings.public_url).map_err(|_| PracticeError::PublicUrl)?;
        settings.public_url = public_url.as_str().trim_end_matches('/').to_owned();
        let store = Store::new(settings.state_file.clone());
        let state = store.load()?;
        Ok(Self(Arc::new(Shared {
            settings,
            clocks,
            randomness,
            state: Mutex::new(state),
            store,
            delivery: Mutex::new(Delivery::Deliver),
            faults: Faults::default(),
            changed: Notify::new(),
        })))
    }

    /// Stripe's API under `/v1`, the hosted page under `/pay` and the merchant's under `/dashboard`.
    pub fn router(&self) -> Router {
        api::routes(self.clone()).merge(pages::routes(self.clone())).merge(dashboard::routes(self.clone()))
    }

    /// Turns webhooks on, off or aside.
    pub fn webhooks(&self, delivery: Delivery) {
        *self.0.delivery.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = delivery;
        self.0.changed.notify_one();
    }

    /// Makes the next `requests` API requests go wrong as `fault` says, after those already planned.
    pub fn faults(&self, fault: Fault, requests: usize) {
        self.0.faults.plan(fault, requests);
    }

    /// How many sessions it has ever made: what a test of idempotency counts.
    pub fn session_count(&self) -> usize {
        self.state().sessions.len()
    }

    /// All that it knows now, so that a test of many histories can go [back](Self::go_back) to it.
    pub fn saved(&self) -> Saved {
        Saved(self.state().clone())
    }

    /// Forgets all that has happened since `then`, and what it had to send.
    ///
    /// # Errors
    /// The state could not be kept.
    pub fn go_back(&self, then: &Saved) -> Result<(), PracticeError> {
        let mut current = self.state();
        self.0.store.save(&then.0)?;
        *current = then.0.clone();
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn delivery(&self) -> Delivery {
        *self.0.delivery.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// The state as it is at this moment: what was due to expire has expired, and that is saved.
    fn read<T>(&self, look: impl FnOnce(&State, Timestamp) -> T) -> Result<T, PracticeError> {
        let now = self.0.clocks.service();
        if self.state().is_anything_due(now) {
            self.change(|_, _| Ok::<_, Infallible>(()))?.unwrap_or_else(|never| match never {});
        }
        Ok(look(&self.state(), now))
    }

    /// Changes the state: on disk before anybody hears of it, and not at all where the disk refuses. An `act` that refuses must
    /// have changed nothing; what time has brought about by then is kept in any case.
    fn change<T, E>(&self, act: impl FnOnce(&mut State, &Change<'_>) -> Result<T, E>) -> Result<Result<T, E>, PracticeError> {
        let change = Change {
            now: self.0.clocks.service(),
            machine: self.0.clocks.machine(),
            randomness: &self.0.randomness,
            webhooks: self.0.settings.webhook_url.is_some() && self.delivery() != Delivery::Drop,
        };
        let mut current = self.state();
        // What is kept nowhere cannot fail to be kept, and thousands of payments are not copied for each notification of one.
        let before = self.0.store.may_fail().then(|| current.clone());
        current.expire_due(&change);
        current.forget_before(shifted(change.now, -RETENTION));
        let outcome = act(&mut current, &change);
        if let Err(error) = self.0.store.save(&current) {
            if let Some(before) = before {
                *current = before;
            }
            return Err(error);
        }
        self.0.changed.notify_one();
        Ok(outcome)
    }
}

/// How far back `/v1/events` reaches, and how long an idempotency key's answer is kept (Stripe: at least 24 hours).
const RETENTION: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What a change of state takes from outside.
struct Change<'a> {
    /// Service time.
    now: Timestamp,
    machine: Timestamp,
    randomness: &'a Randomness,
    /// Whether events that arise now are to be sent.
    webhooks: bool,
}

impl Change<'_> {
    /// An identifier in Stripe's style: `prefix` and 24 hexadecimal digits.
    fn id(&self, prefix: &str) -> String {
        let digits: String = self.randomness.bytes::<12>().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{prefix}_{digits}")
    }
}
