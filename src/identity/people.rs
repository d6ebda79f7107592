//! What an admin does to accounts, and what people change of their own.

use sea_orm::{DbErr, SqlErr};
use serde::{Deserialize, Serialize};

use super::factor::notify;
use super::model::{Account, AccountState, IdentityEvent, Notice, Person, Role};
use super::{CreateRefusal, Details, create_person, sessions, store};
use crate::audit;
use crate::db::Txn;
use crate::kernel::ids::{SessionId, UserId};
use crate::kernel::{EmailAddress, PersonName, Zone};
use crate::mail::{self, Class, Post};

/// Why an account stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum PersonRefusal {
    #[error("there is no such person")]
    NoSuchPerson,
    /// Nobody changes their own role or disables themselves.
    #[error("this is your own account")]
    Yourself,
    #[error("this is the last admin who can sign in")]
    LastAdmin,
    #[error("only a student’s address is corrected")]
    NotAStudent,
    #[error("the account has this address already")]
    SameEmail,
    #[error("another account has this address")]
    EmailTaken,
    #[error("the account is disabled")]
    Disabled,
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// The account, locked, that somebody else changes.
async fn anothers(txn: &Txn, id: UserId) -> Result<Account, PersonRefusal> {
    if txn.actor().user() == Some(id) {
        return Err(PersonRefusal::Yourself);
    }
    store::people::account_for_update(txn, id).await?.ok_or(PersonRefusal::NoSuchPerson)
}

/// Refuses to lose the last admin. The admins are locked before anything else is, so that two who remove each other take turns.
async fn another_admin_stays(txn: &Txn, id: UserId) -> Result<(), PersonRefusal> {
    let admins = store::people::admins_for_update(txn).await?;
    let is_admin = admins.contains(&id);
    if is_admin && admins.len() == 1 { Err(PersonRefusal::LastAdmin) } else { Ok(()) }
}

/// Gives a person another role. Their sessions end; one who leaves the staff loses the second factor with it.
///
/// # Errors
/// [`PersonRefusal`].
pub async fn change_role(txn: &Txn, id: UserId, role: Role) -> Result<(), PersonRefusal> {
    if role != Role::Admin {
        another_admin_stays(txn, id).await?;
    }
    let Account { person, .. } = anothers(txn, id).await?;
    if person.role == role {
        return Ok(());
    }
    store::people::set_role(txn, id, role).await?;
    audit::record(txn, &IdentityEvent::RoleChanged { person: id, before: person.role, after: role }).await?;
    if !role.is_staff() {
        super::remove_factor(txn, &person).await?;
    }
    sessions::end_all(txn, id).await?;
    Ok(())
}

/// Closes an account: its sessions end, and nobody signs in with it. What it did stays.
///
/// # Errors
/// [`PersonRefusal`].
pub async fn disable(txn: &Txn, id: UserId) -> Result<(), PersonRefusal> {
    another_admin_stays(txn, id).await?;
    let account = anothers(txn, id).await?;
    if let AccountState::Disabled { .. } = account.state {
        return Ok(());
    }
    store::people::set_disabled(txn, id, Some(txn.now())).await?;
    audit::record(txn, &IdentityEvent::Disabled { person: id }).await?;
    sessions::end_all(txn, id).await?;
    Ok(())
}

/// Opens a closed account again.
///
/// # Errors
/// [`PersonRefusal`].
pub async fn enable(txn: &Txn, id: UserId) -> Result<(), PersonRefusal> {
    let account = anothers(txn, id).await?;
    if account.state != AccountState::Active {
        store::people::set_disabled(txn, id, None).await?;
        audit::record(txn, &IdentityEvent::Enabled { person: id }).await?;
    }
    Ok(())
}

