//! Mail caused by time passing: what should be sent to whom and when, and what must change in the outbox for it.

mod jobs;
pub mod model;
mod preferences;
mod store;

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::DbErr;

use crate::audit;
use crate::db::{Conn, Txn};
use crate::jobs as work;
use crate::kernel::ids::EnrolmentId;
use crate::kernel::{EmailAddress, Timestamp, Touch};
use crate::learning;
use crate::mail;
use crate::schedule::Plans;
use crate::schedule::model::Inputs;
use model::{
    CancelReason, Change, Existing, Intent, IntentKey, IntentKind, IntentState, MailGroup, Muted, SendDecision, Wish, plan,
    reconcile, still_true,
};
use store::Student;

pub use jobs::PlanReminders;
pub use preferences::{turn_off, turn_on, wishes};

/// The most students planned in one transaction, which keeps the writer to itself.
const STUDENTS: u64 = 200;
/// The most cohorts whose students are touched in one transaction.
const COHORTS: u64 = 20;

/// Plans the mail of touched students, as many as one transaction takes, and asks for the next run while some are left.
///
/// # Errors
/// The database's own.
pub async fn plan_touched(txn: &Txn, plans: &Plans) -> Result<(), DbErr> {
    txn.says("reminders planned");
    let cohorts = audit::take_cohorts(txn, COHORTS).await?;
    for cohort in &cohorts {
        let students: Vec<_> = store::enrolled(txn, cohort.subject).await?.into_iter().map(Touch::Enrolment).collect();
        audit::touch_many(txn, &students).await?;
    }
    audit::drop_taken(txn, &cohorts).await?;
    let people = audit::take_people(txn, STUDENTS).await?;
    let ids: Vec<_> = people.iter().map(|person| person.subject).collect();
    let places: Vec<_> = store::enrolled_of(txn, &ids).await?.into_iter().map(Touch::Enrolment).collect();
    audit::touch_many(txn, &places).await?;
    audit::drop_taken(txn, &people).await?;
    let touched = audit::take_enrolments(txn, STUDENTS).await?;
    let ids: Vec<_> = touched.iter().map(|touch| touch.subject).collect();
    plan_students(txn, plans, &ids).await?;
    audit::drop_taken(txn, &touched).await?;
    if touched.len() as u64 == STUDENTS || people.len() as u64 == STUDENTS || cohorts.len() as u64 == COHORTS {
        work::enqueue(txn, &PlanReminders).await?;
    }
    Ok(())
}

/// Plans the mail of all who were touched, however many: for when nobody else writes.
///
/// # Errors
/// The database's own.
pub async fn plan_all(txn: &Txn, plans: &Plans) -> Result<(), DbErr> {
    while audit::is_touched(txn).await? {
        plan_touched(txn, plans).await?;
    }
    Ok(())
}

/// Makes the outbox hold what these students should get. The statements are as many for one student as for all, but for each
/// cohort's plan.
async fn plan_students(txn: &Txn, plans: &Plans, ids: &[EnrolmentId]) -> Result<(), DbErr> {
    if ids.is_empty() {
        return Ok(());
    }
    let mut students = store::students(txn, ids).await?;
    let people: Vec<_> = students.iter().map(|student| student.recipient.user).collect();
    let mut existing = store::existing(txn, &people).await?;
    // A person may have other places, whose reminders are not thought over now.
    existing.retain(|row| ids.contains(&row.key.enrolment()));
    remember(&mut students, &existing);
    let mut by_plan = BTreeMap::<_, Vec<&Student>>::new();
    for student in &students {
        by_plan.entry(student.plan).or_default().push(student);
    }
    let mut planned = Vec::new();
    for (at, students) in by_plan {
        let ids: Vec<_> = students.iter().map(|student| student.enrolment).collect();
        let inputs = learning::inputs_of(txn, plans, at, &ids).await?;
        for student in students {
            let inputs = inputs.get(&student.enrolment).into_iter();
            planned.extend(inputs.flat_map(|inputs| plan(inputs, &student.recipient, txn.now())));
        }
    }
    let muted = muted(&students);
    let addresses = students.into_iter().map(|student| (student.enrolment, student.address)).collect();
    apply(txn, &reconcile(&planned, &existing, &muted, txn.now()), &addresses).await
}

/// Whom a change of one module's release would mail, were it made now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Foreseen {
    /// Who would be told the new date at once, as a mail told them another.
    pub told: usize,
    /// Who would get the mail that the module is open, at its new time.
    pub opened: usize,
}

