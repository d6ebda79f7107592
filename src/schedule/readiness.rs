//! Which weeks will not open at their time unless somebody acts.

use std::sync::Arc;

use sea_orm::DbErr;

use super::Plans;
use super::model::{CohortPlan, Finding, Problem, problems};
use crate::catalogue;
use crate::catalogue::model::Cohort;
use crate::db::Conn;
use crate::kernel::Timestamp;
use crate::kernel::ids::{ModuleId, ReadingId};

/// A week of a published cohort, released soon or already, some of whose required readings cannot be read.
#[derive(Debug, Clone)]
pub struct Short {
    pub cohort: Cohort,
    pub module: ModuleId,
    pub position: u32,
    pub title: String,
    /// Its release. Before it the week does not open; at it neither, as things stand.
    pub release: Timestamp,
    /// The required readings that cannot be read. Never empty.
    pub missing: Vec<ReadingId>,
    /// How many are required.
    pub required: usize,
}

/// The weeks of published cohorts that are released within seven days of `now`, or were, and that do not open for want of a
/// required reading; by their release. Cohorts whose last day has passed are left out. One statement, if the plans are known.
///
/// # Errors
/// The database's own.
pub async fn short_of_readings(conn: &Conn, plans: &Plans, now: Timestamp) -> Result<Vec<Short>, DbErr> {
    let mut running: Vec<Arc<CohortPlan>> = Vec::new();
    for cohort in catalogue::published(conn).await? {
        let plan = plans.get(conn, cohort.id, cohort.revision).await?;
        if plan.zone().civil(now).date() <= plan.last_day() {
            running.push(plan);
        }
    }
    let urgent = |plan: &Arc<CohortPlan>| {
        let findings = problems(plan, plan.ready(), now).into_iter().filter(|finding| finding.is_urgent(now));
        findings.filter_map(|finding| short(plan, finding)).collect::<Vec<_>>()
    };
    let mut found: Vec<Short> = running.iter().flat_map(urgent).collect();
    found.sort_by_key(|short| (short.release, short.module));
    Ok(found)
}

fn short(plan: &CohortPlan, finding: Finding) -> Option<Short> {
    let Finding { module, position, release, problem } = finding;
    let Problem::NotReady { readings: missing, required } = problem else { return None };
    let title = plan.module(module)?.title.clone();
    Some(Short { cohort: plan.cohort().clone(), module, position, title, release, missing, required })
}
