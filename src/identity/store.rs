//! Queries of people, challenges and sessions.

pub(super) mod factors;
pub(super) mod people;

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveModelTrait, ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set};
use serde_json::Value;

use super::model::{Challenge, Country, Person, Role, SignedIn, TokenHash, idle_limit};
use crate::db::columns::UtcTime;
use crate::db::rows::identity::{sessions, sign_in_challenges, users};
use crate::db::{Conn, Txn, corrupt};
use crate::kernel::ids::{ChallengeId, SessionId, UserId};
use crate::kernel::time::shifted;
use crate::kernel::{EmailAddress, Timestamp};
use crate::search::{self, Scope};

fn role(row: users::Role) -> Role {
    match row {
        users::Role::Student => Role::Student,
        users::Role::Instructor => Role::Instructor,
        users::Role::Admin => Role::Admin,
    }
}

fn role_row(role: Role) -> users::Role {
    match role {
        Role::Student => users::Role::Student,
        Role::Instructor => users::Role::Instructor,
        Role::Admin => users::Role::Admin,
    }
}

fn to_person(row: users::Model) -> Result<Person, DbErr> {
    Ok(Person {
        id: row.id,
        email: row.email.parse().map_err(|_| corrupt("address"))?,
        name: row.name.parse().map_err(|_| corrupt("name"))?,
        zone: row.zone.parse().map_err(|_| corrupt("zone"))?,
        country: row.country.map(|code| code.parse::<Country>()).transpose().map_err(|_| corrupt("country"))?,
        role: role(row.role),
        created_at: row.created_at.into(),
    })
}

/// The person, unless disabled.
///
/// # Errors
/// The database's own.
pub async fn person(conn: &Conn, id: UserId) -> Result<Option<Person>, DbErr> {
    let row = users::Entity::find_by_id(id).filter(users::COLUMN.disabled_at.is_null()).one(conn).await?;
    row.map(to_person).transpose()
}

/// The person with this address, unless disabled.
///
/// # Errors
/// The database's own.
pub async fn person_by_email(conn: &Conn, email: &EmailAddress) -> Result<Option<Person>, DbErr> {
    let rows = users::Entity::find().filter(users::COLUMN.email.eq(email.as_str())).filter(users::COLUMN.disabled_at.is_null());
    rows.one(conn).await?.map(to_person).transpose()
}

/// Everybody who may teach: active instructors and admins, by name.
///
/// # Errors
/// The database's own.
pub async fn teachers(conn: &Conn) -> Result<Vec<Person>, DbErr> {
    let staff = users::Entity::find().filter(users::Column::Role.ne(users::Role::Student));
    let rows = staff.filter(users::COLUMN.disabled_at.is_null()).order_by_asc(users::Column::Name).all(conn).await?;
    rows.into_iter().map(to_person).collect()
}

pub(super) async fn insert_person(txn: &Txn, person: &Person) -> Result<(), DbErr> {
    let row = users::ActiveModel {
        id: Set(person.id),
        email: Set(person.email.as_str().to_owned()),
        name: Set(person.name.as_str().to_owned()),
        zone: Set(person.zone.name().to_owned()),
        country: Set(person.country.map(|country| country.code().to_owned())),
        role: Set(role_row(person.role)),
        created_at: Set(person.created_at.into()),
        disabled_at: Set(None),
        last_seen_at: Set(None),
    };
    users::Entity::insert(row).exec_without_returning(&**txn).await?;
    save_words(txn, person).await
}

/// What a search finds the person and their enrolments by.
pub(super) async fn save_words(txn: &Txn, person: &Person) -> Result<(), DbErr> {
    let found_by = [person.name.as_str(), person.email.as_str()];
    search::replace(txn, Scope::People, person.id.0, &found_by).await
}

pub(super) async fn update_details(txn: &Txn, person: &Person) -> Result<(), DbErr> {
    let row = users::ActiveModel {
        id: Set(person.id),
        zone: Set(person.zone.name().to_owned()),
        country: Set(person.country.map(|country| country.code().to_owned())),
        ..Default::default()
    };
    row.update(&**txn).await?;
    Ok(())
}

