//! Who of a cohort would get a certificate now, who not, and why.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::DbErr;

use super::model::{Certificate, Eligibility, Issuer, Missing, eligibility};
use super::store;
use crate::catalogue::model::Cohort;
use crate::db::Conn;
use crate::enrolment::{self, Enrolment, EnrolmentState};
use crate::kernel::Timestamp;
use crate::kernel::ids::EnrolmentId;
use crate::schedule::Plans;
use crate::{learning, pdf};

/// One student of the cohort.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub enrolment: Enrolment,
    pub standing: Standing,
}

/// What issuing would do for a student.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// They have this one, of whatever state, the newest of theirs: nothing.
    Has(Box<Certificate>),
    /// They would get one.
    Ready { completed_at: Timestamp },
    /// They have completed, but their name has characters that cannot be printed: correct it first.
    Unprintable(Vec<char>),
    /// Nothing yet.
    Incomplete(Vec<Missing>),
    /// The course requires nothing that could be certified.
    NothingRequired,
}

/// A cohort's enrolled students, and those with a certificate, in the order of enrolling.
#[derive(Debug, Clone)]
pub struct DryRun {
    pub candidates: Vec<Candidate>,
    /// Characters of the course, the modules or the issuer that cannot be printed: nobody gets a certificate while there are any.
    pub unprintable: Vec<char>,
}

impl DryRun {
    /// Those who would get one.
    pub fn ready(&self) -> impl Iterator<Item = EnrolmentId> {
        let printable = self.unprintable.is_empty();
        let ready = move |candidate: &&Candidate| printable && matches!(candidate.standing, Standing::Ready { .. });
        self.candidates.iter().filter(ready).map(|candidate| candidate.enrolment.id)
    }
}

/// Looks at everybody, in a handful of statements however many they are. It changes nothing.
///
/// # Errors
/// The database's own.
pub async fn dry_run(conn: &Conn, plans: &Plans, cohort: &Cohort, issuer: &Issuer, now: Timestamp) -> Result<DryRun, DbErr> {
    let enrolments = enrolment::of_cohort(conn, cohort.id).await?;
    let ids: Vec<EnrolmentId> = enrolments.iter().map(|enrolment| enrolment.id).collect();
    let mut newest = BTreeMap::<EnrolmentId, Certificate>::new();
    for certificate in store::of_enrolments(conn, &ids).await? {
        newest.entry(certificate.enrolment).or_insert(certificate);
    }
    let inputs = learning::inputs_of(conn, plans, (cohort.id, cohort.revision), &ids).await?;
    let mut candidates = Vec::new();
    for enrolment in enrolments {
        let standing = match (newest.remove(&enrolment.id), inputs.get(&enrolment.id)) {
            (Some(certificate), _) => Standing::Has(Box::new(certificate)),
            (None, Some(inputs)) if matches!(enrolment.state, EnrolmentState::Enrolled { .. }) => {
                match eligibility(&enrolment, inputs, now) {
                    Eligibility::Complete { at } => printable(&enrolment, at),
                    Eligibility::Incomplete(missing) => Standing::Incomplete(missing),
                    Eligibility::NothingRequired => Standing::NothingRequired,
                    Eligibility::NotEnrolled => continue,
                }
            }
            (None, _) => continue,
        };
        candidates.push(Candidate { enrolment, standing });
    }
    Ok(DryRun { candidates, unprintable: unprintable(conn, plans, cohort, issuer).await? })
}

fn printable(enrolment: &Enrolment, completed_at: Timestamp) -> Standing {
    let missing = pdf::unprintable(enrolment.certificate_name.as_str());
    if missing.is_empty() { Standing::Ready { completed_at } } else { Standing::Unprintable(missing) }
}

/// Of what is the same on each certificate of the cohort.
async fn unprintable(conn: &Conn, plans: &Plans, cohort: &Cohort, issuer: &Issuer) -> Result<Vec<char>, DbErr> {
    let plan = plans.get(conn, cohort.id, cohort.revision).await?;
    let mut texts = vec![cohort.course_title.as_str(), cohort.name.as_str(), issuer.legal_name.as_str()];
    texts.extend(plan.modules().iter().map(|module| module.title.as_str()));
    texts.extend(issuer.signers.iter().flat_map(|signer| [signer.name.as_str(), signer.title.as_str()]));
    let missing: BTreeSet<char> = texts.into_iter().flat_map(pdf::unprintable).collect();
    Ok(missing.into_iter().collect())
}
