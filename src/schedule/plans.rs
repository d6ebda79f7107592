//! The cache of plans.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use sea_orm::DbErr;

use super::model::CohortPlan;
use super::store;
use crate::catalogue;
use crate::db::Conn;
use crate::kernel::ids::CohortId;
use crate::readings;

/// How many plans are kept: some kilobytes each.
const KEPT: usize = 128;

/// Plans by cohort and revision, shared by its clones. A plan never changes, so none is ever stale: a change of the cohort
/// makes another revision.
#[derive(Debug, Clone, Default)]
pub struct Plans(Arc<Mutex<Kept>>);

/// Plans by cohort and revision.
type Kept = BTreeMap<(CohortId, i32), Arc<CohortPlan>>;

impl Plans {
    /// The plan of a cohort at `revision`, which the caller has just read: of the cache, or loaded (five statements) and kept.
    ///
    /// Not to be asked in a transaction after it changed the plan: were it rolled back, what is kept here would be wrong.
    ///
    /// # Errors
    /// The database's own; also if what is stored makes no plan.
    pub async fn get(&self, conn: &Conn, cohort: CohortId, revision: i32) -> Result<Arc<CohortPlan>, DbErr> {
        if let Some(known) = self.lock().get(&(cohort, revision)) {
            return Ok(Arc::clone(known));
        }
        let mut wanted = revision;
        loop {
            let modules = catalogue::cohort_modules(conn, cohort).await?;
            let items = store::items(conn, cohort).await?;
            let keyed: Vec<_> = modules.iter().flat_map(|module| &module.readings).map(|key| key.reading).collect();
            let cards = readings::cards(conn, &keyed).await?;
            // Last, so that a revision that is still the wanted one proves that all else was read of it.
            let cohort = catalogue::cohort(conn, cohort).await?;
            let cohort = cohort.ok_or_else(|| DbErr::RecordNotFound("the cohort of a plan".to_owned()))?;
            if cohort.revision == wanted {
                let plan = CohortPlan::new(cohort, modules, &items);
                let plan = plan.map_err(|error| DbErr::Custom(format!("a stored plan is not one: {error}")))?;
                return Ok(self.keep(Arc::new(plan.with_cards(cards))));
            }
            wanted = cohort.revision;
        }
    }

    fn keep(&self, plan: Arc<CohortPlan>) -> Arc<CohortPlan> {
        let mut plans = self.lock();
        let (cohort, revision) = plan.id();
        plans.retain(|&(kept, older), _| kept != cohort || older >= revision);
        if plans.len() >= KEPT {
            plans.pop_first();
        }
        plans.insert(plan.id(), Arc::clone(&plan));
        plan
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<(CohortId, i32), Arc<CohortPlan>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
