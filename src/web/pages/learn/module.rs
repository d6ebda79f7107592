//! One week of a student's course.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;

use super::{Halt, Paths, locked_page, refused};
use crate::catalogue::model::CohortModule;
use crate::kernel::ids::EnrolmentId;
use crate::kernel::{ShownTime, Slug, Zone};
use crate::learning::{self, KeyedReading, ModulePage, Sheet};
use crate::readings::Card;
use crate::schedule::model::{Access, dates};
use crate::web::pages::shown::minutes_words;
use crate::web::session::PageSnapshot;
use crate::web::view::{Moment, View, page};
use crate::web::{App, Problem};

/// What the list says of a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReadingState {
    Read,
    /// The first that the week is incomplete without.
    Next,
    ToRead,
    Optional,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReadingRow {
    pub(super) href: String,
    pub(super) title: String,
    /// Author, publisher, year and reading time, as far as they are known.
    pub(super) source: String,
    pub(super) why: String,
    pub(super) state: ReadingState,
}

/// The way to the week before or after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Turn {
    pub(super) href: String,
    pub(super) week: u32,
    pub(super) title: String,
    /// When it opens, where that lies ahead and is known.
    pub(super) opens: Option<ShownTime>,
}

/// All that the page of an open week shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ModuleShown {
    pub(super) week: u32,
    pub(super) weeks: usize,
    pub(super) home: String,
    pub(super) title: String,
    pub(super) dek: String,
    pub(super) outcomes: Vec<String>,
    pub(super) read: usize,
    /// `37 minutes`; absent when nothing is left.
    pub(super) left: Option<String>,
    /// By when it is to be done, where the schedule says so.
    pub(super) due: Option<ShownTime>,
    pub(super) readings: Vec<ReadingRow>,
    pub(super) questions: Vec<String>,
    pub(super) prompt: Option<String>,
    pub(super) before: Option<Turn>,
    pub(super) after: Option<Turn>,
}

impl ModuleShown {
    /// `None` where the plan has no such module.
    fn new(found: &ModulePage, readings: &[KeyedReading], zone: &Zone) -> Option<Self> {
        let (module, paths) = (found.module()?, Paths(found.place.enrolment.id));
        let own = found.progress.modules.iter().find(|progress| progress.module == module.id)?;
        let turn = |position: Option<u32>| {
            let module = found.place.module_at(position?)?;
            let progress = found.progress.modules.iter().find(|progress| progress.module == module.id)?;
            Some(Turn::new(module, &progress.access, paths, zone))
        };
        Some(Self {
            week: module.position,
            weeks: found.progress.modules.len(),
            home: paths.home(),
            title: module.title.clone(),
            dek: module.dek.clone(),
            outcomes: module.outcomes.clone(),
            read: own.read(),
            left: (own.minutes_left > 0).then(|| minutes_words(own.minutes_left)),
            due: due(found, module, zone),
            readings: rows(readings, |slug| paths.reading(module.position, slug)),
            questions: module.questions.clone(),
            prompt: module.reflection_prompt.clone(),
            before: turn(module.position.checked_sub(1)),
            after: turn(module.position.checked_add(1)),
        })
    }
}

/// The moment that holds for this student: an extension moves it for them alone.
fn due(found: &ModulePage, module: &CohortModule, zone: &Zone) -> Option<ShownTime> {
    let inputs = &found.place.inputs;
    let all = dates(&inputs.plan, &inputs.overrides, found.place.enrolment.id);
    let own = inputs.plan.modules().iter().zip(all).find(|(known, _)| known.id == module.id)?.1;
    own.due_at.map(|at| ShownTime::new(at, zone))
}

impl Turn {
    fn new(module: &CohortModule, access: &Access, paths: Paths, zone: &Zone) -> Self {
        let opens = match access {
            Access::Open { .. } => None,
            Access::Locked { opens_at, .. } => opens_at.map(|at| ShownTime::new(at, zone)),
        };
        Self { href: paths.week(module.position), week: module.position, title: module.title.clone(), opens }
    }
}

