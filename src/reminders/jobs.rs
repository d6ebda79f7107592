//! The job that thinks touched students' mail over.

use serde::{Deserialize, Serialize};

use super::plan_touched;
use crate::audit::PLAN_REMINDERS;
use crate::jobs::{Job, JobFailure};
use crate::kernel::{Actor, Component};
use crate::schedule::Plans;
use crate::services::Services;

/// Plans the mail of those who were touched, a batch a run: it asks for itself again while some are left.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct PlanReminders;

impl Job for PlanReminders {
    const KIND: &'static str = PLAN_REMINDERS;

    fn dedupe_key(&self) -> Option<String> {
        Some(PLAN_REMINDERS.to_owned())
    }

    async fn run(self, services: &Services) -> Result<(), JobFailure> {
        let plans = Plans::default();
        services.db.write(Actor::System(Component::Worker), async |txn| plan_touched(txn, &plans).await).await?;
        Ok(())
    }
}