/// Gives a student's account another address, which is told of it, as is the one before. Sessions end; mail that waits goes to
/// the new address, and so does what was refused at the old one and is tried again.
///
/// # Errors
/// [`PersonRefusal`].
pub async fn correct_email(txn: &Txn, id: UserId, email: &EmailAddress) -> Result<(), PersonRefusal> {
    let Account { person, .. } = anothers(txn, id).await?;
    if person.role != Role::Student {
        return Err(PersonRefusal::NotAStudent);
    }
    if person.email == *email {
        return Err(PersonRefusal::SameEmail);
    }
    if store::is_known(txn, email).await? {
        return Err(PersonRefusal::EmailTaken);
    }
    store::people::set_email(txn, id, email).await.map_err(|error| match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => PersonRefusal::EmailTaken,
        _ => error.into(),
    })?;
    store::save_words(txn, &Person { email: email.clone(), ..person.clone() }).await?;
    audit::record(txn, &IdentityEvent::EmailCorrected { before: &person, after: email }).await?;
    sessions::end_all(txn, id).await?;
    mail::readdress(txn, mail::Readdressing { user: id, from: &person.email, to: email }).await?;
    notify(txn, &person, &person.email, Notice::EmailBefore).await?;
    notify(txn, &person, email, Notice::EmailNow).await?;
    Ok(())
}

/// Ends all sessions of another.
///
/// # Errors
/// [`PersonRefusal`].
pub async fn end_sessions_of(txn: &Txn, id: UserId) -> Result<u64, PersonRefusal> {
    anothers(txn, id).await?;
    Ok(sessions::end_all(txn, id).await?)
}

/// Ends one session of another; false if it is not theirs or has ended.
///
/// # Errors
/// [`PersonRefusal`].
pub async fn end_session_of(txn: &Txn, id: UserId, session: SessionId) -> Result<bool, PersonRefusal> {
    anothers(txn, id).await?;
    Ok(sessions::end_own(txn, id, session).await?)
}

/// What the letter `invitation` carries.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct InvitationLetter {
    pub person: UserId,
    pub by: Option<UserId>,
}

/// Makes a staff account and mails its person the way in.
///
/// # Errors
/// [`CreateRefusal`].
pub async fn invite(txn: &Txn, email: &EmailAddress, name: PersonName, zone: Zone, role: Role) -> Result<Person, CreateRefusal> {
    let person = create_person(txn, email, name, zone, role).await?;
    send_invitation(txn, &person).await?;
    Ok(person)
}

/// Mails a member of the staff the way in once more.
///
/// # Errors
/// [`PersonRefusal`].
pub async fn invite_again(txn: &Txn, id: UserId) -> Result<(), PersonRefusal> {
    let Account { person, state } = anothers(txn, id).await?;
    if state != AccountState::Active {
        return Err(PersonRefusal::Disabled);
    }
    if !person.role.is_staff() {
        return Err(PersonRefusal::NoSuchPerson);
    }
    Ok(send_invitation(txn, &person).await?)
}

/// After sign-in codes.
const INVITATION: i32 = 10;

async fn send_invitation(txn: &Txn, person: &Person) -> Result<(), DbErr> {
    audit::record(txn, &IdentityEvent::Invited(person)).await?;
    let payload = InvitationLetter { person: person.id, by: txn.actor().user() };
    let letter = Post {
        dedupe_key: format!("invitation:{}", txn.random().uuid(txn.now())),
        kind: "invitation",
        class: Class::Transactional,
        user: Some(person.id),
        recipient: person.email.clone(),
        payload: serde_json::to_value(payload).map_err(|error| DbErr::Json(error.to_string()))?,
        due_at: txn.now(),
        not_after: None,
        priority: INVITATION,
    };
    mail::post(txn, letter).await
}

/// What a person says of themselves now. The name on a certificate is the enrolment's and stays.
///
/// # Errors
/// The database's own.
pub async fn change_details(txn: &Txn, before: &Person, details: Details) -> Result<(), DbErr> {
    let Details { name, zone, country } = details;
    let after = Person { name, zone, country: Some(country), ..before.clone() };
    if after == *before {
        return Ok(());
    }
    store::update_details(txn, &after).await?;
    store::people::set_name(txn, after.id, after.name.as_str()).await?;
    store::save_words(txn, &after).await?;
    audit::record(txn, &IdentityEvent::DetailsChanged { before, after: &after }).await
}
