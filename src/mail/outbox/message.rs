//! What turns a letter into words. The messages themselves are of a floor above, and registered there.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use sea_orm::DbErr;
use serde_json::Value;

use super::Class;
use crate::kernel::ids::{LetterId, UserId};
use crate::kernel::{EmailAddress, PersonName, Timestamp};
use crate::mail::Unsubscribe;
use crate::services::Services;

/// A mail to be written: what [`Post`](super::Post) said, read back.
#[derive(Debug, Clone)]
pub struct Letter {
    pub id: LetterId,
    pub kind: String,
    pub class: Class,
    pub user: Option<UserId>,
    pub recipient: EmailAddress,
    /// Ids only.
    pub payload: Value,
    /// Service time.
    pub due_at: Timestamp,
    /// Service time.
    pub not_after: Option<Timestamp>,
}

/// A mail's words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Content {
    pub subject: String,
    pub text: String,
    pub html: String,
    /// The name shown beside the recipient's address.
    pub to_name: Option<PersonName>,
    /// The name shown beside the sender's address.
    pub from_name: Option<String>,
    /// Where an answer goes, if not to the sender's address.
    pub reply_to: Option<EmailAddress>,
    /// For mail that its reader may turn off by one click.
    pub unsubscribe: Option<Unsubscribe>,
}

/// What becomes of a letter when its time has come. Reasons are for the staff, and name nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Composed {
    Send(Box<Content>),
    /// What it was about is no more.
    Cancel(String),
    /// The recipient does not want it or cannot have it.
    Suppress(String),
    /// Not before this (service time); it is asked again then.
    Postpone(Timestamp),
}

/// Why a letter was not written.
#[derive(Debug, thiserror::Error)]
pub enum ComposeFailure {
    /// May succeed later.
    #[error("{0}")]
    Retry(String),
    /// Never will.
    #[error("given up: {0}")]
    GiveUp(String),
}

impl From<DbErr> for ComposeFailure {
    fn from(error: DbErr) -> Self {
        Self::Retry(error.to_string())
    }
}

/// Writes the letters of one kind.
pub trait Composer: Send + Sync + 'static {
    /// The kind, by its folder's name in `emails/`.
    const KIND: &'static str;

    /// Decides, at the first lease (for a secret, at each), whether the mail still has a point, and writes it. It changes nothing.
    fn compose(&self, services: &Services, letter: &Letter) -> impl Future<Output = Result<Composed, ComposeFailure>> + Send;
}

type Outcome = Result<Composed, ComposeFailure>;

/// [`Composer`] in a form that a map can hold.
trait AnyComposer: Send + Sync {
    fn compose<'a>(&'a self, services: &'a Services, letter: &'a Letter) -> BoxFuture<'a, Outcome>;
}

impl<C: Composer> AnyComposer for C {
    fn compose<'a>(&'a self, services: &'a Services, letter: &'a Letter) -> BoxFuture<'a, Outcome> {
        Box::pin(Composer::compose(self, services, letter))
    }
}

/// The kinds of letters that this program can write.
#[derive(Clone, Default)]
pub struct Composers(BTreeMap<&'static str, Arc<dyn AnyComposer>>);

impl fmt::Debug for Composers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Composers {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a kind.
    ///
    /// # Panics
    /// A kind that was added before.
    #[must_use]
    pub fn with<C: Composer>(mut self, composer: C) -> Self {
        let before = self.0.insert(C::KIND, Arc::new(composer));
        assert!(before.is_none(), "the message {} is registered twice", C::KIND);
        self
    }

    /// The kinds that can be written, by name.
    pub fn kinds(&self) -> impl Iterator<Item = &'static str> {
        self.0.keys().copied()
    }

    /// Writes one letter. A kind that is not known may be a newer program's: it is left for that one.
    pub(super) async fn compose(&self, services: &Services, letter: &Letter) -> Outcome {
        match self.0.get(letter.kind.as_str()) {
            Some(composer) => composer.compose(services, letter).await,
            None => Err(ComposeFailure::Retry("no such message is known".to_owned())),
        }
    }
}
