//! Moving a release: the new time is chosen, then looked at with what it means, then done.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::rows::words;
use super::{Desk, done, refused};
use crate::acts::PlanChange;
use crate::kernel::time::Date;
use crate::kernel::{ShownTime, Timestamp, Zone};
use crate::reminders::Foreseen;
use crate::schedule::model::{CivilSlot, PlannedModule};
use crate::views::board;
use crate::web::form::{FieldErrors, Fields};
use crate::web::pages::shown::{counted, span};
use crate::web::view::{View, page, page_with_errors};
use crate::web::{App, Problem};

/// No release is farther from the cohort's start, in days.
const FARTHEST: i64 = 1000;

/// The time as the form has it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Input {
    revision: String,
    /// A day of the cohort's calendar.
    on: String,
    /// A time of day there.
    at: String,
    /// Instead: so many days from the release as it is.
    by: String,
}

#[derive(Template)]
#[template(path = "web/pages/board/release.html")]
struct Choose<'a> {
    view: &'a View,
    errors: &'a FieldErrors,
    input: &'a Input,
    desk: &'a Desk,
    home: String,
    week: u32,
    title: &'a str,
    from: ShownTime,
}

#[derive(Template)]
#[template(path = "web/pages/board/release_confirm.html")]
struct Confirm<'a> {
    view: &'a View,
    desk: &'a Desk,
    home: String,
    week: u32,
    title: &'a str,
    from: ShownTime,
    from_utc: ShownTime,
    to: ShownTime,
    to_utc: ShownTime,
    /// By when it is to be done then: as long after the release as now.
    due: Option<ShownTime>,
    on: String,
    at: String,
    /// What it means, a sentence each.
    effects: Vec<String>,
    problems: Vec<String>,
}

impl Input {
    /// The slot that was chosen; `None` where nothing was yet.
    fn slot(&self, desk: &Desk, release: CivilSlot) -> Result<Option<CivilSlot>, FieldErrors> {
        let mut errors = FieldErrors::default();
        if self.on.is_empty() && self.at.is_empty() && self.by.is_empty() {
            return Ok(None);
        }
        let starts_on = desk.board.cohort.starts_on;
        if !self.by.is_empty() {
            let moved = self.by.parse::<i16>().map_err(|_| "Choose a day");
            let moved = moved.and_then(|by| near(i64::from(release.day_offset) + i64::from(by)));
            let day_offset = errors.parse("on", moved).ok_or(errors)?;
            return Ok(Some(CivilSlot { day_offset, ..release }));
        }
        let on = errors.parse("on", day(&self.on, starts_on));
        let at = errors.parse("at", CivilSlot::parse(0, &self.at));
        match on.zip(at) {
            Some((day_offset, slot)) => Ok(Some(CivilSlot { day_offset, ..slot })),
            None => Err(errors),
        }
    }
}

/// The day's place in the schedule.
fn day(text: &str, starts_on: Date) -> Result<i32, &'static str> {
    let day = text.parse::<Date>().map_err(|_| "Choose a day")?;
    near(day.duration_since(starts_on).as_hours() / 24)
}

/// A place in the schedule that is not absurdly far from the cohort's start.
fn near(offset: i64) -> Result<i32, &'static str> {
    i32::try_from(offset).ok().filter(|_| offset.abs() <= FARTHEST).ok_or("Choose a day nearer to the cohort’s start")
}

/// The form; with a time chosen, what moving there means.
pub async fn show(State(app): State<App>, view: View, desk: Desk, Query(input): Query<Input>) -> Result<Response, Problem> {
    let planned = desk.week()?;
    match input.slot(&desk, planned.release) {
        Ok(Some(to)) if to != planned.release => page(&confirm(&app, &view, &desk, &planned, to).await?),
        Ok(Some(_)) => {
            let errors = FieldErrors::one("on", "The week opens then already: choose another time");
            page_with_errors(&choose(&view, &desk, &planned, &input, &errors))
        }
        Ok(None) => {
            let civil = desk.board.plan.civil(planned.release);
            let input = Input { on: civil.date().to_string(), at: planned.release.time_of_day(), ..Input::default() };
            page(&choose(&view, &desk, &planned, &input, &FieldErrors::default()))
        }
        Err(errors) => page_with_errors(&choose(&view, &desk, &planned, &input, &errors)),
    }
}

fn choose<'a>(
    view: &'a View,
    desk: &'a Desk,
    planned: &PlannedModule<'a>,
    input: &'a Input,
    errors: &'a FieldErrors,
) -> Choose<'a> {
    let (week, board) = (planned.module.position, &desk.board);
    let from = ShownTime::new(board.plan.instant(planned.release), &board.cohort.zone);
    Choose { view, errors, input, desk, home: desk.week_home(week), week, title: &planned.module.title, from }
}

