//! What the audit log hears of schedules.

use serde_json::{Value, json};

use super::CivilSlot;
use crate::kernel::ids::{CohortId, ModuleId};
use crate::kernel::{Event, Subject, Touch};

#[derive(Debug, Clone, Copy)]
pub enum ScheduleEvent {
    /// A module's release became another for the whole cohort, which is at `revision` from now on.
    ReleaseMoved { cohort: CohortId, module: ModuleId, from: CivilSlot, to: CivilSlot, revision: i32 },
}

impl Event for ScheduleEvent {
    fn kind(&self) -> &'static str {
        match self {
            Self::ReleaseMoved { .. } => "release.moved",
        }
    }

    fn subject(&self) -> Subject {
        let Self::ReleaseMoved { cohort, .. } = self;
        Subject::Cohort(*cohort)
    }

    fn before(&self) -> Value {
        let Self::ReleaseMoved { module, from, revision, .. } = *self;
        told(module, from, revision - 1)
    }

    fn after(&self) -> Value {
        let Self::ReleaseMoved { module, to, revision, .. } = *self;
        told(module, to, revision)
    }

    fn touches(&self) -> Vec<Touch> {
        let Self::ReleaseMoved { cohort, .. } = self;
        vec![Touch::Cohort(*cohort)]
    }
}

fn told(module: ModuleId, slot: CivilSlot, revision: i32) -> Value {
    json!({ "module": module, "day": slot.day_offset, "time": slot.time_of_day(), "revision": revision })
}
