//! Issuing: the facts in a snapshot, the PDF from them, and a transaction that finds the same facts.

use std::collections::BTreeMap;

use sea_orm::DbErr;

use super::jobs::IssueOne;
use super::model::{Award, Certificate, CertificateEvent, Code, Eligibility, Issuer, NotInForce, eligibility};
use super::sheet::Sheet;
use super::{ISSUED, dry_run, post, store};
use crate::catalogue::{self, model::Cohort};
use crate::db::{Conn, Txn};
use crate::enrolment::{self, Enrolment};
use crate::kernel::ids::{CertificateId, EnrolmentId, UserId};
use crate::kernel::time::Date;
use crate::kernel::{Actor, PersonName, Timestamp, Zone};
use crate::pdf::{self, Pdf, RenderFailure, Template};
use crate::schedule::Plans;
use crate::schedule::model::Inputs;
use crate::services::Services;
use crate::{audit, jobs, learning, readings};

/// The facts may change while a PDF is set, but not for ever.
const TRIES: usize = 3;
/// So many are issued while their admin waits; more are issued later, one job each.
const AT_ONCE: usize = 20;

/// What asking for a certificate came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Issued {
    Now(Box<Certificate>),
    /// The enrolment had one already, of whatever state.
    Before(Box<Certificate>),
}

