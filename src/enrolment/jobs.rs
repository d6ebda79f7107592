//! What waitlists need later.

use serde::{Deserialize, Serialize};

use super::{store, waitlist};
use crate::jobs::lease::WORKER;
use crate::jobs::{Job, JobFailure, Periodic};
use crate::kernel::ids::CohortId;
use crate::kernel::time::SignedDuration;
use crate::services::Services;

/// Brings a cohort's waitlist up to date when something of it is due: an offer ends, or the waitlist does.
#[derive(Debug, Serialize, Deserialize)]
pub struct TendWaitlist {
    pub cohort: CohortId,
}

impl Job for TendWaitlist {
    const KIND: &str = "enrolment.tend_waitlist";

    fn dedupe_key(&self) -> Option<String> {
        Some(format!("{}:{}", Self::KIND, self.cohort))
    }

    async fn run(self, services: &Services) -> Result<(), JobFailure> {
        Ok(services.db.write(WORKER, async |txn| waitlist::pass_on_and_look_again(txn, self.cohort).await).await?)
    }
}

/// Looks after every waitlist: the job of one may have been given up.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct SweepWaitlists;

impl Job for SweepWaitlists {
    const KIND: &str = "enrolment.sweep_waitlists";

    async fn run(self, services: &Services) -> Result<(), JobFailure> {
        let awaited = store::waitlist::awaited(&*services.db.snapshot().await?).await?;
        for cohort in awaited {
            services.db.write(WORKER, async |txn| waitlist::pass_on_and_look_again(txn, cohort).await).await?;
        }
        Ok(())
    }
}

impl Periodic for SweepWaitlists {
    const EVERY: SignedDuration = SignedDuration::from_mins(5);
}
