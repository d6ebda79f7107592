//! The plan of a cohort and the pure decision of what is open in it, for whom and since when.

mod decide;
mod events;
mod plan;
mod problems;
#[cfg(test)]
mod properties;
#[cfg(test)]
pub mod testing;

pub use decide::{Access, Inputs, LockReason, ModuleAccess, Opening, Override, decide, openings_to_record};
pub use events::ScheduleEvent;
pub use plan::{CivilSlot, CohortPlan, ItemKind, PlanError, PlannedModule, ScheduleItem, SlotError};
pub use problems::{Finding, Problem, SOON, problems};
