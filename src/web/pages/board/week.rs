//! One week on the board: its readings in order, and those that could be attached.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::rows::{WeekRow, rows};
use super::show::Asked;
use super::{Desk, done, refused, told};
use crate::acts::{PlanChange, ReplanRefusal};
use crate::catalogue::model::{KeyChange, KeyRefusal, Need, ReadingKey, Why};
use crate::kernel::ids::ReadingId;
use crate::readings::{self, Card};
use crate::web::form::{FieldErrors, Fields};
use crate::web::view::{View, page, page_with_errors};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/board/week.html")]
struct Page<'a> {
    view: &'a View,
    errors: &'a FieldErrors,
    input: &'a Attached,
    desk: &'a Desk,
    done: Option<&'static str>,
    home: String,
    row: WeekRow,
    weeks: usize,
    readings: Vec<(&'a ReadingKey, &'a Card)>,
    /// What of the library is not in the week, by title.
    library: Vec<Card>,
    students: usize,
}

/// The form of a reading to attach.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Attached {
    revision: String,
    reading: String,
    need: String,
    why: String,
}

/// The week.
pub async fn show(State(app): State<App>, view: View, desk: Desk, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let input = Attached { need: Need::Required.word().to_owned(), ..Attached::default() };
    page(&shown(&app, &view, &desk, &input, &FieldErrors::default(), told(asked.done())).await?)
}

async fn shown<'a>(
    app: &App,
    view: &'a View,
    desk: &'a Desk,
    input: &'a Attached,
    errors: &'a FieldErrors,
    done: Option<&'static str>,
) -> Result<Page<'a>, Problem> {
    let module = desk.week()?.module;
    let conn = app.services.db.snapshot().await?;
    let mut library = readings::library(&conn).await?;
    library.retain(|card| module.readings.iter().all(|key| key.reading != card.id));
    let row = rows(&desk.board, desk.now).into_iter().find(|row| row.week == module.position).ok_or(Problem::NotFound)?;
    let cards = &desk.board.cards;
    Ok(Page {
        view,
        errors,
        input,
        desk,
        done,
        home: desk.week_home(module.position),
        row,
        weeks: desk.board.plan.modules().len(),
        readings: module.readings.iter().filter_map(|key| Some((key, cards.get(&key.reading)?))).collect(),
        library,
        students: usize::try_from(desk.board.taken).unwrap_or_default(),
    })
}

impl Attached {
    fn change(&self) -> Result<KeyChange, FieldErrors> {
        let mut errors = FieldErrors::default();
        let reading = errors.parse("reading", self.reading.parse::<ReadingId>().map_err(|_| "Choose a reading"));
        let need = need(&mut errors, &self.need);
        let why = why(&mut errors, &self.why);
        match (reading, need, why) {
            (Some(reading), Some(need), Some(why)) => Ok(KeyChange::Attach { reading, need, why }),
            _ => Err(errors),
        }
    }
}

/// The field that says whether a reading is needed.
pub(super) fn need(errors: &mut FieldErrors, word: &str) -> Option<Need> {
    errors.parse("need", Need::from_word(word).ok_or("Choose whether it is required"))
}

/// The field that says why to read it.
pub(super) fn why(errors: &mut FieldErrors, text: &str) -> Option<Why> {
    let why = text.parse::<Why>().map_err(|error| error.told("Say in a sentence why to read it"));
    errors.parse("why", why)
}

/// Attaches a reading of the library at the end of the week.
pub async fn attach(
    State(app): State<App>,
    view: View,
    desk: Desk,
    Fields(input): Fields<Attached>,
) -> Result<Response, Problem> {
    let module = desk.week()?.module;
    let change = match input.change() {
        Ok(change) => change,
        Err(errors) => return page_with_errors(&shown(&app, &view, &desk, &input, &errors, None).await?),
    };
    match desk.replan(&app, &input.revision, PlanChange::Keys { module: module.id, change }).await {
        Ok(_) => Ok(done(&desk.week_home(module.position), "attached")),
        Err(ReplanRefusal::Keys(KeyRefusal::TooMany)) => {
            let errors = FieldErrors::one("reading", KeyRefusal::TooMany.to_string());
            page_with_errors(&shown(&app, &view, &desk, &input, &errors, None).await?)
        }
        Err(ReplanRefusal::NoSuchReading | ReplanRefusal::Keys(KeyRefusal::There)) => {
            let errors = FieldErrors::one("reading", "Choose a reading that is not in the week");
            page_with_errors(&shown(&app, &view, &desk, &input, &errors, None).await?)
        }
        Err(refusal) => Err(refused(refusal)),
    }
}
