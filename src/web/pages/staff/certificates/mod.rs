//! Certificates, for the staff: instructors see those of their own cohorts, admins issue, correct and revoke.

mod issue;
mod list;
mod name;
mod revoke;
mod show;
mod successor;

use serde::Deserialize;

use crate::catalogue::{self, model::Cohort};
use crate::certificates::{self, Certificate, IssueRefusal, Issuer};
use crate::db::Conn;
use crate::enrolment;
use crate::identity::{Person, Role};
use crate::organisation;
use crate::pdf::{self, RenderFailure};
use crate::web::Problem;
use crate::web::routes::{Access, Routes};

pub(super) fn routes() -> Routes {
    Routes::default()
        .get("/staff/cohorts/{slug}/certificates", Access::Staff, list::show)
        .post("/staff/cohorts/{slug}/certificates", Access::AdminNow, issue::all)
        .post("/staff/cohorts/{slug}/certificates/{enrolment}", Access::AdminNow, issue::one)
        .get("/staff/cohorts/{slug}/certificates/{enrolment}/name", Access::AdminNow, name::form)
        .post("/staff/cohorts/{slug}/certificates/{enrolment}/name", Access::AdminNow, name::correct)
        .get("/staff/certificates/{certificate}", Access::Staff, show::show)
        .get("/staff/certificates/{certificate}/pdf", Access::Staff, show::save)
        .get("/staff/certificates/{certificate}/revoke", Access::AdminNow, revoke::form)
        .post("/staff/certificates/{certificate}/revoke", Access::AdminNow, revoke::revoke)
        .get("/staff/certificates/{certificate}/successor", Access::AdminNow, successor::form)
        .post("/staff/certificates/{certificate}/successor", Access::AdminNow, successor::issue)
}

/// In whose name certificates are issued.
async fn issuer(conn: &Conn) -> Result<Issuer, Problem> {
    Issuer::of(&organisation::current(conn).await?).ok_or(Problem::Conflict {
        title: "The legal name is not set",
        detail: "A certificate says who issues it. Set the organisation’s legal name in the settings first.".to_owned(),
    })
}

/// What was done a moment ago, from a list of our own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Done {
    Nothing,
    Issued,
    /// There was nobody to issue to.
    IssuedNone,
    /// Some failed.
    IssuedSome,
    /// In the background.
    Issuing,
    /// It was given up in the background.
    GivenUp,
    Renamed,
    Revoked,
    Corrected,
}

#[derive(Debug, Deserialize)]
struct Flash {
    #[serde(default)]
    done: String,
}

impl Flash {
    fn done(&self) -> Done {
        match self.done.as_str() {
            "issued" => Done::Issued,
            "issued-none" => Done::IssuedNone,
            "issued-some" => Done::IssuedSome,
            "issuing" => Done::Issuing,
            "renamed" => Done::Renamed,
            "revoked" => Done::Revoked,
            "corrected" => Done::Corrected,
            _ => Done::Nothing,
        }
    }
}

async fn sees(conn: &Conn, person: &Person, cohort: &Cohort) -> Result<bool, Problem> {
    Ok(person.role == Role::Admin || catalogue::instructors(conn, cohort.id).await?.contains(&person.id))
}

/// The cohort at this address, if this person may see it.
async fn cohort(conn: &Conn, person: &Person, slug: &str) -> Result<Cohort, Problem> {
    let slug = slug.parse().map_err(|_| Problem::NotFound)?;
    let cohort = catalogue::cohort_by_slug(conn, &slug).await?.ok_or(Problem::NotFound)?;
    if sees(conn, person, &cohort).await? { Ok(cohort) } else { Err(Problem::NotFound) }
}

/// The certificate of this id, if this person may see its cohort, with that.
async fn certificate(conn: &Conn, person: &Person, id: &str) -> Result<(Certificate, Cohort), Problem> {
    let id = id.parse().map_err(|_| Problem::NotFound)?;
    let certificate = certificates::certificate(conn, id).await?.ok_or(Problem::NotFound)?;
    let enrolment = enrolment::enrolment(conn, certificate.enrolment).await?.ok_or(Problem::NotFound)?;
    let cohort = catalogue::cohort(conn, enrolment.cohort).await?.ok_or(Problem::NotFound)?;
    if sees(conn, person, &cohort).await? { Ok((certificate, cohort)) } else { Err(Problem::NotFound) }
}

/// What to tell of a refusal. Of one about the name, beside its field.
fn told(refusal: &IssueRefusal) -> String {
    match refusal {
        IssueRefusal::Pdf(RenderFailure::MissingGlyphs { characters, .. }) => format!(
            "The certificate’s font cannot print {}. Correct the name on the certificate to letters that it can",
            pdf::shown(characters)
        ),
        IssueRefusal::TooLong(_) => {
            "The texts do not fit on one page. Shorten the name, or the course’s or its weeks’ titles".to_owned()
        }
        other => other.to_string(),
    }
}

impl From<IssueRefusal> for Problem {
    fn from(refusal: IssueRefusal) -> Self {
        match refusal {
            IssueRefusal::NoSuchEnrolment => Self::NotFound,
            IssueRefusal::Db(error) => error.into(),
            IssueRefusal::Changed => Self::Busy,
            IssueRefusal::Pdf(failure @ RenderFailure::Template(_)) => Self::internal(failure),
            IssueRefusal::NotEligible(_) => Self::Conflict {
                title: "The course is not completed",
                detail: "A required reading is not read. The list of the cohort says what is missing.".to_owned(),
            },
            refusal => Self::Conflict { title: "The certificate cannot be printed", detail: format!("{}.", told(&refusal)) },
        }
    }
}
