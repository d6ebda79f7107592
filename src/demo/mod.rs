//! The demonstration: "Example Journal", its course and four cohorts with a past, so that every page has something to show.
//!
//! It is made by the same verbs as everything else, on a clock of its own that goes through the months before today; what would
//! have been mailed in that past is marked as suppressed, not sent.

mod content;
mod history;

use sea_orm::DbErr;

use crate::acts::OpenRefusal;
use crate::catalogue::{self, CourseRefusal};
use crate::certificates::IssueRefusal;
use crate::enrolment::HoldRefusal;
use crate::identity::{CreateRefusal, RegisterRefusal};
use crate::learning::MarkReadRefusal;
use crate::payment::{PlaceRefusal, RecordRefusal};
use crate::readings::AddRefusal;
use crate::services::{Services, StartError};

pub use history::seed;

/// Whom the demonstration can be entered as: role and address.
pub const SIGN_INS: [(&str, &str); 3] =
    [("admin", "admin@example.org"), ("instructor", "instructor@example.org"), ("student", "student03@example.org")];

/// Why there is no demonstration.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error("the database is not empty: the demonstration goes into an empty one (choose another folder with --data)")]
    NotEmpty,
    #[error("the demonstration's content: {0}")]
    Content(String),
    #[error("the demonstration: {0}")]
    Start(#[from] StartError),
    #[error("the demonstration: a person: {0}")]
    Person(#[from] CreateRefusal),
    #[error("the demonstration: a student: {0}")]
    Student(#[from] RegisterRefusal),
    #[error("the demonstration: a reading: {0}")]
    Reading(#[from] AddRefusal),
    #[error("the demonstration: the course: {0}")]
    Course(#[from] CourseRefusal),
    #[error("the demonstration: a cohort: {0}")]
    Cohort(#[from] OpenRefusal),
    #[error("the demonstration: a seat: {0}")]
    Seat(#[from] HoldRefusal),
    #[error("the demonstration: an order: {0}")]
    Order(#[from] PlaceRefusal),
    #[error("the demonstration: a payment: {0}")]
    Payment(#[from] RecordRefusal),
    #[error("the demonstration: progress: {0}")]
    Progress(#[from] MarkReadRefusal),
    #[error("the demonstration: a certificate: {0}")]
    Certificate(#[from] IssueRefusal),
    #[error("the demonstration: the database: {0}")]
    Db(#[from] DbErr),
}

/// Seeds a database that has no course yet.
///
/// # Errors
/// [`DemoError`].
pub async fn seed_if_empty(services: &Services) -> Result<(), DemoError> {
    if is_empty(services).await? {
        seed(services, |step| tracing::info!("{step}")).await?;
    }
    Ok(())
}

async fn is_empty(services: &Services) -> Result<bool, DbErr> {
    let snapshot = services.db.snapshot().await?;
    Ok(catalogue::courses(&snapshot).await?.is_empty())
}
