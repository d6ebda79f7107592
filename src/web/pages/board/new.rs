//! An admin opens a cohort.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::done;
use super::input::{Input, WEEKDAYS};
use super::prices::Asked;
use crate::acts::{self, OpenRefusal};
use crate::catalogue;
use crate::catalogue::model::Course;
use crate::db::{Conn, Txn};
use crate::identity::{self, Person};
use crate::kernel::Actor;
use crate::kernel::time::Weekday;
use crate::web::form::{FieldErrors, Fields};
use crate::web::pages::enrol::Zones;
use crate::web::session::{AdminNow, PageSnapshot};
use crate::web::view::{View, page, page_with_errors};
use crate::web::{App, Problem};

/// The fields beside the terms.
const FIELDS: [&str; 7] = ["course", "name", "slug", "zone", "starts_on", "weekday", "time"];

#[derive(Template)]
#[template(path = "web/pages/board/new.html")]
struct Page<'a> {
    view: &'a View,
    errors: &'a FieldErrors,
    input: &'a Input,
    courses: &'a [Course],
    staff: &'a [Person],
    zones: &'static Zones,
    weekdays: &'static [(&'static str, &'static str, Weekday)],
}

/// What the form offers to choose from.
struct Choices {
    courses: Vec<Course>,
    staff: Vec<Person>,
}

impl Choices {
    async fn load(conn: &Conn) -> Result<Self, Problem> {
        Ok(Self { courses: catalogue::courses(conn).await?, staff: identity::teachers(conn).await? })
    }

    fn page<'a>(&'a self, view: &'a View, input: &'a Input, errors: &'a FieldErrors) -> Page<'a> {
        let (courses, staff) = (&self.courses, &self.staff);
        let (zones, weekdays) = (Zones::all(), &WEEKDAYS);
        Page { view, errors, input, courses, staff, zones, weekdays }
    }
}

/// The form, with the terms of the last cohort where there is one.
pub async fn form(view: View, AdminNow(person): AdminNow, PageSnapshot(conn): PageSnapshot) -> Result<Response, Problem> {
    let choices = Choices::load(&conn).await?;
    let last = catalogue::all_cohorts(&conn).await?.pop();
    let known = match &last {
        Some(last) => {
            let known = Input::of(last, &[]);
            Input { opens: String::new(), closes: String::new(), prices: known.prices.without_end(), ..known }
        }
        None => Input { prices: Asked::first_of_all(), ..Input::default() },
    };
    let zone = last.map_or(person.zone, |last| last.zone);
    let input = Input { zone: zone.name().to_owned(), time: "09:00".to_owned(), ..known };
    page(&choices.page(&view, &input, &FieldErrors::default()))
}

/// Opens it; then to its board.
pub async fn open(
    State(app): State<App>,
    view: View,
    AdminNow(person): AdminNow,
    PageSnapshot(conn): PageSnapshot,
    Fields(sent): Fields<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let choices = Choices::load(&conn).await?;
    drop(conn);
    let input = Input::read(sent, &FIELDS)?;
    let again = |errors: &FieldErrors| page_with_errors(&choices.page(&view, &input, errors));
    let Some(course) = chosen(&choices.courses, &input) else {
        return again(&FieldErrors::one("course", "Choose a course"));
    };
    let new = match input.cohort(&choices.staff) {
        Ok(new) => new,
        Err(errors) => return again(&errors),
    };
    let work = async |txn: &Txn| acts::open_cohort(txn, course.id, new.clone()).await;
    match app.services.db.write(Actor::User(person.id), work).await {
        Ok(cohort) => Ok(done(&format!("/staff/cohorts/{}/board", cohort.slug), "opened")),
        Err(refusal) => again(&blamed(refusal)?),
    }
}

/// The course that was chosen; where there is one alone, that.
fn chosen<'a>(courses: &'a [Course], input: &Input) -> Option<&'a Course> {
    match courses {
        [only] if input.course.is_empty() => Some(only),
        courses => courses.iter().find(|course| course.slug.as_str() == input.course),
    }
}

/// The field that a refusal is about.
fn blamed(refusal: OpenRefusal) -> Result<FieldErrors, Problem> {
    match refusal {
        OpenRefusal::SlugTaken => Ok(FieldErrors::one("slug", "Another cohort has this address: choose another")),
        OpenRefusal::NoSuchCourse => Ok(FieldErrors::one("course", "Choose a course")),
        OpenRefusal::TimetableMismatch { .. } => Ok(FieldErrors::one("course", "This course has no weeks yet: add them first")),
        OpenRefusal::NotAnInstructor(_) => Ok(FieldErrors::one("instructors", "Choose instructors from the list")),
        OpenRefusal::Plan(error) => Err(Problem::internal(error)),
        OpenRefusal::Db(error) => Err(error.into()),
    }
}
