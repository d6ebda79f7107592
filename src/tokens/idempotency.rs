//! Requests that a program may send again (IETF draft-ietf-httpapi-idempotency-key-header): a key names one request of one token, and
//! is answered once.
//!
//! A [`claim`] that comes [`First`](Claim::First) does the act and [`keep`]s what it answered, best in the transaction of the act. From
//! then on the same request is told the same, and another request under the key is refused. An act that was refused changed nothing
//! and keeps nothing: its transaction is rolled back, or the claim [`release`]d, and the key can be used again. A claim whose process
//! died is taken over after a minute.

use std::fmt;
use std::str::FromStr;

use sea_orm::sea_query::{LockType, OnConflict};
use sea_orm::{ActiveModelTrait, DbErr, EntityTrait, QueryFilter, QuerySelect, Set};
use sha2::{Digest, Sha256};

use crate::db::columns::UtcTime;
use crate::db::rows::tokens::idempotency_keys as row;
use crate::db::{Txn, corrupt};
use crate::kernel::Timestamp;
use crate::kernel::ids::TokenId;
use crate::kernel::time::{SignedDuration, shifted};

/// Longer than any request may take.
const CLAIM: SignedDuration = SignedDuration::from_secs(60);

/// What a program calls a request: 1 to 128 visible ASCII characters, in quotation marks (as the draft has it) or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key(String);

/// The text is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key has 1 to 128 visible ASCII characters, such as a UUID")]
pub struct KeyError;

impl FromStr for Key {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let inner = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
        let fits = (1..=128).contains(&inner.len()) && inner.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(inner.to_owned())) } else { Err(KeyError) }
    }
}

/// What was asked: equal for equal requests.
#[derive(Clone, PartialEq, Eq)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Of a request's method, path and raw body.
    pub fn of(method: &str, path: &str, body: &[u8]) -> Self {
        let head = format!("{method} {path}\n");
        let digest = Sha256::new().chain_update(head).chain_update(body).finalize();
        Self(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One request of one token under its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyed {
    pub token: TokenId,
    pub key: Key,
    pub fingerprint: Fingerprint,
}

/// What a request was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub status: u16,
    /// JSON.
    pub body: String,
    /// Where the thing is that was made.
    pub location: Option<String>,
}

/// What a key means for a request that comes now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Nothing was answered under it: do it, and [`keep`] the outcome.
    First,
    /// It was answered so.
    Before(Outcome),
    /// The same request is under way.
    UnderWay,
    /// Another request has the key.
    Other,
}

/// Claims a key for a request. On PostgreSQL it waits for a transaction that has the same key in hand.
///
/// # Errors
/// The database's own.
pub async fn claim(txn: &Txn, keyed: &Keyed) -> Result<Claim, DbErr> {
    let now = txn.machine_now();
    let new = row::ActiveModel {
        token_id: Set(keyed.token),
        idempotency_key: Set(keyed.key.0.clone()),
        fingerprint: Set(keyed.fingerprint.0.clone()),
        claimed_at: Set(now.into()),
        status: Set(None),
        body: Set(None),
        location: Set(None),
    };
    let taken = OnConflict::columns([row::Column::TokenId, row::Column::IdempotencyKey]).do_nothing().to_owned();
    if row::Entity::insert(new).on_conflict(taken).exec_without_returning(&**txn).await? == 1 {
        return Ok(Claim::First);
    }
    let known = row::Entity::find_by_id((keyed.token, keyed.key.0.clone())).lock(LockType::Update).one(&**txn).await?;
    let known = known.ok_or_else(|| DbErr::RecordNotFound("an idempotency key".to_owned()))?;
    if known.fingerprint != keyed.fingerprint.0 {
        return Ok(Claim::Other);
    }
    if let Some(status) = known.status {
        let status = u16::try_from(status).map_err(|_| corrupt("status of an answer"))?;
        return Ok(Claim::Before(Outcome { status, body: known.body.unwrap_or_default(), location: known.location }));
    }
    if shifted(known.claimed_at.into(), CLAIM) > now {
        return Ok(Claim::UnderWay);
    }
    row::ActiveModel { claimed_at: Set(now.into()), ..identified(keyed) }.update(&**txn).await?;
    Ok(Claim::First)
}

fn identified(keyed: &Keyed) -> row::ActiveModel {
    row::ActiveModel { token_id: Set(keyed.token), idempotency_key: Set(keyed.key.0.clone()), ..Default::default() }
}

/// Keeps what a claimed request was answered.
///
/// # Errors
/// The database's own.
pub async fn keep(txn: &Txn, keyed: &Keyed, outcome: &Outcome) -> Result<(), DbErr> {
    let kept = row::ActiveModel {
        status: Set(Some(i32::from(outcome.status))),
        body: Set(Some(outcome.body.clone())),
        location: Set(outcome.location.clone()),
        ..identified(keyed)
    };
    kept.update(&**txn).await?;
    Ok(())
}

/// Gives a claim back whose act was refused.
///
/// # Errors
/// The database's own.
pub async fn release(txn: &Txn, keyed: &Keyed) -> Result<(), DbErr> {
    let claimed = row::Entity::delete_by_id((keyed.token, keyed.key.0.clone())).filter(row::COLUMN.status.is_null());
    claimed.exec(&**txn).await?;
    Ok(())
}

/// Forgets what was claimed before `limit` (machine time); how many.
pub(super) async fn forget(txn: &Txn, limit: Timestamp) -> Result<u64, DbErr> {
    let old = row::Entity::delete_many().filter(row::COLUMN.claimed_at.lt(UtcTime::from(limit)));
    Ok(old.exec(&**txn).await?.rows_affected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_visible_ascii_in_quotation_marks_or_not() {
        assert_eq!("\"8e03978e\"".parse::<Key>(), "8e03978e".parse::<Key>());
        assert!("k".repeat(128).parse::<Key>().is_ok());
        for bad in ["", "\"\"", "two words", "schlüssel", "a\u{7f}", &"k".repeat(129)] {
            assert_eq!(bad.parse::<Key>(), Err(KeyError), "{bad}");
        }
    }

    #[test]
    fn a_fingerprint_is_of_method_path_and_body() {
        let of = Fingerprint::of;
        assert_eq!(of("POST", "/a", b"{}"), of("POST", "/a", b"{}"));
        for other in [of("PUT", "/a", b"{}"), of("POST", "/b", b"{}"), of("POST", "/a", b"{ }"), of("POST", "/a\n{}", b"")] {
            assert_ne!(other, of("POST", "/a", b"{}"));
        }
    }
}
