//! What people wish to be mailed: read, and changed by themselves or by the link in a mail.

use sea_orm::DbErr;

use super::model::{MailGroup, PreferenceEvent, Wish, Wishes};
use super::store;
use crate::db::{Conn, Txn};
use crate::kernel::ids::UserId;
use crate::{audit, enrolment};

/// What a person wishes for each group.
///
/// # Errors
/// The database's own.
pub async fn wishes(conn: &Conn, user: UserId) -> Result<Wishes, DbErr> {
    Ok(store::wishes(conn, &[user]).await?.remove(&user).unwrap_or_default())
}

/// Turns a group of mails on for a person: of what was held back, only what still lies ahead comes.
///
/// # Errors
/// The database's own.
pub async fn turn_on(txn: &Txn, user: UserId, group: MailGroup) -> Result<(), DbErr> {
    prefer(txn, user, group, Wish::On { since: txn.now() }).await
}

/// Turns a group of mails off for a person: what waits is held back.
///
/// # Errors
/// The database's own.
pub async fn turn_off(txn: &Txn, user: UserId, group: MailGroup) -> Result<(), DbErr> {
    prefer(txn, user, group, Wish::Off).await
}

/// What is so already stays as it is.
async fn prefer(txn: &Txn, user: UserId, group: MailGroup, wish: Wish) -> Result<(), DbErr> {
    let before = wishes(txn, user).await?.of(group);
    if before.word() == wish.word() {
        return Ok(());
    }
    store::save_wish(txn, user, group, wish).await?;
    let enrolments = enrolment::active_of_user(txn, user).await?.into_iter().map(|enrolment| enrolment.id).collect();
    audit::record(txn, &PreferenceEvent { user, group, before, after: wish, enrolments }).await
}
