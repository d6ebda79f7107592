//! The second factor: offered, taken into use by its first code, asked for, replaced, removed.

use sea_orm::DbErr;
use serde::Serialize;
use serde_json::Value;

use super::model::{
    FactorKeys, Failures, IdentityEvent, Notice, Person, RecoveryCode, SIGN_IN_LIFE, SignedIn, StepJudgement, TokenHash,
    TotpSecret, Typed,
};
use super::{BrowserToken, sessions, start_session, store};
use crate::audit;
use crate::db::{Conn, Txn};
use crate::kernel::ids::{SessionId, SignInId, UserId};
use crate::kernel::time::{SignedDuration, shifted};
use crate::kernel::{EmailAddress, Timestamp};
use crate::mail::{self, Class, Post};

/// An offered secret may be taken into use for so long (machine time).
const OFFER_LIFE: SignedDuration = SignedDuration::from_mins(30);
/// Before all but sign-in codes.
const NOTICE: i32 = 5;

/// What a person's second factor shows of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FactorFacts {
    /// Machine time.
    pub since: Timestamp,
    /// Recovery codes not yet used.
    pub codes_left: u64,
}

/// The second factor that a person has in use.
///
/// # Errors
/// The database's own.
pub async fn factor(conn: &Conn, user: UserId) -> Result<Option<FactorFacts>, DbErr> {
    let Some(factor) = store::factors::factor(conn, user).await? else { return Ok(None) };
    Ok(Some(FactorFacts { since: factor.created_at, codes_left: store::factors::codes_left(conn, user).await? }))
}

/// Whether a person has a second factor in use.
///
/// # Errors
/// The database's own.
pub async fn has_factor(conn: &Conn, user: UserId) -> Result<bool, DbErr> {
    Ok(store::factors::factor(conn, user).await?.is_some())
}

/// Makes a new secret for a person to take into use by a first code; the one in use stays until then.
///
/// # Errors
/// The database's own.
pub async fn offer_factor(txn: &Txn, keys: &FactorKeys, person: UserId) -> Result<(), DbErr> {
    let sealed = keys.seal(txn.random(), person, &TotpSecret::new(txn.random()));
    store::factors::put_offer(txn, person, sealed, shifted(txn.machine_now(), OFFER_LIFE)).await
}

/// The secret that is offered to a person at machine time `now`, to be shown to them.
///
/// # Errors
/// The database's own; also if the secret was sealed with another server's key.
pub async fn offered_factor(conn: &Conn, keys: &FactorKeys, person: UserId, now: Timestamp) -> Result<Option<TotpSecret>, DbErr> {
    let sealed = store::factors::offer(conn, person, now).await?;
    sealed.map(|sealed| keys.open(person, &sealed)).transpose().map_err(fault)
}

fn fault(error: impl std::fmt::Display) -> DbErr {
    DbErr::Custom(error.to_string())
}

/// What became of an offered factor's first code.
#[derive(Debug)]
pub enum Accepted {
    /// In use from now on; these are the recovery codes, to be shown once.
    InUse(Vec<RecoveryCode>),
    Wrong,
    /// Nothing is offered any more.
    NoOffer,
}

/// Takes the offered factor into use, in place of one in use before. The person's other sessions end.
///
/// # Errors
/// The database's own.
pub async fn accept_factor(txn: &Txn, keys: &FactorKeys, signed_in: &SignedIn, typed: &str) -> Result<Accepted, DbErr> {
    let person = &signed_in.person;
    let Some(sealed) = store::factors::offer(txn, person.id, txn.machine_now()).await? else { return Ok(Accepted::NoOffer) };
    let secret = keys.open(person.id, &sealed).map_err(fault)?;
    let Typed::SixDigits(digits) = Typed::parse(typed) else { return Ok(Accepted::Wrong) };
    let StepJudgement::Right { step } = secret.judge(&digits, txn.machine_now(), -1) else { return Ok(Accepted::Wrong) };
    if !store::factors::drop_offer(txn, person.id).await? {
        return Ok(Accepted::NoOffer);
    }
    store::factors::put_factor(txn, person.id, sealed, step).await?;
    let codes = new_codes(txn, keys, person.id).await?;
    sessions::end_others(txn, person.id, signed_in.session).await?;
    audit::record(txn, &IdentityEvent::FactorAdded { person: person.id }).await?;
    notify(txn, person, &person.email, Notice::FactorAdded).await?;
    Ok(Accepted::InUse(codes))
}

