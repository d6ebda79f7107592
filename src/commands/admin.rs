//! `lectern admin`.

use super::{Outcome, database, say};
use crate::config::Settings;
use crate::identity::{self, Role};
use crate::kernel::{Actor, EmailAddress, PersonName, Zone};

/// Makes an admin's account.
pub(super) async fn create(settings: Settings, email: &str, name: &str, zone: &str) -> Outcome {
    let email: EmailAddress = email.parse().map_err(|error| format!("--email: {error}"))?;
    let name: PersonName = name.parse().map_err(|error| format!("--name: {error}"))?;
    let zone: Zone = zone.parse().map_err(|error| format!("--zone: {error}"))?;
    let db = database(&settings).await?;
    db.write(Actor::Operator, async |txn| identity::create_person(txn, &email, name, zone, Role::Admin).await)
        .await
        .map_err(|refusal| format!("{email}: {refusal}"))?;
    let origin = settings.server.public_url.origin();
    db.close().await?;
    say(&format!("Made. {email} can now sign in at {origin}/sign-in with a code that is mailed there."))
}

/// Removes somebody's second factor.
pub(super) async fn reset_mfa(settings: Settings, email: &str) -> Outcome {
    let email: EmailAddress = email.parse().map_err(|error| format!("{email}: {error}"))?;
    let db = database(&settings).await?;
    let found = db
        .write(Actor::Operator, async |txn| {
            let Some(account) = identity::account_by_email(txn, &email).await? else { return Ok(None) };
            identity::remove_factor(txn, &account.person).await.map(Some)
        })
        .await
        .map_err(|error: sea_orm::DbErr| format!("{email}: {error}"))?;
    db.close().await?;
    match found {
        None => Err(format!("no account has the address {email}").into()),
        Some(false) => Err(format!("{email} has no second factor").into()),
        Some(true) => say(&format!(
            "Removed. {email} is signed out everywhere, is told by mail, and signs in by the mailed code alone until they set up another."
        )),
    }
}
