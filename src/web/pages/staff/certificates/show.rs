//! One certificate, for the staff.

use askama::Template;
use axum::extract::{Path, Query};
use axum::response::Response;

use super::{Done, Flash, certificate};
use crate::catalogue::model::Cohort;
use crate::certificates::{self, CertificateState};
use crate::db::Conn;
use crate::identity::{self, Role};
use crate::kernel::ShownTime;
use crate::kernel::ids::UserId;
use crate::web::Problem;
use crate::web::pages::certificate::{Printed, Worth};
use crate::web::session::{PageSnapshot, Staff};
use crate::web::view::{View, page, pdf_to_save};

#[derive(Template)]
#[template(path = "web/pages/staff/certificates/show.html")]
struct Page<'a> {
    view: &'a View,
    done: Done,
    acts: bool,
    cohort: &'a Cohort,
    it: Printed,
    issued_at: ShownTime,
    issued_by: Option<String>,
    completed_at: ShownTime,
    revoked_by: Option<String>,
}

/// Every field, its state, and what an admin can do.
pub(super) async fn show(
    view: View,
    Staff(person): Staff,
    PageSnapshot(conn): PageSnapshot,
    Path(id): Path<String>,
    Query(flash): Query<Flash>,
) -> Result<Response, Problem> {
    let (found, cohort) = certificate(&conn, &person, &id).await?;
    let revoked_by = match found.state {
        CertificateState::Revoked { by, .. } => name(&conn, by).await?,
        _ => None,
    };
    page(&Page {
        view: &view,
        done: flash.done(),
        acts: person.role == Role::Admin && found.is_in_force(),
        issued_at: ShownTime::new(found.issued_at, &person.zone),
        issued_by: name(&conn, found.issued_by).await?,
        completed_at: ShownTime::new(found.award.completed_at, &person.zone),
        revoked_by,
        cohort: &cohort,
        it: Printed::new(found),
    })
}

async fn name(conn: &Conn, id: Option<UserId>) -> Result<Option<String>, Problem> {
    let Some(id) = id else { return Ok(None) };
    Ok(identity::person(conn, id).await?.map(|person| person.name.as_str().to_owned()))
}

/// The PDF as it was issued, of whatever state.
pub(super) async fn save(
    Staff(person): Staff,
    PageSnapshot(conn): PageSnapshot,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let (found, _) = certificate(&conn, &person, &id).await?;
    let bytes = certificates::pdf(&conn, found.id).await?.ok_or(Problem::NotFound)?;
    Ok(pdf_to_save(&format!("certificate-{}", found.code), bytes))
}
