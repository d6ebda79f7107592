//! `lectern migrate` and `lectern demo`.

use super::{Outcome, say};
use crate::config::{Profile, Settings};
use crate::db::Db;
use crate::demo;
use crate::kernel::Clocks;
use crate::kernel::random::Randomness;
use crate::server;
use crate::services::{Services, location};

/// Applies what is pending.
pub(super) async fn migrate(settings: Settings) -> Outcome {
    let db = Db::connect(&location(&settings.database), Clocks::system(), Randomness::from_system()).await?;
    let applied = server::migrate(&db).await?;
    db.close().await?;
    match applied {
        0 => say("The database is up to date."),
        1 => say("Applied 1 migration."),
        n => say(&format!("Applied {n} migrations.")),
    }
}

/// Fills an empty database.
pub(super) async fn demo(settings: Settings) -> Outcome {
    if settings.profile == Profile::Production {
        return Err("the demonstration is for the development profile: add --profile development".into());
    }
    let services = Services::start(settings, Clocks::system(), Randomness::from_system()).await?;
    server::migrate(&services.db).await?;
    demo::seed(&services, |step| {
        let _ = say(step);
    })
    .await?;
    services.db.close().await?;
    say("The demonstration is in place.")
}
