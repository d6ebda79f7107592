//! What identity does later: forgetting.

use sea_orm::DbErr;
use serde::{Deserialize, Serialize};

use super::store;
use crate::jobs::{Job, JobFailure, Periodic};
use crate::kernel::time::{SignedDuration, shifted};
use crate::kernel::{Actor, Component};
use crate::services::Services;

/// What was typed to enrol and never proved is kept no longer than this after its code ran out.
const CHALLENGES: SignedDuration = SignedDuration::from_hours(24);
/// When somebody was last seen is worth knowing for a while after a session's end.
const SESSIONS: SignedDuration = SignedDuration::from_hours(24 * 30);

/// Deletes challenges and sessions that are long over: they hold personal data and serve nothing.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Forget;

impl Job for Forget {
    const KIND: &'static str = "identity.forget";

    async fn run(self, services: &Services) -> Result<(), JobFailure> {
        let forgotten = services
            .db
            .write(Actor::System(Component::Worker), async |txn| {
                let now = txn.machine_now();
                let challenges = store::forget_challenges(txn, shifted(now, -CHALLENGES)).await?;
                let sign_ins = store::factors::forget(txn, shifted(now, -CHALLENGES)).await?;
                Ok::<_, DbErr>(challenges + sign_ins + store::forget_sessions(txn, shifted(now, -SESSIONS)).await?)
            })
            .await?;
        if forgotten > 0 {
            tracing::info!(forgotten, "sign-ins long over were forgotten");
        }
        Ok(())
    }
}

impl Periodic for Forget {
    const EVERY: SignedDuration = SignedDuration::from_hours(1);
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::identity::{Audience, BrowserToken, CodeLimits, challenge, request_code};
    use crate::testing::Bench;

    #[tokio::test]
    async fn what_was_typed_and_never_proved_is_forgotten_after_a_day() {
        for bench in Bench::each().await {
            let browser = BrowserToken::new(&bench.services.random).hash();
            let limits = CodeLimits { of_browser: 6, of_address: 20 };
            let email = "demo@example.org".parse().unwrap();
            let id = bench
                .services
                .db
                .write(Actor::Visitor, async |txn| {
                    request_code(txn, &email, &browser, Value::Null, Audience::Anybody, limits).await
                })
                .await
                .unwrap();
            let is_there = async || challenge(&bench.services.db.snapshot().await.unwrap(), id).await.unwrap().is_some();
            Forget.run(&bench.services).await.unwrap();
            assert!(is_there().await);
            bench.pass(SignedDuration::from_hours(25));
            Forget.run(&bench.services).await.unwrap();
            assert!(!is_there().await);
            bench.finish().await;
        }
    }
}
