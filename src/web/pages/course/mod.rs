//! The course and its cohorts, as anybody may see them.

mod cohorts;
mod front;
pub(in crate::web::pages) mod model;

use std::collections::BTreeMap;

use sea_orm::DbErr;

use crate::catalogue::model::{Cohort, Course};
use crate::db::Conn;
use crate::kernel::Timestamp;
use crate::kernel::ids::CohortId;
use crate::web::routes::{Access, Routes};
use crate::{catalogue, enrolment};

pub(super) fn routes() -> Routes {
    Routes::default().get("/", Access::Public, front::show).get("/cohorts", Access::Public, cohorts::show)
}

/// The course that is taught here, with its cohorts and how many of their seats are taken.
pub(super) struct Offered {
    pub(super) course: Course,
    pub(super) cohorts: Vec<Cohort>,
    taken: BTreeMap<CohortId, u32>,
    waiting: BTreeMap<CohortId, u32>,
}

impl Offered {
    /// The first course; `None` before there is one.
    pub(super) async fn load(conn: &Conn) -> Result<Option<Self>, DbErr> {
        let Some(course) = catalogue::courses(conn).await?.into_iter().next() else { return Ok(None) };
        let cohorts = catalogue::cohorts(conn, course.id).await?;
        let ids: Vec<CohortId> = cohorts.iter().map(|cohort| cohort.id).collect();
        let seats = enrolment::seats_by_state(conn, &ids).await?;
        let taken = seats.iter().map(|(cohort, seats)| (*cohort, seats.taken())).collect();
        let waiting = seats.iter().map(|(cohort, seats)| (*cohort, seats.waiting)).collect();
        Ok(Some(Self { course, cohorts, taken, waiting }))
    }

    /// The cohort to enrol in at `now`.
    pub(super) fn next(&self, now: Timestamp) -> Option<&Cohort> {
        model::next_open(&self.cohorts, &self.taken, now)
    }

    pub(super) fn counted(&self, cohort: &Cohort) -> model::Counted {
        let waiting = self.waiting.get(&cohort.id).copied().unwrap_or(0);
        model::Counted { taken: self.taken(cohort), waiting }
    }

    pub(super) fn taken(&self, cohort: &Cohort) -> u32 {
        self.taken.get(&cohort.id).copied().unwrap_or(0)
    }
}
