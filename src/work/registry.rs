//! The kinds of jobs and of messages, each named once.

use std::sync::Arc;

use super::daily::PlanDailyMail;
use super::messages;
use crate::certificates;
use crate::documents;
use crate::enrolment;
use crate::identity;
use crate::jobs::Registry;
use crate::mail::Composers;
use crate::payment;
use crate::reminders::PlanReminders;
use crate::schedule::{self, Plans};
use crate::tokens;

/// Everything that can be done later. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Registries {
    pub jobs: Arc<Registry>,
    pub composers: Arc<Composers>,
}

impl Registries {
    /// Those of the program.
    pub fn all() -> Self {
        Self { jobs: Arc::new(jobs()), composers: Arc::new(composers()) }
    }
}

fn jobs() -> Registry {
    Registry::new()
        .with::<payment::jobs::LapseHold>()
        .with::<payment::jobs::ExpirePages>()
        .with::<payment::jobs::ProcessEvent>()
        .with::<payment::jobs::SendRefund>()
        .with_periodic::<payment::jobs::Sweep>()
        .with::<payment::jobs::IssueDocument>()
        .with::<payment::FetchFee>()
        .with::<documents::jobs::SetPdf>()
        .with::<enrolment::jobs::TendWaitlist>()
        .with_periodic::<enrolment::jobs::SweepWaitlists>()
        .with::<certificates::jobs::IssueOne>()
        .with::<PlanReminders>()
        .with_periodic::<identity::jobs::Forget>()
        .with_periodic::<tokens::jobs::ForgetAnswers>()
        .with_periodic::<schedule::jobs::WarnOfReadings>()
        .with_periodic::<PlanDailyMail>()
}

fn composers() -> Composers {
    let plans = Plans::default();
    Composers::new()
        .with(messages::SignInCode)
        .with(messages::AccountNotice)
        .with(messages::DailyQueue::new(plans.clone()))
        .with(messages::Invitation)
        .with(messages::CertificateIssued)
        .with(messages::CertificateRevoked)
        .with(messages::EnrolmentCancelled)
        .with(messages::PaymentRefunded)
        .with(messages::RefundSent)
        .with(messages::EnrolmentConfirmed::new(plans.clone()))
        .with(messages::DatesExtended::new(plans.clone()))
        .with(messages::ModuleReleased::new(plans.clone()))
        .with(messages::ReleaseMoved::new(plans.clone()))
        .with(messages::ReadingsNotReady::new(plans.clone()))
        .with(messages::CohortStarts::new(plans.clone()))
        .with(messages::ReadingsUnread::new(plans.clone()))
        .with(messages::TransferDetails)
        .with(messages::TransferReminder)
        .with(messages::TransferDeclined)
        .with(messages::WaitlistJoined)
        .with(messages::WaitlistOffer)
        .with(messages::WaitlistLapsed)
        .with(messages::WaitlistClosed)
        .with(messages::FallenBehind::new(plans))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::told;

    #[test]
    fn every_job_has_words_for_an_admin() {
        let registry = jobs();
        let kinds: Vec<_> = registry.kinds().collect();
        assert!(kinds.len() > 5, "{kinds:?}");
        let of_itself = |kind: &str| told::job(kind).to_lowercase() == kind.replace(['_', '.'], " ");
        let unnamed: Vec<_> = kinds.into_iter().filter(|kind| of_itself(kind)).collect();
        assert!(unnamed.is_empty(), "src/views/told.rs has no words for {unnamed:?}");
    }
}
