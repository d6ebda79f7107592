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

#[cfg(test)]
mod tests {
    use sea_orm::{DbErr, EntityTrait, Set};

    use super::*;
    use crate::db::rows::identity::second_factors;

    #[tokio::test]
    async fn a_factor_is_removed_by_its_persons_address() {
        let folder = tempfile::tempdir().unwrap();
        let settings = || {
            let mut settings = crate::testing::settings();
            settings.database.data = folder.path().to_owned();
            settings
        };
        create(settings(), "admin@example.org", "Demo Admin", "UTC").await.unwrap();
        let reset = async |email: &str| reset_mfa(settings(), email).await.map_err(|error| error.to_string());
        assert_eq!(reset("nobody@example.org").await, Err("no account has the address nobody@example.org".to_owned()));
        assert_eq!(reset("admin@example.org").await, Err("admin@example.org has no second factor".to_owned()));
        let db = database(&settings()).await.unwrap();
        db.write(Actor::Operator, async |txn| {
            let email = "admin@example.org".parse().expect("an address");
            let row = second_factors::ActiveModel {
                user_id: Set(identity::person_by_email(txn, &email).await?.expect("an admin").id),
                sealed: Set(String::new()),
                last_step: Set(0),
                failures: Set(0),
                failing_since: Set(None),
                created_at: Set(txn.now().into()),
            };
            second_factors::Entity::insert(row).exec_without_returning(&**txn).await?;
            Ok::<_, DbErr>(())
        })
        .await
        .unwrap();
        db.close().await.unwrap();
        assert_eq!(reset("Admin@example.org").await, Ok(()));
        assert_eq!(reset("admin@example.org").await, Err("admin@example.org has no second factor".to_owned()));
    }
}