/// Whom the mail about the module at `position` would reach, were these students' access decided by `inputs`: what the planner
/// would make of them at `now`, counted and not written.
///
/// # Errors
/// The database's own.
pub async fn foresee(conn: &Conn, inputs: &[Inputs], position: u32, now: Timestamp) -> Result<Foreseen, DbErr> {
    let ids: Vec<_> = inputs.iter().map(|inputs| inputs.facts.enrolment).collect();
    let mut students = store::students(conn, &ids).await?;
    let people: Vec<_> = students.iter().map(|student| student.recipient.user).collect();
    let mut existing = store::existing(conn, &people).await?;
    existing.retain(|row| ids.contains(&row.key.enrolment()));
    remember(&mut students, &existing);
    let recipients: BTreeMap<_, _> = students.iter().map(|student| (student.enrolment, &student.recipient)).collect();
    let known = inputs.iter().filter_map(|inputs| Some((inputs, *recipients.get(&inputs.facts.enrolment)?)));
    let planned: Vec<_> = known.flat_map(|(inputs, recipient)| plan(inputs, recipient, now)).collect();
    let mut foreseen = Foreseen::default();
    for key in goes(&reconcile(&planned, &existing, &muted(&students), now), &existing) {
        match key {
            IntentKey::ReleaseMoved { position: of, .. } if of == position => foreseen.told += 1,
            IntentKey::ModuleReleased { position: of, .. } if of == position => foreseen.opened += 1,
            _ => {}
        }
    }
    Ok(foreseen)
}

/// What waits in the outbox after these changes.
fn goes(changes: &[Change], existing: &[Existing]) -> Vec<IntentKey> {
    let waiting: BTreeSet<_> = existing.iter().filter(|row| row.state == IntentState::Waiting).map(|row| row.key).collect();
    let goes = |change: &Change| match change {
        Change::Insert(intent) | Change::MoveTo(intent) | Change::Revive(intent) => Some(intent.key),
        Change::Keep(key) => waiting.contains(key).then_some(*key),
        Change::Cancel(_) | Change::Suppress(_) => None,
    };
    changes.iter().filter_map(goes).collect()
}

/// Tells the students' rules when "you have fallen behind" was sent to them.
fn remember(students: &mut [Student], existing: &[Existing]) {
    let mut told = BTreeMap::<_, Vec<Timestamp>>::new();
    for row in existing.iter().filter(|row| row.key.kind() == IntentKind::FallenBehind) {
        if let IntentState::Sent { at } = row.state {
            told.entry(row.key.enrolment()).or_default().push(at);
        }
    }
    for student in students {
        student.recipient.told_behind = told.remove(&student.enrolment).unwrap_or_default();
    }
}

fn muted(students: &[Student]) -> Muted {
    let off = |student: &Student, group: &MailGroup| student.recipient.wishes.of(*group) == Wish::Off;
    let of =
        |student| MailGroup::ALL.into_iter().filter(move |group| off(student, group)).map(|group| (student.enrolment, group));
    students.iter().flat_map(of).collect()
}

/// Carries out the changes, a statement for each sort.
async fn apply(txn: &Txn, changes: &[Change], addresses: &BTreeMap<EnrolmentId, EmailAddress>) -> Result<(), DbErr> {
    let (mut new, mut moved, mut revived) = (Vec::new(), Vec::new(), Vec::new());
    let (mut cancelled, mut held_back) = (Vec::new(), Vec::<String>::new());
    for change in changes {
        let (intent, letters) = match change {
            Change::Insert(intent) => (intent, &mut new),
            Change::MoveTo(intent) => (intent, &mut moved),
            Change::Revive(intent) => (intent, &mut revived),
            Change::Cancel(key) => {
                cancelled.push(key.to_string());
                continue;
            }
            Change::Suppress(key) => {
                held_back.push(key.to_string());
                continue;
            }
            Change::Keep(_) => continue,
        };
        if let Some(address) = addresses.get(&intent.key.enrolment()) {
            letters.push(store::letter(intent, address)?);
        }
    }
    mail::post_many(txn, new).await?;
    mail::replan(txn, moved).await?;
    mail::revive(txn, revived).await?;
    mail::cancel(txn, &cancelled).await?;
    mail::suppress(txn, &held_back, TURNED_OFF).await
}

/// Why a reminder is suppressed, for the staff.
pub const TURNED_OFF: &str = "the student has turned these mails off";

/// The check before a reminder is rendered and sent: whether it is still true at `now` (service time). `intent` is the payload
/// of its row.
///
/// # Errors
/// The database's own.
pub async fn eligible(conn: &Conn, plans: &Plans, intent: &Intent, now: Timestamp) -> Result<SendDecision, DbErr> {
    let enrolment = intent.key.enrolment();
    let gone = SendDecision::Cancel(CancelReason::EnrolmentEnded);
    let mut students = store::students(conn, &[enrolment]).await?;
    if intent.kind() == IntentKind::FallenBehind {
        let mut told = store::existing_of(conn, &[intent.user], &[IntentKind::FallenBehind]).await?;
        told.retain(|row| row.key.enrolment() == enrolment);
        remember(&mut students, &told);
    }
    let Some(student) = students.pop() else { return Ok(gone) };
    let inputs = learning::inputs_of(conn, plans, student.plan, &[enrolment]).await?;
    Ok(inputs.get(&enrolment).map_or(gone, |inputs| still_true(intent, inputs, &student.recipient, now)))
}