async fn new_codes(txn: &Txn, keys: &FactorKeys, person: UserId) -> Result<Vec<RecoveryCode>, DbErr> {
    let codes: Vec<_> = (0..RecoveryCode::COUNT).map(|_| RecoveryCode::new(txn.random())).collect();
    store::factors::put_codes(txn, person, codes.iter().map(|code| keys.recovery_hash(person, code)).collect()).await?;
    Ok(codes)
}

/// New recovery codes in place of all before; `None` for who has no second factor.
///
/// # Errors
/// The database's own.
pub async fn renew_codes(txn: &Txn, keys: &FactorKeys, person: &Person) -> Result<Option<Vec<RecoveryCode>>, DbErr> {
    if store::factors::factor_for_update(txn, person.id).await?.is_none() {
        return Ok(None);
    }
    let codes = new_codes(txn, keys, person.id).await?;
    audit::record(txn, &IdentityEvent::RecoveryCodesRenewed { person: person.id }).await?;
    notify(txn, person, &person.email, Notice::RecoveryCodesRenewed).await?;
    Ok(Some(codes))
}

/// Removes a person's second factor and ends all their sessions; false if there was none.
///
/// # Errors
/// The database's own.
pub async fn remove_factor(txn: &Txn, person: &Person) -> Result<bool, DbErr> {
    if !store::factors::remove_factor(txn, person.id).await? {
        return Ok(false);
    }
    audit::record(txn, &IdentityEvent::FactorRemoved { person: person.id }).await?;
    sessions::end_all(txn, person.id).await?;
    notify(txn, person, &person.email, Notice::FactorRemoved).await?;
    Ok(true)
}

/// What became of a typed second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactorAnswer {
    /// Proved; the code is used up.
    Right,
    /// So many tries are left before a pause.
    Wrong {
        left: i32,
    },
    /// The code is right and was used before: the app's next one is needed.
    Replayed,
    /// Too many wrong codes: none is judged until then (machine time).
    Locked {
        until: Timestamp,
    },
    NoFactor,
}

/// Judges a typed code, uses it up or counts the attempt. Of one code typed many times at once, one is right.
///
/// # Errors
/// The database's own; a wrong code is an answer, so that its count is kept.
pub async fn answer_factor(txn: &Txn, keys: &FactorKeys, person: &Person, typed: &str) -> Result<FactorAnswer, DbErr> {
    let now = txn.machine_now();
    let Some(factor) = store::factors::factor_for_update(txn, person.id).await? else { return Ok(FactorAnswer::NoFactor) };
    if let Some(until) = factor.failures.locked_until(now) {
        return Ok(FactorAnswer::Locked { until });
    }
    let proved = match Typed::parse(typed) {
        Typed::SixDigits(digits) => {
            let secret = keys.open(person.id, &factor.sealed).map_err(fault)?;
            match secret.judge(&digits, now, factor.last_step) {
                StepJudgement::Right { step } if store::factors::use_step(txn, person.id, step).await? => true,
                StepJudgement::Right { .. } | StepJudgement::Replayed => {
                    refused(txn, person.id, factor.failures, true).await?;
                    return Ok(FactorAnswer::Replayed);
                }
                StepJudgement::Wrong => false,
            }
        }
        Typed::Recovery(code) => use_code(txn, keys, person, &code).await?,
        Typed::Neither => false,
    };
    if proved {
        store::factors::set_failures(txn, person.id, Failures::None).await?;
        return Ok(FactorAnswer::Right);
    }
    let failures = factor.failures.one_more(now);
    store::factors::set_failures(txn, person.id, failures).await?;
    refused(txn, person.id, failures, false).await?;
    Ok(match failures.locked_until(now) {
        Some(until) => FactorAnswer::Locked { until },
        None => FactorAnswer::Wrong { left: super::model::FAILURES - failures.count() },
    })
}

async fn refused(txn: &Txn, person: UserId, failures: Failures, replayed: bool) -> Result<(), DbErr> {
    audit::record(txn, &IdentityEvent::FactorRefused { person, failures: failures.count(), replayed }).await
}

