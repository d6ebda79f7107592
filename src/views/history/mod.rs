//! One enrolment's whole history in one place: what the log, the outbox, the gateway and the student's reading say of it.

mod letters;
mod next;

use std::collections::BTreeMap;

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};

use super::staff::sees;
use crate::audit::{self, Wanted};
use crate::catalogue::model::{Cohort, Verdict};
use crate::certificates::{self, Certificate};
use crate::db::Conn;
use crate::db::rows::identity::users;
use crate::enrolment::{self, Enrolment};
use crate::identity::{Person, Role};
use crate::kernel::Timestamp;
use crate::kernel::ids::{EnrolmentId, ReadingId, UserId};
use crate::learning::{self, Place};
use crate::payment::{self, Exception, Order, Payment, Refund};
use crate::schedule::Plans;
use crate::schedule::model::{Access, Dates, dates};
use crate::{catalogue, readings};

pub use letters::{Letter, Posted};
pub use next::{Confirmation, NextAct, Stands, Study, next};

/// The most entries of the log that are read, newest first.
const ENTRIES: u64 = 300;

/// What an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    Seat,
    Mail,
    Money,
    Study,
}

/// One line of the timeline.
#[derive(Debug, Clone)]
pub struct Line {
    /// Service time.
    pub at: Timestamp,
    pub topic: Topic,
    pub what: What,
}

/// Events of one transaction, which has one moment, in the order in which they come to pass.
const WITHIN: [&str; 9] = [
    "user.registered",
    "enrolment.held",
    "order.placed",
    "payment.started",
    "payment.moved",
    "payment.captured",
    "order.paid",
    "enrolment.confirmed",
    "enrolment.reseated",
];

impl Line {
    /// Its place among the lines of one moment; a mail is of what was done before it.
    fn place(&self) -> usize {
        match &self.what {
            What::Event { entry, .. } => WITHIN.iter().position(|kind| *kind == entry.kind).unwrap_or(WITHIN.len()),
            What::Opened { .. } | What::Read { .. } => WITHIN.len(),
            What::Letter(_) => WITHIN.len() + 1,
        }
    }
}

#[derive(Debug, Clone)]
pub enum What {
    /// By whom, as far as they have a name.
    Event {
        entry: audit::Entry,
        by: Option<String>,
    },
    Letter(Letter),
    /// A week opened for the student.
    Opened {
        week: u32,
        title: String,
    },
    Read {
        week: u32,
        title: String,
    },
}

/// A week as the student has it.
#[derive(Debug, Clone)]
pub struct Week {
    pub position: u32,
    pub title: String,
    pub dates: Dates,
    pub open: bool,
    pub required: usize,
    pub required_left: usize,
    /// Why its dates are the student's own.
    pub extended: Option<String>,
}

/// What is owed and what came: for admins alone.
#[derive(Debug, Clone)]
pub struct Paper {
    pub order: Order,
    pub payments: Vec<Payment>,
    pub refunds: Vec<Refund>,
    pub exceptions: Vec<Exception>,
}

/// One enrolment with all that is known of it.
#[derive(Debug, Clone)]
pub struct History {
    pub enrolment: Enrolment,
    pub cohort: Cohort,
    pub name: String,
    pub email: String,
    /// The student's own.
    pub zone: String,
    pub last_seen: Option<Timestamp>,
    /// Newest first; none for an instructor.
    pub papers: Vec<Paper>,
    /// In order; none without a seat.
    pub weeks: Vec<Week>,
    pub next: NextAct,
    /// The newest, of whatever state.
    pub certificate: Option<Certificate>,
    /// Newest first.
    pub lines: Vec<Line>,
    /// There is more than the lines say, all of it older.
    pub cut: bool,
}

