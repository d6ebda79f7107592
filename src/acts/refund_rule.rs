//! The refund rule of one cohort: the organisation's when it opened, its own since.

use super::TermsRefusal;
use super::cohort_terms::seen_cohort;
use crate::catalogue::model::{CatalogueEvent, Cohort};
use crate::db::Txn;
use crate::kernel::ids::CohortId;
use crate::organisation::RefundRule;
use crate::{audit, catalogue, enrolment};

/// Gives the cohort, as it was seen at revision `seen`, this refund rule. Once a seat was held or sold it can only become more
/// generous: what was promised stands.
///
/// # Errors
/// [`TermsRefusal`]: `NoSuchCohort`, `Stale`, `RefundPromised` or the database's own.
pub async fn set_refund_rule(txn: &Txn, cohort: CohortId, seen: i32, rule: RefundRule) -> Result<Cohort, TermsRefusal> {
    let before = seen_cohort(txn, cohort, seen).await?;
    if rule == before.refund_rule {
        return Ok(before);
    }
    if rule.days() < before.refund_rule.days() && enrolment::was_promised(txn, cohort).await? {
        return Err(TermsRefusal::RefundPromised { days: before.refund_rule.days() });
    }
    let after = Cohort { refund_rule: rule, revision: before.revision + 1, ..before.clone() };
    catalogue::save_cohort(txn, &after).await?;
    let teachers = catalogue::instructors(txn, cohort).await?;
    audit::record(txn, &CatalogueEvent::TermsChanged { before: (&before, &teachers), after: (&after, &teachers) }).await?;
    Ok(after)
}
