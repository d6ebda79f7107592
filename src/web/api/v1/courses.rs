//! Courses: what is taught, without dates.

use axum::http::Uri;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::catalogue::{self, model};
use crate::kernel::Slug;
use crate::tokens::Scope;
use crate::web::api::input::{Asked, Named};
use crate::web::api::paging::Paging;
use crate::web::api::routes::{ApiRoutes, Says};
use crate::web::api::{ApiProblem, json};
use crate::web::session::PageSnapshot;

pub(super) fn routes() -> ApiRoutes {
    let list = Says::new("listCourses", "Catalogue", "The courses that are taught").pages::<Course>();
    let show = Says::new("getCourse", "Catalogue", "One course, with its modules").gives::<CourseWithModules>(200, "The course.");
    ApiRoutes::default().get("/api/v1/courses", Scope::CatalogueRead, list, list_courses).get(
        "/api/v1/courses/{course}",
        Scope::CatalogueRead,
        show,
        get_course,
    )
}

/// A course: what is taught, without dates.
#[derive(Debug, Serialize, ToSchema)]
pub struct Course {
    id: String,
    /// Its address.
    slug: String,
    title: String,
    /// One sentence below the title.
    dek: String,
    outcomes: Vec<String>,
    hours_min: u32,
    hours_max: u32,
    /// A BCP 47 tag.
    language: String,
}

impl From<&model::Course> for Course {
    fn from(course: &model::Course) -> Self {
        Self {
            id: course.id.to_string(),
            slug: course.slug.to_string(),
            title: course.title.clone(),
            dek: course.dek.clone(),
            outcomes: course.outcomes.clone(),
            hours_min: course.hours_min,
            hours_max: course.hours_max,
            language: course.language.clone(),
        }
    }
}

/// A course with its modules, in order.
#[derive(Debug, Serialize, ToSchema)]
pub struct CourseWithModules {
    course: Course,
    modules: Vec<CourseModule>,
}

/// One week of a course.
#[derive(Debug, Serialize, ToSchema)]
pub struct CourseModule {
    id: String,
    /// The week, from 1.
    position: u32,
    title: String,
    dek: String,
    outcomes: Vec<String>,
    /// How many readings it has.
    readings: usize,
    required_readings: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    cursor: Option<String>,
    limit: Option<String>,
}

async fn list_courses(uri: Uri, PageSnapshot(conn): PageSnapshot, Asked(query): Asked<Query>) -> Result<Response, ApiProblem> {
    let paging = Paging::parse("courses", query.cursor.as_deref(), query.limit.as_deref())?;
    let (courses, next) = paging.cut(catalogue::courses(&conn).await?, |course| course.id.0);
    paging.answer(&uri, &courses.iter().map(Course::from).collect::<Vec<_>>(), next)
}

async fn get_course(PageSnapshot(conn): PageSnapshot, Named(slug): Named<Slug>) -> Result<Response, ApiProblem> {
    let course = catalogue::course_by_slug(&conn, &slug).await?.ok_or_else(ApiProblem::not_found)?;
    let module = |module: model::CourseModule| CourseModule {
        id: module.id.to_string(),
        position: module.position,
        readings: module.readings.len(),
        required_readings: module.readings.iter().filter(|key| key.required).count(),
        title: module.title,
        dek: module.dek,
        outcomes: module.outcomes,
    };
    let modules = catalogue::course_modules(&conn, course.id).await?.into_iter().map(module).collect();
    json(&CourseWithModules { course: Course::from(&course), modules })
}