/// Whether an account has this address, disabled or not.
pub(super) async fn is_known(conn: &Conn, email: &EmailAddress) -> Result<bool, DbErr> {
    Ok(users::Entity::find().filter(users::COLUMN.email.eq(email.as_str())).one(conn).await?.is_some())
}

/// A code that was asked for: when (machine time), and by which browser.
pub(super) struct Asked {
    pub(super) at: Timestamp,
    pub(super) browser: TokenHash,
}

/// The codes asked for `email` since `since` (machine time), oldest first.
pub(super) async fn challenges_since(conn: &Conn, email: &EmailAddress, since: Timestamp) -> Result<Vec<Asked>, DbErr> {
    let rows = sign_in_challenges::Entity::find()
        .filter(sign_in_challenges::COLUMN.email.eq(email.as_str()))
        .filter(sign_in_challenges::COLUMN.created_at.gt(UtcTime::from(since)))
        .order_by_asc(sign_in_challenges::Column::CreatedAt)
        .all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| Asked { at: row.created_at.into(), browser: TokenHash(row.browser_hash) }).collect())
}

/// Deletes challenges that ran out before `before` (machine time), with what was typed to enrol; how many.
pub(super) async fn forget_challenges(txn: &Txn, before: Timestamp) -> Result<u64, DbErr> {
    let done = sign_in_challenges::Entity::delete_many()
        .filter(sign_in_challenges::COLUMN.expires_at.lt(UtcTime::from(before)))
        .exec(&**txn)
        .await?;
    Ok(done.rows_affected)
}

/// Deletes sessions whose longest life ended before `before` (machine time); how many.
pub(super) async fn forget_sessions(txn: &Txn, before: Timestamp) -> Result<u64, DbErr> {
    let done = sessions::Entity::delete_many().filter(sessions::COLUMN.expires_at.lt(UtcTime::from(before))).exec(&**txn).await?;
    Ok(done.rows_affected)
}

pub(super) async fn insert_challenge(
    txn: &Txn,
    id: ChallengeId,
    email: &EmailAddress,
    browser: &TokenHash,
    intent: Value,
    expires_at: Timestamp,
) -> Result<(), DbErr> {
    let row = sign_in_challenges::ActiveModel {
        id: Set(id),
        email: Set(email.as_str().to_owned()),
        browser_hash: Set(browser.0.clone()),
        intent: Set(intent),
        attempts: Set(0),
        created_at: Set(txn.machine_now().into()),
        expires_at: Set(expires_at.into()),
        used_at: Set(None),
    };
    sign_in_challenges::Entity::insert(row).exec_without_returning(&**txn).await?;
    Ok(())
}

fn to_challenge(row: sign_in_challenges::Model) -> Result<Challenge, DbErr> {
    Ok(Challenge {
        id: row.id,
        email: row.email.parse().map_err(|_| corrupt("address"))?,
        intent: row.intent,
        browser: TokenHash(row.browser_hash),
        attempts: row.attempts,
        expires_at: row.expires_at.into(),
        used: row.used_at.is_some(),
    })
}

/// A challenge as it stands.
///
/// # Errors
/// The database's own.
pub async fn challenge(conn: &Conn, id: ChallengeId) -> Result<Option<Challenge>, DbErr> {
    sign_in_challenges::Entity::find_by_id(id).one(conn).await?.map(to_challenge).transpose()
}

/// A challenge, locked: two guesses at once are two attempts.
pub(super) async fn challenge_for_update(txn: &Txn, id: ChallengeId) -> Result<Option<Challenge>, DbErr> {
    sign_in_challenges::Entity::find_by_id(id).lock_exclusive().one(&**txn).await?.map(to_challenge).transpose()
}

/// Uses a challenge up; false if it was used already.
pub(super) async fn use_challenge(txn: &Txn, id: ChallengeId) -> Result<bool, DbErr> {
    let done = sign_in_challenges::Entity::update_many()
        .col_expr(sign_in_challenges::Column::UsedAt, Expr::value(UtcTime::from(txn.machine_now())))
        .filter(sign_in_challenges::COLUMN.id.eq(id))
        .filter(sign_in_challenges::COLUMN.used_at.is_null())
        .exec(&**txn)
        .await?;
    Ok(done.rows_affected == 1)
}

