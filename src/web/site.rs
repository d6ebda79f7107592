//! Whose site it is, kept in the process: every page's frame shows it, and no page pays a statement for it.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use sea_orm::DbErr;
use tokio_util::sync::CancellationToken;

use super::App;
use crate::config::Settings;
use crate::organisation::{self, Organisation};

/// How long a change made by another process may go unseen.
pub const LOOK_EVERY: Duration = Duration::from_secs(3);

/// The organisation as this process last read it.
#[derive(Debug)]
pub struct Site(RwLock<Arc<Owner>>);

/// The organisation, with what a page says where it has said nothing of itself yet.
#[derive(Debug)]
pub struct Owner {
    pub organisation: Arc<Organisation>,
    /// The short name; the site's host until there is one.
    pub name: Arc<str>,
    /// The contact address; the one that mail is from until there is one.
    pub contact: Arc<str>,
}

impl Owner {
    fn new(organisation: Organisation, settings: &Settings) -> Self {
        let name = organisation.short_name().map_or_else(|| settings.server.public_url.authority().into(), Arc::from);
        let contact = organisation.identity.as_ref().map_or(&settings.mail.from_address, |identity| &identity.contact);
        Self { name, contact: contact.as_str().into(), organisation: Arc::new(organisation) }
    }
}

impl Site {
    /// Nothing of it is known yet.
    pub(super) fn new(settings: &Settings) -> Self {
        Self(RwLock::new(Arc::new(Owner::new(Organisation::default(), settings))))
    }

    /// As last read.
    pub fn owner(&self) -> Arc<Owner> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Keeps `organisation`, unless a later one is kept already: two readers may end in either order.
    fn keep(&self, organisation: Organisation, settings: &Settings) {
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if organisation.revision >= kept.organisation.revision {
            *kept = Arc::new(Owner::new(organisation, settings));
        }
    }
}

impl App {
    /// Reads the organisation if it was changed since: at a start, after a change, and each [`LOOK_EVERY`].
    ///
    /// # Errors
    /// The database's own; what was known stays.
    pub async fn look(&self) -> Result<(), DbErr> {
        let known = self.site.owner().organisation.revision;
        let snapshot = self.services.db.snapshot().await?;
        if organisation::revision(&snapshot).await? != known {
            self.site.keep(organisation::current(&snapshot).await?, &self.services.settings);
        }
        Ok(())
    }

    /// Looks again and again until `stop`.
    pub async fn keep_looking(self, every: Duration, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(every) => {}
            }
            if let Err(error) = self.look().await {
                tracing::warn!(%error, "the organisation could not be read; pages show it as it was");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Actor;
    use crate::organisation::model::{Change, Identity};
    use crate::testing::Bench;

    fn named(short_name: &str) -> Change {
        Change::Identity(Identity {
            legal_name: "Example Journal (demonstration)".parse().unwrap(),
            short_name: short_name.parse().unwrap(),
            address: "1 Example Street".parse().unwrap(),
            contact: "office@example.org".parse().unwrap(),
            phone: None,
        })
    }

    #[tokio::test]
    async fn a_change_by_another_process_is_seen_within_a_look() {
        for bench in Bench::each().await {
            let (one, other) = (App::new(bench.services.clone()), App::new(bench.services.clone()));
            one.look().await.unwrap();
            assert_eq!((&*one.site.owner().name, &*one.site.owner().contact), ("127.0.0.1:8000", "courses@example.org"));
            let stop = CancellationToken::new();
            let looking = tokio::spawn(other.clone().keep_looking(Duration::from_millis(5), stop.clone()));
            bench
                .services
                .db
                .write(Actor::Operator, async |txn| organisation::change(txn, named("Example Journal")).await)
                .await
                .unwrap();
            one.look().await.unwrap();
            assert_eq!((&*one.site.owner().name, &*one.site.owner().contact), ("Example Journal", "office@example.org"));
            for _ in 0..1_000 {
                if &*other.site.owner().name == "Example Journal" {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            assert_eq!(&*other.site.owner().name, "Example Journal");
            stop.cancel();
            looking.await.unwrap();
            drop((one, other));
            bench.finish().await;
        }
    }

    #[tokio::test]
    async fn an_older_reading_never_replaces_a_later_one() {
        let bench = Bench::sqlite().await;
        let site = Site::new(&bench.services.settings);
        let now = bench.services.clocks.service();
        let at = |revision, name: &str| Organisation { revision, ..Organisation::default().with(named(name), now) };
        for (revision, name) in [(2, "Second"), (1, "First")] {
            site.keep(at(revision, name), &bench.services.settings);
        }
        assert_eq!(&*site.owner().name, "Second");
        bench.finish().await;
    }
}
