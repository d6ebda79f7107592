//! What the pages of a module and of a reading are made from. A locked module gives none of its readings.

use sea_orm::DbErr;

use super::model::Progress;
use super::{Place, access, store};
use crate::catalogue::model::{CohortModule, ReadingKey};
use crate::db::Conn;
use crate::kernel::ids::{EnrolmentId, UserId};
use crate::kernel::{Slug, Timestamp};
use crate::readings::{self, Card, Reading};
use crate::schedule::Plans;
use crate::schedule::model::Access;

/// A module as one student finds it.
#[derive(Debug, Clone)]
pub struct ModulePage {
    pub place: Place,
    /// The week, from 1. [`ModulePage::module`] gives the module.
    pub position: u32,
    pub progress: Progress,
    pub sheet: Sheet,
}

/// What of a module is shown.
#[derive(Debug, Clone)]
pub enum Sheet {
    Open {
        since: Timestamp,
        /// In reading order.
        readings: Vec<KeyedReading>,
    },
    /// Always [`Access::Locked`]: why, and when it opens.
    Locked(Access),
}

/// A reading in its place in a module.
#[derive(Debug, Clone)]
pub struct KeyedReading {
    pub key: ReadingKey,
    pub card: Card,
    /// When this student had read it as the module asks.
    pub read_at: Option<Timestamp>,
}

impl ModulePage {
    /// The module itself.
    pub fn module(&self) -> Option<&CohortModule> {
        self.place.module_at(self.position)
    }
}

/// The page of the module at `position` (from 1); `None` where `user` has no such enrolment or the cohort no such module.
/// One statement, if the plan is known.
///
/// # Errors
/// The database's own.
pub async fn module_page(
    conn: &Conn,
    plans: &Plans,
    user: UserId,
    enrolment: EnrolmentId,
    position: u32,
    now: Timestamp,
) -> Result<Option<ModulePage>, DbErr> {
    let Some(place) = access(conn, plans, user, enrolment).await? else { return Ok(None) };
    let Some(module) = place.module_at(position) else { return Ok(None) };
    let sheet = match place.inputs.access(module.id, now) {
        Some(Access::Open { since }) => Sheet::Open { since, readings: keyed(&place, module, now) },
        Some(locked) => Sheet::Locked(locked),
        None => return Ok(None),
    };
    let progress = place.progress(now);
    Ok(Some(ModulePage { place, position, progress, sheet }))
}

fn keyed(place: &Place, module: &CohortModule, now: Timestamp) -> Vec<KeyedReading> {
    let with_card = |key: &ReadingKey| {
        let card = place.inputs.plan.card(key.reading)?.clone();
        Some(KeyedReading { key: key.clone(), card, read_at: place.inputs.facts.read_at(module, key.reading, now) })
    };
    module.readings.iter().filter_map(with_card).collect()
}

/// A reading as one student finds it in a module.
#[derive(Debug, Clone)]
pub struct ReadingPage {
    pub place: Place,
    pub position: u32,
    pub sheet: ReadingSheet,
}

#[derive(Debug, Clone)]
pub enum ReadingSheet {
    Open(Box<OpenReading>),
    /// Always [`Access::Locked`]. Whether the module has such a reading is not said.
    Locked(Access),
}

/// A reading that the student may read.
#[derive(Debug, Clone)]
pub struct OpenReading {
    pub key: ReadingKey,
    pub reading: Reading,
    /// When this student had read it as the module asks.
    pub read_at: Option<Timestamp>,
    /// What they wrote about it.
    pub reflection: Option<String>,
}

impl ReadingPage {
    /// The module that the reading stands in.
    pub fn module(&self) -> Option<&CohortModule> {
        self.place.module_at(self.position)
    }
}

/// The page of a reading in the module at `position`; `None` where `user` has no such enrolment, the cohort no such module,
/// or the module, if it is open, no such reading.
///
/// # Errors
/// The database's own.
pub async fn reading_page(
    conn: &Conn,
    plans: &Plans,
    user: UserId,
    enrolment: EnrolmentId,
    (position, slug): (u32, &Slug),
    now: Timestamp,
) -> Result<Option<ReadingPage>, DbErr> {
    let Some(place) = access(conn, plans, user, enrolment).await? else { return Ok(None) };
    let Some(module) = place.module_at(position) else { return Ok(None) };
    let sheet = match place.inputs.access(module.id, now) {
        Some(Access::Open { .. }) => {
            let Some(reading) = readings::reading_by_slug(conn, slug).await? else { return Ok(None) };
            let Some(key) = module.readings.iter().find(|key| key.reading == reading.id).cloned() else { return Ok(None) };
            let reflection = store::reflection(conn, enrolment, module.id, reading.id).await?;
            let read_at = place.inputs.facts.read_at(module, reading.id, now);
            ReadingSheet::Open(Box::new(OpenReading { key, reading, read_at, reflection }))
        }
        Some(locked) => ReadingSheet::Locked(locked),
        None => return Ok(None),
    };
    Ok(Some(ReadingPage { place, position, sheet }))
}
