//! Queries of second factors, recovery codes, and sign-ins that wait for them.

use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect, Set};
use serde_json::Value;

use crate::db::columns::UtcTime;
use crate::db::rows::identity::{offered_factors, pending_sign_ins, recovery_codes, second_factors};
use crate::db::{Conn, Txn, corrupt};
use crate::identity::model::{Failures, PendingSignIn, Sealed, TokenHash};
use crate::kernel::Timestamp;
use crate::kernel::ids::{SignInId, UserId};

/// A second factor in use.
pub(in crate::identity) struct Factor {
    pub(in crate::identity) sealed: Sealed,
    pub(in crate::identity) last_step: i64,
    pub(in crate::identity) failures: Failures,
    pub(in crate::identity) created_at: Timestamp,
}

fn to_factor(row: second_factors::Model) -> Result<Factor, DbErr> {
    let failures = match (row.failures, row.failing_since) {
        (0, _) => Failures::None,
        (count, Some(first)) => Failures::Since { first: first.into(), count },
        (_, None) => return Err(corrupt("count of failures")),
    };
    Ok(Factor { sealed: Sealed(row.sealed), last_step: row.last_step, failures, created_at: row.created_at.into() })
}

pub(in crate::identity) async fn factor(conn: &Conn, user: UserId) -> Result<Option<Factor>, DbErr> {
    second_factors::Entity::find_by_id(user).one(conn).await?.map(to_factor).transpose()
}

/// The factor, locked: two guesses at once are two guesses.
pub(in crate::identity) async fn factor_for_update(txn: &Txn, user: UserId) -> Result<Option<Factor>, DbErr> {
    second_factors::Entity::find_by_id(user).lock_exclusive().one(&**txn).await?.map(to_factor).transpose()
}

/// Puts a factor in use in place of the one before.
pub(in crate::identity) async fn put_factor(txn: &Txn, user: UserId, sealed: Sealed, step: i64) -> Result<(), DbErr> {
    use second_factors::Column;
    let row = second_factors::ActiveModel {
        user_id: Set(user),
        sealed: Set(sealed.0),
        last_step: Set(step),
        failures: Set(0),
        failing_since: Set(None),
        created_at: Set(txn.machine_now().into()),
    };
    let again = OnConflict::column(Column::UserId)
        .update_columns([Column::Sealed, Column::LastStep, Column::Failures, Column::FailingSince, Column::CreatedAt])
        .to_owned();
    second_factors::Entity::insert(row).on_conflict(again).exec_without_returning(&**txn).await?;
    Ok(())
}

/// Uses a step up; false if it, or a later one, was used already.
pub(in crate::identity) async fn use_step(txn: &Txn, user: UserId, step: i64) -> Result<bool, DbErr> {
    let done = second_factors::Entity::update_many()
        .col_expr(second_factors::Column::LastStep, Expr::value(step))
        .filter(second_factors::COLUMN.user_id.eq(user))
        .filter(second_factors::COLUMN.last_step.lt(step))
        .exec(&**txn)
        .await?;
    Ok(done.rows_affected == 1)
}

pub(in crate::identity) async fn set_failures(txn: &Txn, user: UserId, failures: Failures) -> Result<(), DbErr> {
    let since = match failures {
        Failures::None => None,
        Failures::Since { first, .. } => Some(UtcTime::from(first)),
    };
    second_factors::Entity::update_many()
        .col_expr(second_factors::Column::Failures, Expr::value(failures.count()))
        .col_expr(second_factors::Column::FailingSince, Expr::value(since))
        .filter(second_factors::COLUMN.user_id.eq(user))
        .exec(&**txn)
        .await?;
    Ok(())
}

/// Offers a secret in place of the one offered before.
pub(in crate::identity) async fn put_offer(txn: &Txn, user: UserId, sealed: Sealed, expires_at: Timestamp) -> Result<(), DbErr> {
    use offered_factors::Column;
    let row = offered_factors::ActiveModel { user_id: Set(user), sealed: Set(sealed.0), expires_at: Set(expires_at.into()) };
    let again = OnConflict::column(Column::UserId).update_columns([Column::Sealed, Column::ExpiresAt]).to_owned();
    offered_factors::Entity::insert(row).on_conflict(again).exec_without_returning(&**txn).await?;
    Ok(())
}

/// The secret that is offered at machine time `now`.
pub(in crate::identity) async fn offer(conn: &Conn, user: UserId, now: Timestamp) -> Result<Option<Sealed>, DbErr> {
    let row = offered_factors::Entity::find_by_id(user).filter(offered_factors::COLUMN.expires_at.gt(UtcTime::from(now)));
    Ok(row.one(conn).await?.map(|row| Sealed(row.sealed)))
}

/// Takes an offer back; false if there was none.
pub(in crate::identity) async fn drop_offer(txn: &Txn, user: UserId) -> Result<bool, DbErr> {
    Ok(offered_factors::Entity::delete_by_id(user).exec(&**txn).await?.rows_affected == 1)
}

