//! What the audit log hears of schedules.

use serde_json::{Value, json};

use super::{CivilSlot, Override};
use crate::kernel::ids::{CohortId, ModuleId};
use crate::kernel::time::DateTime;
use crate::kernel::{Event, Subject, Touch};

#[derive(Debug, Clone)]
pub enum ScheduleEvent {
    /// A module's release became another for the whole cohort, which is at `revision` from now on; the due moment went with it.
    ReleaseMoved {
        cohort: CohortId,
        module: ModuleId,
        from: CivilSlot,
        to: CivilSlot,
        /// Before and after.
        due: Option<(CivilSlot, CivilSlot)>,
        revision: i32,
    },
    /// One student's dates of a module became later; nobody else's changed.
    Extended { change: Override, before: DateTime },
}

impl Event for ScheduleEvent {
    fn kind(&self) -> &'static str {
        match self {
            Self::ReleaseMoved { .. } => "release.moved",
            Self::Extended { .. } => "enrolment.dates_extended",
        }
    }

    fn subject(&self) -> Subject {
        match self {
            Self::ReleaseMoved { cohort, .. } => Subject::Cohort(*cohort),
            Self::Extended { change, .. } => change.enrolment.map_or(Subject::Cohort(change.cohort), Subject::Enrolment),
        }
    }

    fn before(&self) -> Value {
        match self {
            Self::ReleaseMoved { module, from, due, revision, .. } => told(*module, *from, due.map(|due| due.0), revision - 1),
            Self::Extended { change, before } => json!({ "module": change.module, "opens": before.to_string() }),
        }
    }

    fn after(&self) -> Value {
        match self {
            Self::ReleaseMoved { module, to, due, revision, .. } => told(*module, *to, due.map(|due| due.1), *revision),
            Self::Extended { change, .. } => {
                json!({ "module": change.module, "opens": change.opens_at.to_string() })
            }
        }
    }

    fn personal(&self) -> Option<Value> {
        // Often about somebody's health.
        self.reason().map(|reason| json!({ "reason": reason }))
    }

    fn reason(&self) -> Option<&str> {
        match self {
            Self::ReleaseMoved { .. } => None,
            Self::Extended { change, .. } => Some(&change.reason),
        }
    }

    fn touches(&self) -> Vec<Touch> {
        vec![match self {
            Self::ReleaseMoved { cohort, .. } => Touch::Cohort(*cohort),
            Self::Extended { change, .. } => change.enrolment.map_or(Touch::Cohort(change.cohort), Touch::Enrolment),
        }]
    }
}

fn told(module: ModuleId, slot: CivilSlot, due: Option<CivilSlot>, revision: i32) -> Value {
    let due = due.map(|due| json!({ "day": due.day_offset, "time": due.time_of_day() }));
    json!({ "module": module, "day": slot.day_offset, "time": slot.time_of_day(), "due": due, "revision": revision })
}
