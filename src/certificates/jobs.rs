//! What certificates do later: many are issued one by one.

use std::collections::BTreeSet;

use sea_orm::DbErr;
use serde::{Deserialize, Serialize};

use super::model::Issuer;
use super::{IssueRefusal, issue};
use crate::db::Conn;
use crate::jobs::{self, Job, JobFailure};
use crate::kernel::Actor;
use crate::kernel::ids::{EnrolmentId, UserId};
use crate::schedule::Plans;
use crate::services::Services;

/// Issues one certificate of many, in the name of the admin who asked, as of the issuer at that moment.
#[derive(Debug, Serialize, Deserialize)]
pub struct IssueOne {
    pub enrolment: EnrolmentId,
    pub admin: UserId,
    pub issuer: Issuer,
}

/// How many of these certificates are being issued later, or at this moment.
///
/// # Errors
/// The database's own.
pub async fn under_way(conn: &Conn, enrolments: impl Iterator<Item = EnrolmentId>) -> Result<usize, DbErr> {
    let enrolments: BTreeSet<EnrolmentId> = enrolments.collect();
    let open = jobs::under_way(conn, IssueOne::KIND).await?;
    let ours = open.into_iter().filter_map(|payload| serde_json::from_value::<IssueOne>(payload).ok());
    Ok(ours.filter(|job| enrolments.contains(&job.enrolment)).count())
}

impl Job for IssueOne {
    const KIND: &'static str = "certificates.issue";

    fn dedupe_key(&self) -> Option<String> {
        Some(format!("{}:{}", Self::KIND, self.enrolment))
    }

    async fn run(self, services: &Services) -> Result<(), JobFailure> {
        let issued = issue(services, &Plans::default(), Actor::User(self.admin), self.enrolment, &self.issuer).await;
        match issued {
            Ok(_) => Ok(()),
            Err(refusal @ (IssueRefusal::Db(_) | IssueRefusal::Changed)) => Err(JobFailure::Retry(refusal.to_string())),
            // The dry run says so too, and what to do.
            Err(refusal @ (IssueRefusal::NotEligible(_) | IssueRefusal::NoSuchEnrolment)) => {
                tracing::warn!(enrolment = %self.enrolment, %refusal, "a certificate was not issued");
                Ok(())
            }
            Err(refusal) => Err(JobFailure::GiveUp(refusal.to_string())),
        }
    }
}
