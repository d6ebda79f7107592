//! Queries of accounts and of one person's sessions.

use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select, Set};
use uuid::Uuid;

use super::{end_where, role_row, to_person};
use crate::db::columns::UtcTime;
use crate::db::rows::identity::{sessions, users};
use crate::db::{Conn, Txn};
use crate::identity::model::{Account, AccountState, Role, SessionRow, TokenHash, idle_limit};
use crate::kernel::ids::{SessionId, UserId};
use crate::kernel::time::shifted;
use crate::kernel::{EmailAddress, Timestamp};
use crate::search::{self, Scope, Start, Terms};

fn to_account(row: users::Model) -> Result<Account, DbErr> {
    let state = row.disabled_at.map_or(AccountState::Active, |at| AccountState::Disabled { at: at.into() });
    Ok(Account { person: to_person(row)?, state })
}

/// The account, disabled or not.
///
/// # Errors
/// The database's own.
pub async fn account(conn: &Conn, id: UserId) -> Result<Option<Account>, DbErr> {
    users::Entity::find_by_id(id).one(conn).await?.map(to_account).transpose()
}

/// The account with this address, disabled or not.
///
/// # Errors
/// The database's own.
pub async fn account_by_email(conn: &Conn, email: &EmailAddress) -> Result<Option<Account>, DbErr> {
    let found = users::Entity::find().filter(users::COLUMN.email.eq(email.as_str())).one(conn).await?;
    found.map(to_account).transpose()
}

/// The account, locked.
pub(in crate::identity) async fn account_for_update(txn: &Txn, id: UserId) -> Result<Option<Account>, DbErr> {
    users::Entity::find_by_id(id).lock_exclusive().one(&**txn).await?.map(to_account).transpose()
}

/// Instructors and admins, disabled or not, by name.
///
/// # Errors
/// The database's own.
pub async fn staff(conn: &Conn) -> Result<Vec<Account>, DbErr> {
    let staff = users::Entity::find().filter(users::Column::Role.is_in([users::Role::Instructor, users::Role::Admin]));
    let rows = staff.order_by_asc(users::Column::Name).order_by_asc(users::Column::Id).all(conn).await?;
    rows.into_iter().map(to_account).collect()
}

/// The accounts, of whatever role, whose name or address has a word for each term, newest first, at most `limit`.
///
/// # Errors
/// The database's own.
pub async fn accounts_found(conn: &Conn, terms: &Terms, limit: u64) -> Result<Vec<Account>, DbErr> {
    let start = search::start(conn, Scope::People, terms).await?;
    let rows = found_query(terms, &start, limit).all(conn).await?;
    rows.into_iter().map(to_account).collect()
}

/// The statement, for the test of its plan.
pub(in crate::identity) fn found_query(terms: &Terms, start: &Start, limit: u64) -> Select<users::Entity> {
    let fit = terms.fit(start, &Expr::col((users::Entity, users::Column::Id)));
    // Always a range of the index: without one, a planner would say that it reads all.
    let found = users::Entity::find().filter(fit).filter(users::COLUMN.id.lt(UserId(Uuid::max())));
    found.order_by_desc(users::Column::Id).limit(limit)
}

fn admins() -> Select<users::Entity> {
    users::Entity::find().filter(users::COLUMN.role.eq(users::Role::Admin)).filter(users::COLUMN.disabled_at.is_null())
}

/// The admins who can sign in, all locked: whoever counts them next waits.
pub(in crate::identity) async fn admins_for_update(txn: &Txn) -> Result<Vec<UserId>, DbErr> {
    let rows = admins().order_by_asc(users::Column::Id).lock_exclusive().all(&**txn).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

pub(in crate::identity) async fn set_role(txn: &Txn, id: UserId, role: Role) -> Result<(), DbErr> {
    let row = users::ActiveModel { id: Set(id), role: Set(role_row(role)), ..Default::default() };
    row.update(&**txn).await?;
    Ok(())
}

pub(in crate::identity) async fn set_disabled(txn: &Txn, id: UserId, at: Option<Timestamp>) -> Result<(), DbErr> {
    let row = users::ActiveModel { id: Set(id), disabled_at: Set(at.map(UtcTime::from)), ..Default::default() };
    row.update(&**txn).await?;
    Ok(())
}

pub(in crate::identity) async fn set_email(txn: &Txn, id: UserId, email: &EmailAddress) -> Result<(), DbErr> {
    let row = users::ActiveModel { id: Set(id), email: Set(email.as_str().to_owned()), ..Default::default() };
    row.update(&**txn).await?;
    Ok(())
}

pub(in crate::identity) async fn set_name(txn: &Txn, id: UserId, name: &str) -> Result<(), DbErr> {
    let row = users::ActiveModel { id: Set(id), name: Set(name.to_owned()), ..Default::default() };
    row.update(&**txn).await?;
    Ok(())
}

/// The browsers that a person is signed in with at machine time `now`, the last used first.
///
/// # Errors
/// The database's own.
pub async fn sessions_of(conn: &Conn, user: UserId, role: Role, now: Timestamp) -> Result<Vec<SessionRow>, DbErr> {
    let rows = sessions::Entity::find()
        .filter(sessions::COLUMN.user_id.eq(user))
        .filter(sessions::COLUMN.ended_at.is_null())
        .filter(sessions::COLUMN.expires_at.gt(UtcTime::from(now)))
        .filter(sessions::COLUMN.last_seen_at.gt(UtcTime::from(shifted(now, -idle_limit(role)))))
        .order_by_desc(sessions::Column::LastSeenAt)
        .order_by_desc(sessions::Column::Id)
        .all(conn)
        .await?;
    let row = |row: sessions::Model| SessionRow {
        id: row.id,
        created_at: row.created_at.into(),
        last_seen_at: row.last_seen_at.into(),
    };
    Ok(rows.into_iter().map(row).collect())
}

/// Ends one session, if it is this person's and has not ended; whether it did.
pub(in crate::identity) async fn end_of(txn: &Txn, user: UserId, session: SessionId) -> Result<bool, DbErr> {
    let which = sea_orm::Condition::all().add(sessions::COLUMN.user_id.eq(user)).add(sessions::COLUMN.id.eq(session));
    Ok(end_where(txn, which).await? == 1)
}

/// Ends a person's sessions but for `but`; how many.
pub(in crate::identity) async fn end_all_of(txn: &Txn, user: UserId, but: Option<SessionId>) -> Result<u64, DbErr> {
    let mut which = sea_orm::Condition::all().add(sessions::COLUMN.user_id.eq(user));
    if let Some(but) = but {
        which = which.add(sessions::COLUMN.id.ne(but));
    }
    end_where(txn, which).await
}

/// Notes that a session's person proved again who they are, and gives it another token; false if it has ended.
pub(in crate::identity) async fn confirm(txn: &Txn, session: SessionId, token: &TokenHash) -> Result<bool, DbErr> {
    let done = sessions::Entity::update_many()
        .col_expr(sessions::Column::TokenHash, Expr::value(token.0.as_str()))
        .col_expr(sessions::Column::ConfirmedAt, Expr::value(UtcTime::from(txn.machine_now())))
        .filter(sessions::COLUMN.id.eq(session))
        .filter(sessions::COLUMN.ended_at.is_null())
        .exec(&**txn)
        .await?;
    Ok(done.rows_affected == 1)
}