async fn confirm<'a>(
    app: &App,
    view: &'a View,
    desk: &'a Desk,
    planned: &PlannedModule<'a>,
    to: CivilSlot,
) -> Result<Confirm<'a>, Problem> {
    let board = &desk.board;
    let conn = app.services.db.snapshot().await?;
    let students = board::students(&conn, &app.plans, board).await?;
    let (module, week) = (planned.module.id, planned.module.position);
    let moments = [planned.release, to].map(|slot| board.plan.instant(slot));
    let [from, moved] = moments.map(|at| ShownTime::new(at, &board.cohort.zone));
    let [from_utc, to_utc] = moments.map(|at| ShownTime::new(at, &Zone::UTC));
    let open = students.with_open(module, desk.now);
    let mailed = students.mailed(&conn, board, planned, to, desk.now).await?;
    let reach = Reach { open, waiting: students.count() - open, mailed };
    let then = board.plan.with_release(module, to);
    let due = then.planned().find(|planned| planned.module.id == module).and_then(|planned| planned.due);
    Ok(Confirm {
        view,
        desk,
        home: desk.week_home(week),
        week,
        title: &planned.module.title,
        from,
        from_utc,
        to: moved,
        to_utc,
        on: board.plan.civil(to).date().to_string(),
        at: to.time_of_day(),
        due: due.map(|due| ShownTime::new(board.plan.instant(due), &board.cohort.zone)),
        effects: reach.sentences(desk.now, moments[1]),
        problems: board.findings_if(module, to, desk.now).iter().map(|finding| words(board, &finding.problem)).collect(),
    })
}

/// What a move means to the students.
struct Reach {
    /// So many have the week open.
    open: usize,
    /// So many wait for it.
    waiting: usize,
    mailed: Foreseen,
}

impl Reach {
    fn sentences(&self, now: Timestamp, to: Timestamp) -> Vec<String> {
        let Self { open, waiting, mailed } = self;
        let mut said = Vec::new();
        let students = |count: usize, one: &str, many: &str| {
            format!("{} {}", counted(count, "student"), if count == 1 { one } else { many })
        };
        if *open > 0 {
            said.push(format!("{} the week open. It stays open for them, and they get no mail.", students(*open, "has", "have")));
        }
        if mailed.told > 0 {
            let told = students(mailed.told, "gets", "get");
            said.push(format!("{told} a mail now with the new date: an earlier one told them another."));
        }
        if mailed.opened > 0 {
            let when = if to <= now { "at once".to_owned() } else { format!("at the new time, in {}", span(now, to)) };
            said.push(format!("{} the mail that it is open {when}.", students(mailed.opened, "gets", "get")));
        }
        if let Some(others @ 1..) = waiting.checked_sub(mailed.opened) {
            let why = "the week waits for readings first, or such mails are turned off";
            let when = if to <= now { "now" } else { "at the new time" };
            said.push(format!("{} no mail that it is open {when}: {why}.", students(others, "gets", "get")));
        }
        if open + waiting == 0 {
            said.push("Nobody is enrolled yet: no mail is sent.".to_owned());
        }
        if to <= now {
            said.push("The new time has passed: the week opens at once.".to_owned());
        }
        said
    }
}

/// Moves it.
pub async fn send(State(app): State<App>, view: View, desk: Desk, Fields(input): Fields<Input>) -> Result<Response, Problem> {
    let planned = desk.week()?;
    let to = match input.slot(&desk, planned.release) {
        Ok(Some(to)) => to,
        Ok(None) => {
            let errors = FieldErrors::one("on", "Choose a day");
            return page_with_errors(&choose(&view, &desk, &planned, &input, &errors));
        }
        Err(errors) => return page_with_errors(&choose(&view, &desk, &planned, &input, &errors)),
    };
    let change = PlanChange::Release { module: planned.module.id, to };
    desk.replan(&app, &input.revision, change).await.map_err(refused)?;
    Ok(done(&desk.home(), "moved"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_move_says_whom_it_reaches_and_when() {
        let (now, ahead, past) = (at("2027-01-05T00:00:00Z"), at("2027-01-07T00:00:00Z"), at("2027-01-04T00:00:00Z"));
        let said =
            |open, waiting, told, opened, to| Reach { open, waiting, mailed: Foreseen { told, opened } }.sentences(now, to);
        let all = said(1, 3, 2, 1, ahead);
        assert_eq!(all[0], "1 student has the week open. It stays open for them, and they get no mail.");
        assert_eq!(all[1], "2 students get a mail now with the new date: an earlier one told them another.");
        assert_eq!(all[2], "1 student gets the mail that it is open at the new time, in 2 days.");
        assert!(all[3].starts_with("2 students get no mail that it is open at the new time"), "{}", all[3]);
        assert_eq!(said(0, 3, 0, 3, ahead).len(), 1);
        assert_eq!(said(0, 0, 0, 0, ahead), ["Nobody is enrolled yet: no mail is sent."]);
        let opened = ["1 student gets the mail that it is open at once.", "The new time has passed: the week opens at once."];
        assert_eq!(said(0, 1, 0, 1, past), opened);
    }

    #[test]
    fn a_day_is_near_the_start() {
        let start = "2027-01-04".parse().unwrap();
        assert_eq!(day("2027-01-03", start), Ok(-1));
        assert_eq!(day("2027-03-29", start), Ok(84));
        assert!(day("2040-01-01", start).is_err() && day("tomorrow", start).is_err());
    }
}