/// The history of an enrolment that this person may see; another is not found.
///
/// # Errors
/// The database's own.
pub async fn history(
    conn: &Conn,
    plans: &Plans,
    reader: &Person,
    id: EnrolmentId,
    now: Timestamp,
) -> Result<Option<History>, DbErr> {
    let Some(enrolment) = enrolment::enrolment(conn, id).await? else { return Ok(None) };
    if !sees(conn, reader, enrolment.cohort).await? {
        return Ok(None);
    }
    let Some(cohort) = catalogue::cohort(conn, enrolment.cohort).await? else { return Ok(None) };
    let Some(user) = users::Entity::find_by_id(enrolment.user).one(conn).await? else { return Ok(None) };
    let papers = if reader.role == Role::Admin { papers(conn, id).await? } else { Vec::new() };
    let place = learning::access(conn, plans, enrolment.user, id).await?;
    let weeks = place.as_ref().map(|place| weeks(place, now)).unwrap_or_default();
    let issued = certificates::of_enrolments(conn, &[id]).await?;
    let mut subjects = subjects(reader, &enrolment, &papers, &issued);
    let (letters, older_letters) = letters::about(conn, enrolment.user, &subjects).await?;
    let next = next(&Stands {
        seat: enrolment.state,
        order: papers.first().map(|paper| paper.order.id),
        queued: papers.iter().any(|paper| !paper.exceptions.is_empty()),
        confirmation: confirmation(&letters),
        study: study(place.as_ref(), &weeks, now),
        certificate: issued.first().map(|certificate| certificate.id),
        reader: reader.role,
    });
    subjects.extend(letters.iter().map(|letter| letter.id.to_string()));
    let (mut lines, older_entries) = events(conn, &enrolment, &subjects).await?;
    lines.extend(letters.into_iter().map(|letter| {
        let at = letter.sent_at.unwrap_or(letter.due_at);
        Line { at, topic: Topic::Mail, what: What::Letter(letter) }
    }));
    if let Some(place) = &place {
        lines.extend(studied(conn, place, now).await?);
    }
    lines.sort_by_key(|line| std::cmp::Reverse((line.at, line.place())));
    let last_seen = user.last_seen_at.map(Into::into);
    Ok(Some(History {
        enrolment,
        cohort,
        name: user.name,
        email: user.email,
        zone: user.zone,
        last_seen,
        papers,
        weeks,
        next,
        certificate: issued.into_iter().next(),
        lines,
        cut: older_letters || older_entries,
    }))
}

async fn papers(conn: &Conn, id: EnrolmentId) -> Result<Vec<Paper>, DbErr> {
    let mut papers = Vec::new();
    for order in payment::orders_of_enrolment(conn, id).await? {
        let payments = payment::payments_of_order(conn, order.id).await?;
        let exceptions = payment::queue_of_order(conn, order.id).await?;
        let refunds = payment::refunds_of_order(conn, order.id).await?;
        papers.push(Paper { order, payments, refunds, exceptions });
    }
    Ok(papers)
}

fn weeks(place: &Place, now: Timestamp) -> Vec<Week> {
    let inputs = &place.inputs;
    let own = inputs.facts.enrolment;
    let all = dates(&inputs.plan, &inputs.overrides, own);
    let progress = place.progress(now);
    let with = inputs.plan.modules().iter().zip(all).zip(&progress.modules);
    let week = |((module, dates), progress): ((&catalogue::model::CohortModule, Dates), &learning::model::ModuleProgress)| {
        let mut changes: Vec<_> =
            inputs.overrides.iter().filter(|change| change.enrolment == Some(own) && change.module == module.id).collect();
        changes.sort_by_key(|change| (change.created_at, change.id));
        Week {
            position: module.position,
            title: module.title.clone(),
            dates,
            open: progress.access.is_open(),
            required: progress.required(),
            required_left: progress.required_left(),
            extended: changes.last().map(|change| change.reason.clone()),
        }
    };
    with.map(week).collect()
}

fn study(place: Option<&Place>, weeks: &[Week], now: Timestamp) -> Study {
    let complete = place.is_some_and(|place| matches!(place.progress(now).completion, Verdict::Met { at: Some(_) }));
    let behind = |week: &&Week| week.required_left > 0 && week.dates.due_at.is_some_and(|due| due <= now);
    match weeks.iter().find(behind) {
        _ if complete => Study::Complete,
        Some(week) => Study::Behind { week: week.position },
        None => Study::OnTime,
    }
}

fn confirmation(letters: &[Letter]) -> Confirmation {
    let newest = letters.iter().filter(|letter| letter.kind == "enrolment_confirmed").max_by_key(|letter| letter.id);
    match newest {
        Some(letter) if letter.state == Posted::Dead => Confirmation::Dead,
        _ => Confirmation::Well,
    }
}

/// Sign-ins are no part of an enrolment's history; the last of them is "last seen".
fn is_noise(kind: &str) -> bool {
    kind.starts_with("user.s") || kind.starts_with("user.recovery") || kind == "user.confirmed"
}

