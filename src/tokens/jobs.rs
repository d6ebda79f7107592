//! What tokens do later: forgetting answers.

use serde::{Deserialize, Serialize};

use super::idempotency;
use crate::jobs::{Job, JobFailure, Periodic};
use crate::kernel::time::{SignedDuration, shifted};
use crate::kernel::{Actor, Component};
use crate::services::Services;

/// A program that has not sent its request again within two days does not.
const ANSWERS: SignedDuration = SignedDuration::from_hours(48);

/// Deletes what was answered under idempotency keys two days ago: it holds personal data and serves nothing.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct ForgetAnswers;

impl Job for ForgetAnswers {
    const KIND: &'static str = "tokens.forget_answers";

    async fn run(self, services: &Services) -> Result<(), JobFailure> {
        let worker = Actor::System(Component::Worker);
        services.db.write(worker, async |txn| idempotency::forget(txn, shifted(txn.machine_now(), -ANSWERS)).await).await?;
        Ok(())
    }
}

impl Periodic for ForgetAnswers {
    const EVERY: SignedDuration = SignedDuration::from_hours(1);
}
