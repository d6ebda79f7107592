//! The course editor: the template's own facts, its weeks, and the readings of each. No running cohort is touched by any of it.

mod facts;
mod input;
mod keys;
mod overview;
mod week;
mod weeks;

use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::response::{IntoResponse, Redirect, Response};

use crate::catalogue::model::{Course, CourseModule};
use crate::catalogue::{self, EditRefusal};
use crate::db::Conn;
use crate::web::Problem;
use crate::web::routes::{Access, Routes};

/// The longest facts that are allowed, of letters that a form sends as nine bytes.
const FACTS_LIMIT: usize = 1 << 20;

/// Both kinds of staff: instructors plan the modules, admins may as well.
pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/staff/course", Access::Staff, overview::show)
        .post("/staff/course", Access::Staff, overview::create)
        .get("/staff/course/facts", Access::Staff, facts::show)
        .post("/staff/course/facts", Access::Staff, facts::save.layer(DefaultBodyLimit::max(FACTS_LIMIT)))
        .post("/staff/course/weeks", Access::Staff, weeks::add)
        .get("/staff/course/weeks/{week}", Access::Staff, week::show)
        .post("/staff/course/weeks/{week}", Access::Staff, week::save)
        .get("/staff/course/weeks/{week}/preview", Access::Staff, week::preview)
        .post("/staff/course/weeks/{week}/move", Access::Staff, weeks::shift)
        .get("/staff/course/weeks/{week}/remove", Access::Staff, weeks::confirm)
        .post("/staff/course/weeks/{week}/remove", Access::Staff, weeks::remove)
        .get("/staff/course/weeks/{week}/attach", Access::Staff, keys::choose)
        .post("/staff/course/weeks/{week}/attach", Access::Staff, keys::attach)
        .get("/staff/course/weeks/{week}/readings/{reading}", Access::Staff, keys::show)
        .post("/staff/course/weeks/{week}/readings/{reading}", Access::Staff, keys::amend)
        .post("/staff/course/weeks/{week}/readings/{reading}/move", Access::Staff, keys::shift)
        .post("/staff/course/weeks/{week}/readings/{reading}/detach", Access::Staff, keys::detach)
}

/// The course that is taught here; not found before there is one.
async fn taught(conn: &Conn) -> Result<Course, Problem> {
    catalogue::courses(conn).await?.into_iter().next().ok_or(Problem::NotFound)
}

/// One week of the course, among all of them.
struct Week {
    weeks: Vec<CourseModule>,
    at: usize,
}

impl Week {
    async fn find(conn: &Conn, id: &str) -> Result<Self, Problem> {
        let id = id.parse().map_err(|_| Problem::NotFound)?;
        let weeks = catalogue::course_modules(conn, taught(conn).await?.id).await?;
        let at = weeks.iter().position(|week| week.id == id).ok_or(Problem::NotFound)?;
        Ok(Self { weeks, at })
    }

    fn module(&self) -> &CourseModule {
        &self.weeks[self.at]
    }
}

/// Where a week's page is.
fn path(week: &CourseModule) -> String {
    format!("/staff/course/weeks/{}", week.id)
}

fn to(path: &str) -> Response {
    Redirect::to(path).into_response()
}

/// A refusal that no field of a form is to blame for.
fn refused(refusal: EditRefusal) -> Problem {
    let told = |title, detail: String| Problem::Conflict { title, detail };
    match refusal {
        EditRefusal::NoSuchCourse | EditRefusal::NoSuchModule => Problem::NotFound,
        EditRefusal::Stale => told(
            "Somebody else changed this meanwhile",
            "The course was changed after you opened the page, so nothing was done.".to_owned(),
        ),
        EditRefusal::NotBackwards(why) => told("The weeks cannot stand so", format!("{why}. Change that week first.")),
        EditRefusal::Db(error) => error.into(),
        other => told("That cannot be done", format!("{other}.")),
    }
}
