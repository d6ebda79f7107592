//! The student's certificate: what it is worth, the PDF, and how others check it; or what is missing for it.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;

use super::Paths;
use crate::catalogue;
use crate::certificates::{self, Eligibility};
use crate::db::Conn;
use crate::enrolment::{self, Enrolment, EnrolmentState};
use crate::kernel::ids::EnrolmentId;
use crate::learning;
use crate::schedule::Plans;
use crate::web::pages::certificate::{Printed, Worth};
use crate::web::pages::shown::counted;
use crate::web::session::PageSnapshot;
use crate::web::view::{Moment, View, page, pdf_to_save};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/learn/certificate.html")]
struct Page<'a> {
    view: &'a View,
    enrolment: EnrolmentId,
    it: Printed,
    /// Where anybody checks it.
    verify: String,
}

#[derive(Template)]
#[template(path = "web/pages/learn/no_certificate.html")]
struct Absent<'a> {
    view: &'a View,
    enrolment: EnrolmentId,
    cohort: String,
    name: &'a str,
    missing: Missing,
}

/// What stands between a student and a certificate.
enum Missing {
    Weeks(Vec<Week>),
    /// An admin's act.
    Issuing,
    /// A seat.
    Seat,
}

struct Week {
    number: u32,
    title: String,
    href: String,
    /// "1 required reading".
    left: String,
}

/// The certificate of the reader's own enrolment; another's is not found.
pub(super) async fn show(
    State(app): State<App>,
    view: View,
    moment: Moment,
    PageSnapshot(conn): PageSnapshot,
    enrolment: Result<Path<EnrolmentId>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(id) = enrolment?;
    let enrolment = enrolment::of_user(&conn, moment.subject.id, id).await?.ok_or(Problem::NotFound)?;
    if let Some(certificate) = certificates::newest(&conn, id).await? {
        let origin = app.services.settings.server.public_url.origin();
        let verify = format!("{origin}{}", certificates::verify_path(&certificate.code));
        return page(&Page { view: &view, enrolment: id, it: Printed::new(certificate), verify });
    }
    let cohort = catalogue::cohort(&conn, enrolment.cohort).await?.ok_or(Problem::NotFound)?;
    let missing = missing(&conn, &app.plans, &moment, &enrolment).await?;
    page(&Absent { view: &view, enrolment: id, cohort: cohort.name, name: enrolment.certificate_name.as_str(), missing })
}

async fn missing(conn: &Conn, plans: &Plans, moment: &Moment, enrolment: &Enrolment) -> Result<Missing, Problem> {
    if !matches!(enrolment.state, EnrolmentState::Enrolled { .. }) {
        return Ok(Missing::Seat);
    }
    let place = learning::access(conn, plans, moment.subject.id, enrolment.id).await?.ok_or(Problem::NotFound)?;
    Ok(match certificates::model::eligibility(enrolment, &place.inputs, moment.now) {
        Eligibility::Complete { .. } | Eligibility::NothingRequired => Missing::Issuing,
        Eligibility::NotEnrolled => Missing::Seat,
        Eligibility::Incomplete(weeks) => {
            let week = |week: certificates::Missing| Week {
                href: Paths(enrolment.id).week(week.week),
                number: week.week,
                title: week.title,
                left: counted(week.readings.len(), "required reading"),
            };
            Missing::Weeks(weeks.into_iter().map(week).collect())
        }
    })
}

/// The PDF as it was issued, while it is in force.
pub(super) async fn save(
    moment: Moment,
    PageSnapshot(conn): PageSnapshot,
    enrolment: Result<Path<EnrolmentId>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(id) = enrolment?;
    enrolment::of_user(&conn, moment.subject.id, id).await?.ok_or(Problem::NotFound)?;
    let certificate = certificates::newest(&conn, id).await?.ok_or(Problem::NotFound)?;
    if !certificate.is_in_force() {
        return Err(Problem::Conflict {
            title: "This certificate is not valid any more",
            detail: "It was revoked; its page says why.".to_owned(),
        });
    }
    let bytes = certificates::pdf(&conn, certificate.id).await?.ok_or(Problem::NotFound)?;
    Ok(pdf_to_save(&format!("certificate-{}", certificate.code), bytes))
}
