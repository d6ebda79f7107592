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