/// Why no certificate is issued.
#[derive(Debug, thiserror::Error)]
pub enum IssueRefusal {
    #[error("there is no such enrolment")]
    NoSuchEnrolment,
    #[error("the course is not completed")]
    NotEligible(Eligibility),
    #[error("the student's facts changed while the certificate was made")]
    Changed,
    #[error("a certificate takes one page; this one takes {0}")]
    TooLong(usize),
    #[error(transparent)]
    Pdf(#[from] RenderFailure),
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// A certificate to be, with the facts that it is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Draft {
    award: Award,
    zone: Zone,
}

/// A draft that is set.
struct Set {
    code: Code,
    issued_on: Date,
    issued_at: Timestamp,
    pdf: Pdf,
}

/// Issues the first certificate of an enrolment to whoever has completed, and tells them by mail. However many ask at once, there is
/// one.
///
/// # Errors
/// [`IssueRefusal`].
pub async fn issue(
    services: &Services,
    plans: &Plans,
    actor: Actor,
    id: EnrolmentId,
    issuer: &Issuer,
) -> Result<Issued, IssueRefusal> {
    for _ in 0..TRIES {
        let snapshot = services.db.snapshot().await?;
        if let Some(before) = store::newest(&snapshot, id).await? {
            return Ok(Issued::Before(Box::new(before)));
        }
        let enrolment = enrolment::enrolment(&snapshot, id).await?.ok_or(IssueRefusal::NoSuchEnrolment)?;
        let draft = draft(&snapshot, plans, &enrolment, issuer, services.clocks.service()).await?;
        drop(snapshot);
        let set = set(services, &draft.award, &draft.zone).await?;
        let issued = services.db.write(actor, async |txn| first(txn, plans, id, issuer, draft, set).await).await;
        match issued {
            Err(IssueRefusal::Changed) => {}
            decided => return decided,
        }
    }
    Err(IssueRefusal::Changed)
}

/// The second phase.
async fn first(
    txn: &Txn,
    plans: &Plans,
    id: EnrolmentId,
    issuer: &Issuer,
    made_from: Draft,
    set: Set,
) -> Result<Issued, IssueRefusal> {
    // Whoever else issues for this enrolment waits here.
    let enrolment = enrolment::enrolment_for_update(txn, id).await?.ok_or(IssueRefusal::NoSuchEnrolment)?;
    if let Some(before) = store::newest(txn, id).await? {
        return Ok(Issued::Before(Box::new(before)));
    }
    if draft(txn, plans, &enrolment, issuer, txn.now()).await? != made_from {
        return Err(IssueRefusal::Changed);
    }
    Ok(Issued::Now(Box::new(write(txn, (id, 1), made_from.award, set).await?)))
}

async fn write(txn: &Txn, (enrolment, edition): (EnrolmentId, u32), award: Award, set: Set) -> Result<Certificate, DbErr> {
    let certificate = Certificate {
        id: txn.new_id(),
        code: set.code,
        enrolment,
        edition,
        award,
        issued_on: set.issued_on,
        issued_at: set.issued_at,
        issued_by: txn.actor().user(),
        pdf_sha256: set.pdf.sha256(),
        state: super::CertificateState::Issued,
    };
    store::insert(txn, &certificate, set.pdf.bytes).await?;
    audit::record(txn, &CertificateEvent::Issued(&certificate)).await?;
    post(txn, &certificate, ISSUED).await?;
    Ok(certificate)
}

/// What is certified of this student now.
async fn draft(
    conn: &Conn,
    plans: &Plans,
    enrolment: &Enrolment,
    issuer: &Issuer,
    now: Timestamp,
) -> Result<Draft, IssueRefusal> {
    let cohort = catalogue::cohort(conn, enrolment.cohort).await?.ok_or(IssueRefusal::NoSuchEnrolment)?;
    let inputs = learning::inputs_of(conn, plans, (cohort.id, cohort.revision), &[enrolment.id]).await?;
    let inputs = inputs.into_values().next().ok_or(IssueRefusal::NoSuchEnrolment)?;
    let completed_at = match eligibility(enrolment, &inputs, now) {
        Eligibility::Complete { at } => at,
        other => return Err(IssueRefusal::NotEligible(other)),
    };
    let cards = cards(conn, &inputs).await?;
    let award = Award::of(enrolment, &inputs, cohort.course_title, &cards, issuer.clone(), (completed_at, now));
    Ok(Draft { award, zone: cohort.zone })
}

async fn cards(conn: &Conn, inputs: &Inputs) -> Result<BTreeMap<crate::kernel::ids::ReadingId, readings::Card>, DbErr> {
    let keys = inputs.plan.modules().iter().flat_map(|module| &module.readings);
    let ids: Vec<_> = keys.map(|key| key.reading).collect();
    Ok(readings::cards(conn, &ids).await?.into_iter().map(|card| (card.id, card)).collect())
}

/// The first phase: the PDF, under a new code, dated today in `zone`.
async fn set(services: &Services, award: &Award, zone: &Zone) -> Result<Set, IssueRefusal> {
    let (code, issued_at) = (Code::random(&services.random), services.clocks.service());
    let issued_on = zone.civil(issued_at).date();
    let sheet = Sheet::new(award, &code, issued_on, &services.settings.server.public_url.origin())?;
    let pdf = pdf::rendered(Template::Certificate, sheet).await?;
    match pdf.pages {
        1 => Ok(Set { code, issued_on, issued_at, pdf }),
        pages => Err(IssueRefusal::TooLong(pages)),
    }
}

/// Why a certificate gets no successor.
#[derive(Debug, thiserror::Error)]
pub enum SuccessorRefusal {
    #[error("there is no such certificate")]
    NoSuchCertificate,
    #[error("the name is the same")]
    SameName,
    #[error(transparent)]
    NotInForce(#[from] NotInForce),
    #[error(transparent)]
    Issue(#[from] IssueRefusal),
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// Issues the same award under the corrected `name`, in the place of certificate `id`, which says so from then on. The enrolment has
/// the corrected name too.
///
/// # Errors
/// [`SuccessorRefusal`].
pub async fn issue_successor(
    services: &Services,
    actor: Actor,
    id: CertificateId,
    name: PersonName,
) -> Result<Certificate, SuccessorRefusal> {
    let snapshot = services.db.snapshot().await?;
    let old = store::certificate(&snapshot, id).await?.ok_or(SuccessorRefusal::NoSuchCertificate)?;
    let zone = zone_of(&snapshot, old.enrolment).await?.ok_or(SuccessorRefusal::NoSuchCertificate)?;
    drop(snapshot);
    if !old.is_in_force() {
        return Err(NotInForce.into());
    }
    if old.award.name == name {
        return Err(SuccessorRefusal::SameName);
    }
    let award = Award { name: name.clone(), ..old.award };
    let set = set(services, &award, &zone).await?;
    services
        .db
        .write(actor, async |txn| {
            enrolment::correct_name(txn, old.enrolment, name).await?;
            let before = store::certificate_for_update(txn, id).await?.ok_or(SuccessorRefusal::NoSuchCertificate)?;
            let after = before.clone().supersede(txn.now(), set.code.clone())?;
            store::save_state(txn, &after).await?;
            audit::record(txn, &CertificateEvent::Superseded { before: &before, after: &after }).await?;
            Ok(write(txn, (old.enrolment, before.edition + 1), award, set).await?)
        })
        .await
}

async fn zone_of(conn: &Conn, id: EnrolmentId) -> Result<Option<Zone>, DbErr> {
    let Some(enrolment) = enrolment::enrolment(conn, id).await? else { return Ok(None) };
    Ok(catalogue::cohort(conn, enrolment.cohort).await?.map(|cohort| cohort.zone))
}

/// What issuing to all that are ready came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bulk {
    /// So many were issued, and so many of those that looked ready were not.
    Done { issued: usize, failed: usize },
    /// So many are being issued, in the background.
    Later { count: usize },
}

/// Issues a certificate to everybody of the cohort who is ready for one and has none: a second run issues none.
///
/// # Errors
/// The database's own.
pub async fn issue_ready(
    services: &Services,
    plans: &Plans,
    admin: UserId,
    cohort: &Cohort,
    issuer: &Issuer,
) -> Result<Bulk, DbErr> {
    let actor = Actor::User(admin);
    let snapshot = services.db.snapshot().await?;
    let found = dry_run(&snapshot, plans, cohort, issuer, services.clocks.service()).await?;
    drop(snapshot);
    let ready: Vec<EnrolmentId> = found.ready().collect();
    if ready.len() > AT_ONCE {
        let work = async |txn: &Txn| {
            for &enrolment in &ready {
                jobs::enqueue(txn, &IssueOne { enrolment, admin, issuer: issuer.clone() }).await?;
            }
            Ok::<_, DbErr>(())
        };
        services.db.write(actor, work).await?;
        return Ok(Bulk::Later { count: ready.len() });
    }
    let (mut issued, mut failed) = (0, 0);
    for enrolment in ready {
        match issue(services, plans, actor, enrolment, issuer).await {
            Ok(Issued::Now(_)) => issued += 1,
            Ok(Issued::Before(_)) => {}
            Err(IssueRefusal::Db(error)) => return Err(error),
            Err(refusal) => {
                tracing::warn!(%enrolment, %refusal, "a certificate was not issued");
                failed += 1;
            }
        }
    }
    Ok(Bulk::Done { issued, failed })
}
