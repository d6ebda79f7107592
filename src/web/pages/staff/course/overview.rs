//! The course at a glance, or the offer to make one.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::{input, to};
use crate::catalogue::model::{Cohort, Course, CourseModule};
use crate::catalogue::{self, CourseRefusal};
use crate::db::Conn;
use crate::identity::{Person, Role};
use crate::kernel::Actor;
use crate::kernel::ids::ReadingId;
use crate::kernel::shown::short_date;
use crate::readings::Card;
use crate::web::form::{FieldErrors, Fields};
use crate::web::pages::cards;
use crate::web::pages::shown::counted;
use crate::web::pages::{Done, DoneQuery};
use crate::web::session::{PageSnapshot, Staff};
use crate::web::view::{View, page, page_with_errors};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/staff/course/overview.html")]
struct Page<'a> {
    view: &'a View,
    done: Option<Done>,
    course: &'a Course,
    weeks: Vec<Week<'a>>,
    /// Opened from it, of those that the reader sees.
    cohorts: Vec<Opened<'a>>,
    /// How many others there are.
    others: usize,
}

struct Week<'a> {
    module: &'a CourseModule,
    work: String,
    not_ready: usize,
    is_first: bool,
    is_last: bool,
}

struct Opened<'a> {
    cohort: &'a Cohort,
    starts: String,
}

#[derive(Template)]
#[template(path = "web/pages/staff/course/none.html")]
struct NoCourse<'a> {
    view: &'a View,
    errors: &'a FieldErrors,
    title: &'a str,
}

/// The course with its weeks, and the cohorts that were opened from it.
pub async fn show(
    view: View,
    Staff(person): Staff,
    PageSnapshot(conn): PageSnapshot,
    Query(done): Query<DoneQuery>,
) -> Result<Response, Problem> {
    let Some(course) = catalogue::courses(&conn).await?.into_iter().next() else {
        return page(&NoCourse { view: &view, errors: &FieldErrors::default(), title: "" });
    };
    let modules = catalogue::course_modules(&conn, course.id).await?;
    let cards = cards(&conn, modules.iter().flat_map(|module| &module.readings)).await?;
    let (cohorts, others) = opened(&conn, &course, &person).await?;
    let last = modules.len().saturating_sub(1);
    page(&Page {
        view: &view,
        done: done.word(),
        course: &course,
        weeks: modules.iter().enumerate().map(|(at, module)| week(module, &cards, at == 0, at == last)).collect(),
        cohorts: cohorts.iter().map(|cohort| Opened { cohort, starts: short_date(cohort.starts_on) }).collect(),
        others,
    })
}

fn week<'a>(module: &'a CourseModule, cards: &BTreeMap<ReadingId, Card>, is_first: bool, is_last: bool) -> Week<'a> {
    let required = module.readings.iter().filter(|key| key.required).count();
    let not_ready = module.readings.iter().filter(|key| cards.get(&key.reading).is_none_or(|card| !card.is_ready())).count();
    let work = match module.readings.len() {
        0 => "No reading yet".to_owned(),
        count => format!("{}, {required} required", counted(count, "reading")),
    };
    Week { module, work, not_ready, is_first, is_last }
}

/// The course's cohorts that this person sees, published or not, and how many there are beside.
async fn opened(conn: &Conn, course: &Course, person: &Person) -> Result<(Vec<Cohort>, usize), Problem> {
    let mut seen = catalogue::all_cohorts(conn).await?;
    seen.retain(|cohort| cohort.course == course.id);
    let all = seen.len();
    if person.role != Role::Admin {
        let own: BTreeSet<_> = catalogue::cohorts_of_instructor(conn, person.id).await?.iter().map(|cohort| cohort.id).collect();
        seen.retain(|cohort| own.contains(&cohort.id));
    }
    let others = all - seen.len();
    Ok((seen, others))
}

/// The form of a course to be made.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Input {
    title: String,
}

/// Makes the course, with six empty weeks.
pub async fn create(
    State(app): State<App>,
    view: View,
    Staff(person): Staff,
    Fields(input): Fields<Input>,
) -> Result<Response, Problem> {
    let again = |errors: &FieldErrors| page_with_errors(&NoCourse { view: &view, errors, title: &input.title });
    let title = match input::title(&input.title) {
        Ok(title) => title,
        Err(error) => return again(&FieldErrors::one("title", error)),
    };
    let actor = Actor::User(person.id);
    match app.services.db.write(actor, async |txn| catalogue::create_first_course(txn, title).await).await {
        Ok(_) => Ok(to("/staff/course?done=course-made")),
        // Somebody was faster, perhaps this button pressed twice.
        Err(CourseRefusal::AlreadyThere) => Ok(to("/staff/course")),
        Err(CourseRefusal::Db(error)) => Err(error.into()),
        Err(other) => again(&FieldErrors::one("title", other.to_string())),
    }
}
