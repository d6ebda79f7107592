//! Mail caused by time passing: what should be sent to whom and when, and what must change in the outbox for it.

mod jobs;
pub mod model;
mod store;

use std::collections::BTreeMap;

use sea_orm::DbErr;

use crate::audit;
use crate::db::{Conn, Txn};
use crate::jobs as work;
use crate::kernel::ids::EnrolmentId;
use crate::kernel::{EmailAddress, Timestamp, Touch};
use crate::learning;
use crate::schedule::Plans;
use model::{CancelReason, Change, Intent, SendDecision, plan, reconcile, still_true};
use store::Student;

pub use jobs::PlanReminders;

/// The most students planned in one transaction, which keeps the writer to itself.
const STUDENTS: u64 = 200;
/// The most cohorts whose students are touched in one transaction.
const COHORTS: u64 = 20;

/// Plans the mail of touched students, as many as one transaction takes, and asks for the next run while some are left.
///
/// # Errors
/// The database's own.
pub async fn plan_touched(txn: &Txn, plans: &Plans) -> Result<(), DbErr> {
    let cohorts = audit::take_cohorts(txn, COHORTS).await?;
    for cohort in &cohorts {
        let students: Vec<_> = store::enrolled(txn, cohort.subject).await?.into_iter().map(Touch::Enrolment).collect();
        audit::touch_many(txn, &students).await?;
    }
    audit::drop_taken(txn, &cohorts).await?;
    let touched = audit::take_enrolments(txn, STUDENTS).await?;
    let ids: Vec<_> = touched.iter().map(|touch| touch.subject).collect();
    plan_students(txn, plans, &ids).await?;
    audit::drop_taken(txn, &touched).await?;
    if touched.len() as u64 == STUDENTS || cohorts.len() as u64 == COHORTS {
        work::enqueue(txn, &PlanReminders).await?;
    }
    Ok(())
}

/// Makes the outbox hold what these students should get.
async fn plan_students(txn: &Txn, plans: &Plans, ids: &[EnrolmentId]) -> Result<(), DbErr> {
    if ids.is_empty() {
        return Ok(());
    }
    let students = store::students(txn, ids).await?;
    let people: Vec<_> = students.iter().map(|student| student.recipient.user).collect();
    let mut existing = store::existing(txn, &people).await?;
    // A person may have other places, whose reminders are not thought over now.
    existing.retain(|row| ids.contains(&row.key.enrolment()));
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
    let addresses = students.into_iter().map(|student| (student.enrolment, student.address)).collect();
    apply(txn, &reconcile(&planned, &existing, txn.now()), &addresses).await
}

async fn apply(txn: &Txn, changes: &[Change], addresses: &BTreeMap<EnrolmentId, EmailAddress>) -> Result<(), DbErr> {
    let address = |intent: &Intent| addresses.get(&intent.key.enrolment());
    for change in changes {
        match change {
            Change::Insert(intent) => {
                if let Some(address) = address(intent) {
                    store::insert(txn, intent, address).await?;
                }
            }
            Change::Revive(intent) => {
                if let Some(address) = address(intent) {
                    store::revive(txn, intent, address).await?;
                }
            }
            Change::MoveTo(intent) => store::move_to(txn, intent).await?,
            Change::Cancel(key) => store::cancel(txn, *key).await?,
            Change::Keep(_) => {}
        }
    }
    Ok(())
}

/// The check before a reminder is rendered and sent: whether it is still true at `now` (service time). `intent` is the payload
/// of its row.
///
/// # Errors
/// The database's own.
pub async fn eligible(conn: &Conn, plans: &Plans, intent: &Intent, now: Timestamp) -> Result<SendDecision, DbErr> {
    let enrolment = intent.key.enrolment();
    let gone = SendDecision::Cancel(CancelReason::EnrolmentEnded);
    let Some(student) = store::students(conn, &[enrolment]).await?.pop() else { return Ok(gone) };
    let inputs = learning::inputs_of(conn, plans, student.plan, &[enrolment]).await?;
    Ok(inputs.get(&enrolment).map_or(gone, |inputs| still_true(intent, inputs, &student.recipient, now)))
}
