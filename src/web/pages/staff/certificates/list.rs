//! The dry run: who of a cohort gets a certificate, who has one, and what others miss.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;

use super::{Done, Flash, cohort};
use crate::catalogue::model::Cohort;
use crate::certificates::{self, Candidate, CertificateState, DryRun, Issuer, Missing, Standing};
use crate::identity::Role;
use crate::kernel::ids::{CertificateId, EnrolmentId};
use crate::kernel::shown::plain_date;
use crate::kernel::{ShownTime, Zone};
use crate::organisation;
use crate::pdf;
use crate::web::pages::shown::counted;
use crate::web::session::{PageSnapshot, Staff};
use crate::web::view::{View, page};
use crate::web::{App, Problem};

#[derive(Template)]
#[template(path = "web/pages/staff/certificates/list.html")]
struct Page<'a> {
    view: &'a View,
    cohort: &'a Cohort,
    done: Done,
    acts: bool,
    ready: usize,
    /// "3 certificates".
    ready_words: String,
    have: usize,
    /// Being issued in the background.
    under_way: usize,
    others: usize,
    /// Characters that stop every certificate of the cohort.
    unprintable: Option<String>,
    rows: Vec<Row<'a>>,
}

struct Row<'a> {
    name: &'a str,
    state: (&'static str, &'static str),
    detail: String,
    act: Act,
}

/// What an admin can do for a student.
enum Act {
    Nothing,
    Issue(EnrolmentId),
    Rename(EnrolmentId),
    See(CertificateId),
}

/// The list.
pub(super) async fn show(
    State(app): State<App>,
    view: View,
    Staff(person): Staff,
    PageSnapshot(conn): PageSnapshot,
    Path(slug): Path<String>,
    Query(flash): Query<Flash>,
) -> Result<Response, Problem> {
    let cohort = cohort(&conn, &person, &slug).await?;
    let now = app.services.clocks.service();
    // Without a legal name the run shows all else that stands in the way; issuing says that it must be set.
    let issuer = Issuer::of(&organisation::current(&conn).await?);
    let issuer = issuer.unwrap_or(Issuer { legal_name: String::new(), signers: Vec::new() });
    let found = certificates::dry_run(&conn, &app.plans, &cohort, &issuer, now).await?;
    let ready = found.ready().count();
    let have = found.candidates.iter().filter(|candidate| matches!(candidate.standing, Standing::Has(_))).count();
    let under_way = certificates::under_way(&conn, found.ready()).await?;
    let is_left = ready > 0 || !found.unprintable.is_empty();
    page(&Page {
        view: &view,
        cohort: &cohort,
        // While nothing can be printed, nobody counts as ready, and nobody is issued.
        done: match flash.done() {
            Done::Issuing if under_way > 0 => Done::Issuing,
            Done::Issuing if is_left => Done::GivenUp,
            Done::Issuing => Done::Issued,
            done => done,
        },
        acts: person.role == Role::Admin,
        ready,
        ready_words: counted(ready, "certificate"),
        have,
        under_way,
        others: found.candidates.len() - ready - have,
        unprintable: (!found.unprintable.is_empty()).then(|| pdf::shown(&found.unprintable)),
        rows: rows(&found, &person.zone),
    })
}

fn rows<'a>(found: &'a DryRun, zone: &Zone) -> Vec<Row<'a>> {
    found.candidates.iter().map(|candidate| row(candidate, zone, found.unprintable.is_empty())).collect()
}

fn row<'a>(candidate: &'a Candidate, zone: &Zone, printable: bool) -> Row<'a> {
    let id = candidate.enrolment.id;
    let (state, detail, act) = match &candidate.standing {
        Standing::Has(certificate) => {
            let state = match certificate.state {
                CertificateState::Revoked { .. } => ("bad", "Revoked"),
                CertificateState::Issued | CertificateState::Superseded { .. } => ("done", "Issued"),
            };
            (state, format!("On {}", plain_date(certificate.issued_on)), Act::See(certificate.id))
        }
        Standing::Ready { completed_at } => {
            let detail = format!("Completed on {}", ShownTime::new(*completed_at, zone).date);
            (("next", "Ready"), detail, if printable { Act::Issue(id) } else { Act::Nothing })
        }
        Standing::Unprintable(characters) => {
            (("wait", "Name cannot be printed"), format!("No letter for {}", pdf::shown(characters)), Act::Rename(id))
        }
        Standing::Incomplete(missing) => (("", "Not yet"), missing_words(missing), Act::Nothing),
        Standing::NothingRequired => (("", "Not yet"), "The course requires no reading".to_owned(), Act::Nothing),
    };
    Row { name: candidate.enrolment.certificate_name.as_str(), state, detail, act }
}

fn missing_words(missing: &[Missing]) -> String {
    let week = |week: &Missing| format!("week {} ({})", week.week, counted(week.readings.len(), "reading"));
    format!("Missing: {}", missing.iter().map(week).collect::<Vec<_>>().join(", "))
}