/// Forgets a person's factor with its recovery codes and any offer; false if there was no factor.
pub(in crate::identity) async fn remove_factor(txn: &Txn, user: UserId) -> Result<bool, DbErr> {
    drop_offer(txn, user).await?;
    drop_codes(txn, user).await?;
    Ok(second_factors::Entity::delete_by_id(user).exec(&**txn).await?.rows_affected == 1)
}

async fn drop_codes(txn: &Txn, user: UserId) -> Result<(), DbErr> {
    recovery_codes::Entity::delete_many().filter(recovery_codes::COLUMN.user_id.eq(user)).exec(&**txn).await?;
    Ok(())
}

/// Gives a person new recovery codes in place of all before.
pub(in crate::identity) async fn put_codes(txn: &Txn, user: UserId, hashes: Vec<String>) -> Result<(), DbErr> {
    drop_codes(txn, user).await?;
    let rows = hashes.into_iter().map(|hash| recovery_codes::ActiveModel {
        id: Set(txn.random().uuid(txn.now())),
        user_id: Set(user),
        code_hash: Set(hash),
        used_at: Set(None),
    });
    recovery_codes::Entity::insert_many(rows).exec_without_returning(&**txn).await?;
    Ok(())
}

/// Uses a recovery code up; false if there is none such, or it was used.
pub(in crate::identity) async fn use_code(txn: &Txn, user: UserId, hash: &str) -> Result<bool, DbErr> {
    let done = recovery_codes::Entity::update_many()
        .col_expr(recovery_codes::Column::UsedAt, Expr::value(UtcTime::from(txn.machine_now())))
        .filter(recovery_codes::COLUMN.user_id.eq(user))
        .filter(recovery_codes::COLUMN.code_hash.eq(hash))
        .filter(recovery_codes::COLUMN.used_at.is_null())
        .exec(&**txn)
        .await?;
    Ok(done.rows_affected == 1)
}

/// How many recovery codes are left.
pub(in crate::identity) async fn codes_left(conn: &Conn, user: UserId) -> Result<u64, DbErr> {
    let unused = recovery_codes::Entity::find().filter(recovery_codes::COLUMN.user_id.eq(user));
    unused.filter(recovery_codes::COLUMN.used_at.is_null()).count(conn).await
}

pub(in crate::identity) async fn insert_pending(
    txn: &Txn,
    id: SignInId,
    user: UserId,
    browser: &TokenHash,
    intent: Value,
    expires_at: Timestamp,
) -> Result<(), DbErr> {
    let row = pending_sign_ins::ActiveModel {
        id: Set(id),
        user_id: Set(user),
        browser_hash: Set(browser.0.clone()),
        intent: Set(intent),
        expires_at: Set(expires_at.into()),
        used_at: Set(None),
    };
    pending_sign_ins::Entity::insert(row).exec_without_returning(&**txn).await?;
    Ok(())
}

/// A sign-in that waits, or waited, for the second factor.
///
/// # Errors
/// The database's own.
pub async fn pending_sign_in(conn: &Conn, id: SignInId) -> Result<Option<PendingSignIn>, DbErr> {
    let row = pending_sign_ins::Entity::find_by_id(id).one(conn).await?;
    Ok(row.map(|row| PendingSignIn {
        id: row.id,
        intent: row.intent,
        person: row.user_id,
        browser: TokenHash(row.browser_hash),
        expires_at: row.expires_at.into(),
        used: row.used_at.is_some(),
    }))
}

/// Uses a waiting sign-in up; false if it was used already.
pub(in crate::identity) async fn use_pending(txn: &Txn, id: SignInId) -> Result<bool, DbErr> {
    let done = pending_sign_ins::Entity::update_many()
        .col_expr(pending_sign_ins::Column::UsedAt, Expr::value(UtcTime::from(txn.machine_now())))
        .filter(pending_sign_ins::COLUMN.id.eq(id))
        .filter(pending_sign_ins::COLUMN.used_at.is_null())
        .exec(&**txn)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Forgets the sign-ins of a person that wait.
pub(in crate::identity) async fn drop_pending(txn: &Txn, user: UserId) -> Result<(), DbErr> {
    pending_sign_ins::Entity::delete_many().filter(pending_sign_ins::COLUMN.user_id.eq(user)).exec(&**txn).await?;
    Ok(())
}

/// Deletes waiting sign-ins and offers that ran out before `before` (machine time); how many.
pub(in crate::identity) async fn forget(txn: &Txn, before: Timestamp) -> Result<u64, DbErr> {
    let before = UtcTime::from(before);
    let pending = pending_sign_ins::Entity::delete_many().filter(pending_sign_ins::COLUMN.expires_at.lt(before));
    let offers = offered_factors::Entity::delete_many().filter(offered_factors::COLUMN.expires_at.lt(before));
    Ok(pending.exec(&**txn).await?.rows_affected + offers.exec(&**txn).await?.rows_affected)
}
