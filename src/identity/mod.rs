//! People, how they prove an address, and the browsers they are signed in with.

mod factor;
pub mod jobs;
pub mod model;
mod people;
mod sessions;
mod store;
#[cfg(test)]
mod tests;

use sea_orm::DbErr;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::audit;
use crate::db::Txn;
use crate::kernel::ids::{ChallengeId, SessionId, UserId};
use crate::kernel::time::shifted;
use crate::kernel::{EmailAddress, PersonName, Timestamp, Zone};
use crate::mail::{self, Class, Post};

pub use factor::{
    Accepted, Entered, FactorAnswer, FactorFacts, Finished, NoticeLetter, accept_factor, answer_factor, confirm_session, enter,
    factor, finish_sign_in, has_factor, offer_factor, offered_factor, remove_factor, renew_codes,
};
pub use model::{
    Account, AccountState, BrowserToken, CODE_LIFE, CONFIRMED_FOR, Challenge, CodeKey, Country, FactorKeys, IdentityEvent,
    Notice, PendingSignIn, Person, RecoveryCode, Role, SessionRow, SignedIn, TokenHash, TotpSecret,
};
use model::{CODE_WINDOW, Judgement, absolute_limit};
pub use people::{
    InvitationLetter, PersonRefusal, change_details, change_role, correct_email, disable, enable, end_session_of,
    end_sessions_of, invite, invite_again,
};
pub use sessions::{end_all, end_others, end_own};
pub use store::factors::pending_sign_in;
pub use store::people::{account, account_by_email, accounts_found, sessions_of, staff};
pub use store::{challenge, person, person_by_email, session, teachers};

/// How many codes an hour may be asked for. The smaller limit is one browser's, so that a stranger who asks for codes to an
/// address does not easily keep its owner out; the larger protects the address from a flood.
#[derive(Debug, Clone, Copy)]
pub struct CodeLimits {
    pub of_browser: u32,
    pub of_address: u32,
}

/// Why no code is sent.
#[derive(Debug, thiserror::Error)]
pub enum CodeRefusal {
    /// As many codes as [`CodeLimits`] allow went to this address; the next is possible at `retry_at` (machine time).
    #[error("too many codes")]
    TooMany { retry_at: Timestamp },
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// Whom a code can be of use to; what the mail says differs, what is done here does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// People with an account: others are told that there is none.
    Members,
    /// Anybody: an account may be made by it.
    Anybody,
}

/// What the letter `sign_in_code` carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeLetter {
    pub challenge: ChallengeId,
    pub audience: Audience,
}

/// Asks for a proof of `email` by a code mailed to it, good in this browser alone; `intent` is given back with the proof.
///
/// Known and unknown addresses run the same statements and queue the same mail: what the mail says is decided when it is composed.
///
/// # Errors
/// [`CodeRefusal`].
pub async fn request_code(
    txn: &Txn,
    email: &EmailAddress,
    browser: &TokenHash,
    intent: Value,
    audience: Audience,
    limits: CodeLimits,
) -> Result<ChallengeId, CodeRefusal> {
    let now = txn.machine_now();
    let recent = store::challenges_since(txn, email, shifted(now, -CODE_WINDOW)).await?;
    let here: Vec<_> = recent.iter().filter(|asked| asked.browser == *browser).collect();
    let full = |count: usize, limit: u32| count >= limit as usize;
    if full(recent.len(), limits.of_address) || full(here.len(), limits.of_browser) {
        let oldest = if full(here.len(), limits.of_browser) {
            here.first().map(|asked| asked.at)
        } else {
            recent.first().map(|asked| asked.at)
        };
        return Err(CodeRefusal::TooMany { retry_at: shifted(oldest.unwrap_or(now), CODE_WINDOW) });
    }
    let id = txn.new_id();
    store::insert_challenge(txn, id, email, browser, intent, shifted(now, CODE_LIFE)).await?;
    let letter = Post {
        dedupe_key: format!("sign_in_code:{id}"),
        kind: "sign_in_code",
        class: Class::Secret,
        user: None,
        recipient: email.clone(),
        payload: serde_json::to_value(CodeLetter { challenge: id, audience }).map_err(|error| DbErr::Json(error.to_string()))?,
        due_at: txn.now(),
        not_after: Some(shifted(txn.now(), CODE_LIFE)),
        priority: 0,
    };
    mail::post(txn, letter).await?;
    Ok(id)
}

/// What became of a typed code.
#[derive(Debug)]
pub enum Answer {
    /// The address is proved, once; the challenge is used up.
    Right {
        email: EmailAddress,
        intent: Value,
    },
    Wrong {
        left: i32,
    },
    /// Used, expired, tried too often, unknown, or asked for by another browser: a new code is needed.
    Dead,
}