pub(super) async fn count_attempt(txn: &Txn, id: ChallengeId) -> Result<(), DbErr> {
    sign_in_challenges::Entity::update_many()
        .col_expr(sign_in_challenges::Column::Attempts, Expr::col(sign_in_challenges::Column::Attempts).add(1))
        .filter(sign_in_challenges::COLUMN.id.eq(id))
        .exec(&**txn)
        .await?;
    Ok(())
}

pub(super) async fn insert_session(
    txn: &Txn,
    id: SessionId,
    user: UserId,
    token: &TokenHash,
    expires_at: Timestamp,
) -> Result<(), DbErr> {
    let row = sessions::ActiveModel {
        id: Set(id),
        token_hash: Set(token.0.clone()),
        user_id: Set(user),
        created_at: Set(txn.machine_now().into()),
        last_seen_at: Set(txn.machine_now().into()),
        expires_at: Set(expires_at.into()),
        ended_at: Set(None),
        confirmed_at: Set(Some(txn.machine_now().into())),
    };
    sessions::Entity::insert(row).exec_without_returning(&**txn).await?;
    seen(txn, user).await
}

/// The live session of a token at machine time `now`, and whose it is: one statement.
///
/// # Errors
/// The database's own.
pub async fn session(conn: &Conn, token: &TokenHash, now: Timestamp) -> Result<Option<SignedIn>, DbErr> {
    let found = sessions::Entity::find()
        .filter(sessions::COLUMN.token_hash.eq(token.0.as_str()))
        .filter(sessions::COLUMN.ended_at.is_null())
        .filter(sessions::COLUMN.expires_at.gt(UtcTime::from(now)))
        .filter(users::COLUMN.disabled_at.is_null())
        .find_also_related(users::Entity)
        .one(conn)
        .await?;
    let Some((session, Some(user))) = found else { return Ok(None) };
    let last_shown_at = user.last_seen_at.map(Timestamp::from);
    let person = to_person(user)?;
    let last_seen_at = Timestamp::from(session.last_seen_at);
    let idle = now >= shifted(last_seen_at, idle_limit(person.role));
    let confirmed_at = session.confirmed_at.map(Timestamp::from);
    Ok((!idle).then_some(SignedIn { session: session.id, person, last_seen_at, last_shown_at, confirmed_at }))
}

pub(super) async fn mark_seen(txn: &Txn, user: UserId, id: SessionId) -> Result<(), DbErr> {
    sessions::Entity::update_many()
        .col_expr(sessions::Column::LastSeenAt, Expr::value(UtcTime::from(txn.machine_now())))
        .filter(sessions::COLUMN.id.eq(id))
        .exec(&**txn)
        .await?;
    seen(txn, user).await
}

/// Notes for the staff that somebody is here now, in service time. A person of another session may have been noted later already.
async fn seen(txn: &Txn, user: UserId) -> Result<(), DbErr> {
    let row = users::ActiveModel { id: Set(user), last_seen_at: Set(Some(txn.now().into())), ..Default::default() };
    users::Entity::update_many().set(row).filter(users::COLUMN.id.eq(user)).exec(&**txn).await?;
    Ok(())
}

pub(super) async fn end(txn: &Txn, id: SessionId) -> Result<(), DbErr> {
    end_where(txn, Condition::all().add(sessions::COLUMN.id.eq(id))).await.map(|_| ())
}

pub(super) async fn end_by_token(txn: &Txn, token: &TokenHash) -> Result<(), DbErr> {
    end_where(txn, Condition::all().add(sessions::COLUMN.token_hash.eq(token.0.as_str()))).await.map(|_| ())
}

/// Ends those of these sessions that have not ended; how many.
async fn end_where(txn: &Txn, which: Condition) -> Result<u64, DbErr> {
    let done = sessions::Entity::update_many()
        .col_expr(sessions::Column::EndedAt, Expr::value(UtcTime::from(txn.machine_now())))
        .filter(which)
        .filter(sessions::COLUMN.ended_at.is_null())
        .exec(&**txn)
        .await?;
    Ok(done.rows_affected)
}