pub(super) fn rows(readings: &[KeyedReading], href: impl Fn(&Slug) -> String) -> Vec<ReadingRow> {
    let next = readings.iter().position(|reading| reading.key.required && reading.read_at.is_none());
    let row = |(index, KeyedReading { key, card, read_at }): (usize, &KeyedReading)| ReadingRow {
        href: href(&card.slug),
        title: card.title.clone(),
        source: source(card),
        why: key.why.clone(),
        state: match read_at {
            Some(_) => ReadingState::Read,
            None if !key.required => ReadingState::Optional,
            None if Some(index) == next => ReadingState::Next,
            None => ReadingState::ToRead,
        },
    };
    readings.iter().enumerate().map(row).collect()
}

/// `Demo Author 04, Example Review, 2021 · 12 minutes`: what is not known is left out.
fn source(card: &Card) -> String {
    let year = card.published_on.map(|date| date.year().to_string());
    let named: Vec<&str> =
        [card.author.as_deref(), Some(card.publisher.as_str()), year.as_deref()].into_iter().flatten().collect();
    format!("{} · {}", named.join(", "), minutes_words(card.minutes))
}

#[derive(Template)]
#[template(path = "web/pages/learn/module.html")]
struct Page<'a> {
    view: &'a View,
    module: &'a ModuleShown,
}

/// The week if it is open; else why it is not, 403.
pub(super) async fn show(
    State(app): State<App>,
    view: View,
    moment: Moment,
    PageSnapshot(snapshot): PageSnapshot,
    place: Result<Path<(EnrolmentId, u32)>, PathRejection>,
) -> Result<Response, Halt> {
    let Path((enrolment, week)) = place?;
    let found = learning::module_page(&snapshot, &app.plans, moment.subject.id, enrolment, week, moment.now).await?;
    let Some(found) = found else { return Err(refused(&snapshot, &view, &moment, enrolment).await) };
    match &found.sheet {
        Sheet::Locked(access) => Ok(locked_page(&view, &moment, &found.place, week, access)?),
        Sheet::Open { readings, .. } => {
            let module = ModuleShown::new(&found, readings, &moment.zone).ok_or(Problem::NotFound)?;
            Ok(page(&Page { view: &view, module: &module })?)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::model::ReadingKey;
    use crate::kernel::Timestamp;
    use crate::kernel::ids::ReadingId;
    use crate::readings::model::testing::card;
    use crate::schedule::model::testing::{at, student};

    fn keyed(place: u32, required: bool, read_at: Option<Timestamp>) -> KeyedReading {
        let id = ReadingId(uuid::Uuid::from_u128(u128::from(place)));
        let key = ReadingKey { reading: id, position: place, required, why: "It shows how.".to_owned() };
        KeyedReading { key, card: card(id, "What a <state> is", 12), read_at }
    }

    #[test]
    fn the_first_required_reading_not_read_is_next() {
        let read = Some(at("2027-01-05T00:00:00Z"));
        let readings = [keyed(1, true, read), keyed(2, false, None), keyed(3, true, None), keyed(4, true, None)];
        let states: Vec<_> = rows(&readings, |slug| Paths(student()).reading(3, slug)).into_iter().map(|row| row.state).collect();
        assert_eq!(states, [ReadingState::Read, ReadingState::Optional, ReadingState::Next, ReadingState::ToRead]);
    }

    #[test]
    fn a_source_leaves_out_what_is_not_known() {
        let bare = keyed(1, true, None).card;
        assert_eq!(source(&bare), "Example Journal · 12 minutes");
        let author = Some("Demo Author 04".to_owned());
        let full = Card { author, published_on: Some("2021-03-04".parse().unwrap()), ..bare };
        assert_eq!(source(&full), "Demo Author 04, Example Journal, 2021 · 12 minutes");
    }
}