/// Judges a typed code and counts the attempt.
///
/// # Errors
/// The database's own; a wrong code is an answer, so that its count is kept.
pub async fn answer_code(txn: &Txn, key: &CodeKey, id: ChallengeId, browser: &TokenHash, typed: &str) -> Result<Answer, DbErr> {
    let Some(challenge) = store::challenge_for_update(txn, id).await? else {
        return Ok(Answer::Dead);
    };
    match challenge.judge(key, browser, typed, txn.machine_now()) {
        Judgement::Right if store::use_challenge(txn, id).await? => {
            Ok(Answer::Right { email: challenge.email, intent: challenge.intent })
        }
        Judgement::Right | Judgement::Dead => Ok(Answer::Dead),
        Judgement::Wrong { left } => {
            store::count_attempt(txn, id).await?;
            Ok(if left > 0 { Answer::Wrong { left } } else { Answer::Dead })
        }
    }
}

/// What a student says of themselves when enrolling.
#[derive(Debug, Clone)]
pub struct Details {
    pub name: PersonName,
    pub zone: Zone,
    pub country: Country,
}

/// Why a student is not registered.
#[derive(Debug, thiserror::Error)]
pub enum RegisterRefusal {
    /// The address is of an account that was closed to its owner.
    #[error("the account with this address is disabled")]
    Disabled,
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// The student with this (proved) address, registered if new, with zone and country as just given. A known person keeps their
/// name: the one for a certificate belongs to the enrolment.
///
/// # Errors
/// [`RegisterRefusal`].
pub async fn register_student(txn: &Txn, email: &EmailAddress, details: Details) -> Result<Person, RegisterRefusal> {
    let Details { name, zone, country } = details;
    if let Some(before) = store::person_by_email(txn, email).await? {
        let after = Person { zone, country: Some(country), ..before.clone() };
        if after != before {
            store::update_details(txn, &after).await?;
            audit::record(txn, &IdentityEvent::DetailsChanged { before: &before, after: &after }).await?;
        }
        return Ok(after);
    }
    if store::is_known(txn, email).await? {
        return Err(RegisterRefusal::Disabled);
    }
    Ok(insert(txn, email, name, zone, Some(country), Role::Student).await?)
}

/// Why an account is not made.
#[derive(Debug, thiserror::Error)]
pub enum CreateRefusal {
    #[error("an account with this address exists already")]
    Exists,
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// Makes an account of any role, for an address that has none.
///
/// # Errors
/// [`CreateRefusal`].
pub async fn create_person(
    txn: &Txn,
    email: &EmailAddress,
    name: PersonName,
    zone: Zone,
    role: Role,
) -> Result<Person, CreateRefusal> {
    if store::is_known(txn, email).await? {
        return Err(CreateRefusal::Exists);
    }
    Ok(insert(txn, email, name, zone, None, role).await?)
}

async fn insert(
    txn: &Txn,
    email: &EmailAddress,
    name: PersonName,
    zone: Zone,
    country: Option<Country>,
    role: Role,
) -> Result<Person, DbErr> {
    let person = Person { id: txn.new_id(), email: email.clone(), name, zone, country, role, created_at: txn.now() };
    store::insert_person(txn, &person).await?;
    audit::record(txn, &IdentityEvent::Registered(&person)).await?;
    Ok(person)
}

/// Signs a browser in with a new token, confirmed as of now: its person has just given every proof they have. The pages go by
/// [`enter`], which asks for the second factor first. The session that the browser may have had before ends (ASVS 5.0 section 7.2.4).
///
/// # Errors
/// The database's own.
pub async fn start_session(txn: &Txn, person: &Person, replaces: Option<&TokenHash>) -> Result<BrowserToken, DbErr> {
    if let Some(old) = replaces {
        store::end_by_token(txn, old).await?;
    }
    let token = BrowserToken::new(txn.random());
    let session: SessionId = txn.new_id();
    let expires_at = shifted(txn.machine_now(), absolute_limit(person.role));
    store::insert_session(txn, session, person.id, &token.hash(), expires_at).await?;
    audit::record(txn, &IdentityEvent::SignedIn { person: person.id, session }).await?;
    Ok(token)
}

/// Signs a browser out.
///
/// # Errors
/// The database's own.
pub async fn end_session(txn: &Txn, person: UserId, session: SessionId) -> Result<(), DbErr> {
    store::end(txn, session).await?;
    audit::record(txn, &IdentityEvent::SignedOut { person, session }).await
}

/// Notes that a session was used. Not audited: it changes nothing that anybody relies on.
///
/// # Errors
/// The database's own.
pub async fn mark_seen(txn: &Txn, person: UserId, session: SessionId) -> Result<(), DbErr> {
    store::mark_seen(txn, person, session).await
}