/// What entries and mails of the enrolment's are about, as far as this reader may know of it.
fn subjects(reader: &Person, enrolment: &Enrolment, papers: &[Paper], certificates: &[Certificate]) -> Vec<String> {
    let mut subjects = vec![enrolment.id.to_string()];
    subjects.extend(certificates.iter().map(|certificate| certificate.id.to_string()));
    if reader.role == Role::Admin {
        subjects.push(enrolment.user.to_string());
    }
    for paper in papers {
        subjects.push(paper.order.id.to_string());
        subjects.extend(paper.payments.iter().map(|payment| payment.id.to_string()));
        subjects.extend(paper.refunds.iter().map(|refund| refund.id.to_string()));
        subjects.extend(paper.exceptions.iter().map(|exception| exception.id.to_string()));
    }
    subjects
}

/// What the log says of these subjects and of the cohort's releases, the newest of it; and whether there is more.
async fn events(conn: &Conn, enrolment: &Enrolment, subjects: &[String]) -> Result<(Vec<Line>, bool), DbErr> {
    let mut entries = audit::of_subjects(conn, subjects, ENTRIES + 1).await?;
    let cut = entries.len() as u64 > ENTRIES;
    entries.truncate(usize::try_from(ENTRIES).unwrap_or(usize::MAX));
    entries.retain(|entry| !is_noise(&entry.kind));
    // Apart, and of one kind: however much else happens to the cohort, it takes no room from the enrolment's own.
    let moved =
        Wanted { subject: Some(enrolment.cohort.to_string()), kind: Some("release.moved".to_owned()), ..Wanted::default() };
    entries.extend(audit::search(conn, &moved, None, ENTRIES).await?);
    let names = names(conn, entries.iter().filter_map(|entry| entry.actor)).await?;
    let line = |entry: audit::Entry| {
        let by = entry.actor.and_then(|actor| names.get(&actor).cloned());
        Line { at: entry.at, topic: topic(&entry.kind), what: What::Event { entry, by } }
    };
    Ok((entries.into_iter().map(line).collect(), cut))
}

fn topic(kind: &str) -> Topic {
    match kind {
        "release.moved" | "enrolment.dates_extended" => Topic::Study,
        "enrolment.confirmation_resent" => Topic::Mail,
        _ if kind.starts_with("letter.") => Topic::Mail,
        _ if kind.starts_with("certificate.") => Topic::Study,
        _ if ["order.", "payment.", "refund.", "dispute."].iter().any(|start| kind.starts_with(start)) => Topic::Money,
        _ => Topic::Seat,
    }
}

/// The names of these people, disabled or not, in one statement.
///
/// # Errors
/// The database's own.
pub async fn names(conn: &Conn, people: impl IntoIterator<Item = UserId>) -> Result<BTreeMap<UserId, String>, DbErr> {
    let rows: Vec<(UserId, String)> = users::Entity::find()
        .select_only()
        .columns([users::Column::Id, users::Column::Name])
        .filter(users::Column::Id.is_in(people.into_iter().collect::<std::collections::BTreeSet<_>>()))
        .into_tuple()
        .all(conn)
        .await?;
    Ok(rows.into_iter().collect())
}

/// What opened for the student, and what they read.
async fn studied(conn: &Conn, place: &Place, now: Timestamp) -> Result<Vec<Line>, DbErr> {
    let inputs = &place.inputs;
    let line = |at, what| Line { at, topic: Topic::Study, what };
    let mut lines = Vec::new();
    for decided in inputs.decide(now) {
        if let (Access::Open { since }, Some(module)) = (decided.access, inputs.plan.module(decided.module)) {
            lines.push(line(since, What::Opened { week: decided.position, title: module.title.clone() }));
        }
    }
    let ids: Vec<ReadingId> = inputs.facts.read.keys().map(|(_, reading)| *reading).collect();
    let cards = readings::cards(conn, &ids).await?;
    for ((module, reading), read) in &inputs.facts.read {
        let week = inputs.plan.module(*module).map(|module| module.position);
        let title = cards.iter().find(|card| card.id == *reading).map(|card| card.title.clone());
        if let (Some(week), Some(title)) = (week, title) {
            lines.push(line(read.at, What::Read { week, title }));
        }
    }
    Ok(lines)
}
