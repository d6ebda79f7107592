//! Sending letters: one postman in the background, or what is due right now.

use std::sync::Arc;

use sea_orm::DbErr;
use tokio_util::sync::CancellationToken;

use super::delivery::{self, Ending};
use super::message::Composers;
use super::store;
use crate::db::Wake;
use crate::db::rows::mail as row;
use crate::jobs::lease::{self, Lease, WORKER};
use crate::jobs::pool::{self, Line};
use crate::services::Services;

/// Sends letters as they become due.
#[derive(Debug, Clone)]
pub struct Postman {
    services: Services,
    composers: Arc<Composers>,
}

impl Postman {
    /// A postman for the messages of `composers`.
    pub fn new(services: Services, composers: Arc<Composers>) -> Self {
        Self { services, composers }
    }

    /// Sends, `work.letters` letters at once, until `stop`; then finishes what it has begun.
    pub async fn serve(self, stop: CancellationToken) {
        let (db, limit) = (self.services.db.clone(), self.services.settings.work.letters);
        pool::serve(self, db, limit, stop).await;
    }
}

/// Sends what is due by now, one after the other, at most `limit` letters; how many it took up.
///
/// # Errors
/// The database's own. A letter that cannot be sent is no error here.
pub async fn send_due(services: &Services, composers: &Arc<Composers>, limit: usize) -> Result<usize, DbErr> {
    pool::drain(&Postman::new(services.clone(), Arc::clone(composers)), limit).await
}

impl Line for Postman {
    const WAKE: Wake = Wake::Letters;
    type Item = row::Model;

    async fn claim(&self, limit: u64) -> Result<Vec<row::Model>, DbErr> {
        self.services.db.write(WORKER, async |txn| store::claim(txn, limit).await).await
    }

    async fn run(&self, letter: row::Model) -> Result<(), DbErr> {
        let Some(token) = letter.lease_token else { return Ok(()) };
        let lease = Lease { id: letter.id.0, token };
        let db = &self.services.db;
        let attempt = delivery::attempt(&self.services, &self.composers, &letter, lease);
        let Some(Some(ending)) = lease::held::<row::Entity, _>(db, lease, attempt).await else {
            lost(&letter);
            return Ok(());
        };
        if db.write(WORKER, async |txn| store::end(txn, lease, &letter, &ending).await).await? {
            tell(&letter, &ending);
        } else {
            lost(&letter);
        }
        Ok(())
    }
}

fn lost(letter: &row::Model) {
    tracing::warn!(letter = %letter.id, kind = letter.kind, "a letter's lease was lost: another worker has it");
}

fn tell(letter: &row::Model, ending: &Ending) {
    let (letter, kind, attempts) = (letter.id, &letter.kind, letter.attempts);
    let word = match ending {
        Ending::Sent { .. } => "sent",
        Ending::Again { .. } => "to_retry",
        Ending::Postponed(_) => "postponed",
        Ending::InDoubt { .. } => "in_doubt",
        Ending::Dead { .. } => "dead",
        Ending::Expired => "expired",
        Ending::Cancelled(_) => "cancelled",
        Ending::Suppressed(_) => "suppressed",
    };
    metrics::counter!("lectern_mails_total", "kind" => kind.clone(), "ending" => word).increment(1);
    match ending {
        Ending::Sent { .. } => tracing::info!(%letter, kind, attempts, "mail sent"),
        Ending::Postponed(at) => tracing::debug!(%letter, kind, %at, "mail postponed"),
        Ending::Cancelled(reason) | Ending::Suppressed(reason) => tracing::info!(%letter, kind, reason, "mail not sent"),
        Ending::Expired => tracing::warn!(%letter, kind, attempts, "mail expired before it could be sent"),
        Ending::Again { code, error, .. } => {
            tracing::warn!(%letter, kind, attempts, code, error, "mail not sent, will be tried again");
        }
        Ending::InDoubt { error } => tracing::warn!(%letter, kind, attempts, error, "mail may or may not have arrived"),
        Ending::Dead { code, error } => tracing::error!(%letter, kind, attempts, code, error, "mail given up"),
    }
}
