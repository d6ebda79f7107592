//! Which kinds of jobs there are, and what runs them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use sea_orm::DbErr;
use serde_json::Value;

use super::{Job, JobFailure, enqueue_kind};
use crate::db::Txn;
use crate::kernel::time::{SignedDuration, shifted};
use crate::services::Services;

/// A job that comes again and again. It is asked for by being registered; nobody enqueues it.
///
/// The next one is due [`Periodic::EVERY`] after the last has ended, and what was missed is not made up: a moved clock or a
/// machine that was off costs one run. For the same reason it is no due moment that the clock would stop at.
pub trait Periodic: Job + Default {
    /// In service time.
    const EVERY: SignedDuration;
}

type Run = dyn Fn(Value, Services) -> BoxFuture<'static, Result<(), JobFailure>> + Send + Sync;

#[derive(Clone)]
struct Entry {
    run: Arc<Run>,
    /// For a periodic job: how often, and what it carries.
    every: Option<(SignedDuration, Value)>,
}

/// The kinds of jobs that this program can run.
#[derive(Clone, Default)]
pub struct Registry {
    entries: BTreeMap<&'static str, Entry>,
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.entries.keys()).finish()
    }
}

impl Registry {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a kind.
    ///
    /// # Panics
    /// A kind that was added before: two jobs cannot share a name.
    #[must_use]
    pub fn with<J: Job>(self) -> Self {
        self.adding::<J>(None)
    }

    /// Adds a kind that comes again and again.
    ///
    /// # Panics
    /// As [`Registry::with`]; or its empty form cannot be written as JSON.
    #[must_use]
    pub fn with_periodic<J: Periodic>(self) -> Self {
        let payload = serde_json::to_value(J::default()).expect("a periodic job carries nothing that JSON cannot hold");
        self.adding::<J>(Some((J::EVERY, payload)))
    }

    fn adding<J: Job>(mut self, every: Option<(SignedDuration, Value)>) -> Self {
        let run: Arc<Run> = Arc::new(|payload, services| {
            Box::pin(async move {
                let job: J = serde_json::from_value(payload)
                    .map_err(|error| JobFailure::GiveUp(format!("its payload is not one of {}: {error}", J::KIND)))?;
                job.run(&services).await
            })
        });
        let before = self.entries.insert(J::KIND, Entry { run, every });
        assert!(before.is_none(), "the job kind {} is registered twice", J::KIND);
        self
    }

    /// Every kind.
    pub fn kinds(&self) -> impl Iterator<Item = &'static str> {
        self.entries.keys().copied()
    }

    /// The kinds that come again and again.
    pub fn periodic_kinds(&self) -> impl Iterator<Item = &'static str> {
        self.entries.iter().filter(|(_, entry)| entry.every.is_some()).map(|(&kind, _)| kind)
    }

    /// Runs one job. A kind that is not known may be a newer program's: it is left for that one for a while.
    pub(super) async fn run(&self, kind: &str, payload: Value, services: &Services) -> Result<(), JobFailure> {
        match self.entries.get(kind) {
            Some(entry) => (entry.run)(payload, services.clone()).await,
            None => Err(JobFailure::Retry("no such kind of job is known".to_owned())),
        }
    }

    /// Asks for the next run of a periodic kind; of another, nothing.
    pub(super) async fn enqueue_next(&self, txn: &Txn, kind: &str) -> Result<(), DbErr> {
        let Some((every, payload)) = self.entries.get(kind).and_then(|entry| entry.every.as_ref()) else { return Ok(()) };
        enqueue_kind(txn, kind, Some(periodic_key(kind)), payload.clone(), shifted(txn.now(), *every)).await
    }
}

/// Sees to it that each periodic job is waiting, due now: at a start.
///
/// # Errors
/// The database's own.
pub async fn ensure_periodic(txn: &Txn, registry: &Registry) -> Result<(), DbErr> {
    for (kind, entry) in &registry.entries {
        if let Some((_, payload)) = &entry.every {
            enqueue_kind(txn, kind, Some(periodic_key(kind)), payload.clone(), txn.now()).await?;
        }
    }
    Ok(())
}

fn periodic_key(kind: &str) -> String {
    format!("periodic:{kind}")
}