async fn use_code(txn: &Txn, keys: &FactorKeys, person: &Person, code: &RecoveryCode) -> Result<bool, DbErr> {
    if !store::factors::use_code(txn, person.id, &keys.recovery_hash(person.id, code)).await? {
        return Ok(false);
    }
    let left = store::factors::codes_left(txn, person.id).await?;
    audit::record(txn, &IdentityEvent::RecoveryCodeUsed { person: person.id, left }).await?;
    notify(txn, person, &person.email, Notice::RecoveryCodeUsed { left }).await?;
    Ok(true)
}

/// Where a sign-in goes on once the address is proved.
#[derive(Debug)]
pub enum Entered {
    /// Signed in.
    Session(BrowserToken),
    /// The second factor is needed first; nothing is granted yet.
    FactorFirst(SignInId),
}

/// Signs in who proved their address: at once, or once they have given the second factor that they have.
///
/// # Errors
/// The database's own.
pub async fn enter(
    txn: &Txn,
    person: &Person,
    browser: &TokenHash,
    intent: Value,
    replaces: Option<&TokenHash>,
) -> Result<Entered, DbErr> {
    if !has_factor(txn, person.id).await? {
        return start_session(txn, person, replaces).await.map(Entered::Session);
    }
    let id: SignInId = txn.new_id();
    store::factors::insert_pending(txn, id, person.id, browser, intent, shifted(txn.machine_now(), SIGN_IN_LIFE)).await?;
    Ok(Entered::FactorFirst(id))
}

/// What became of a sign-in that waited.
#[derive(Debug)]
pub enum Finished {
    SignedIn {
        person: Person,
        session: BrowserToken,
        intent: Value,
    },
    NotYet(FactorAnswer),
    /// Finished before, out of time, or another browser's: signing in begins anew.
    Dead,
}

/// Finishes a sign-in by the second factor.
///
/// # Errors
/// The database's own.
pub async fn finish_sign_in(
    txn: &Txn,
    keys: &FactorKeys,
    id: SignInId,
    browser: &TokenHash,
    typed: &str,
    replaces: Option<&TokenHash>,
) -> Result<Finished, DbErr> {
    let pending = store::factors::pending_sign_in(txn, id).await?;
    let Some(pending) = pending.filter(|pending| pending.waits_for(browser, txn.machine_now())) else {
        return Ok(Finished::Dead);
    };
    let Some(person) = store::person(txn, pending.person).await? else { return Ok(Finished::Dead) };
    match answer_factor(txn, keys, &person, typed).await? {
        FactorAnswer::Right if store::factors::use_pending(txn, id).await? => {
            let session = start_session(txn, &person, replaces).await?;
            Ok(Finished::SignedIn { person, session, intent: pending.intent })
        }
        FactorAnswer::Right | FactorAnswer::NoFactor => Ok(Finished::Dead),
        other => Ok(Finished::NotYet(other)),
    }
}

/// Marks a session as confirmed now, under a new token (ASVS 5.0 section 7.2.4). The caller has the proof. `None` if it has ended.
///
/// # Errors
/// The database's own.
pub async fn confirm_session(txn: &Txn, person: UserId, session: SessionId) -> Result<Option<BrowserToken>, DbErr> {
    let token = BrowserToken::new(txn.random());
    if !store::people::confirm(txn, session, &token.hash()).await? {
        return Ok(None);
    }
    audit::record(txn, &IdentityEvent::Confirmed { person, session }).await?;
    Ok(Some(token))
}

/// What the letter `account_notice` carries.
#[derive(Debug, Clone, Copy, Serialize, serde::Deserialize)]
pub struct NoticeLetter {
    pub person: UserId,
    #[serde(flatten)]
    pub notice: Notice,
}

/// Tells a person by mail what happened to their account.
pub(super) async fn notify(txn: &Txn, person: &Person, to: &EmailAddress, notice: Notice) -> Result<(), DbErr> {
    let letter = NoticeLetter { person: person.id, notice };
    let bound = if notice == Notice::EmailBefore { mail::BOUND } else { "" };
    let letter = Post {
        dedupe_key: format!("{bound}account_notice:{}", txn.random().uuid(txn.now())),
        kind: "account_notice",
        class: Class::Transactional,
        user: Some(person.id),
        recipient: to.clone(),
        payload: serde_json::to_value(letter).map_err(|error| DbErr::Json(error.to_string()))?,
        due_at: txn.now(),
        not_after: None,
        priority: NOTICE,
    };
    mail::post(txn, letter).await
}
