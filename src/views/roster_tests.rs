use std::sync::Arc;

use super::*;
use crate::schedule::model::testing::{Sample, at, override_of, slot, student};
use crate::schedule::model::{CohortPlan, ItemKind, ScheduleItem};
use crate::testing::{Bench, plan as steps, scans};

/// The sample's three weeks, each due on its seventh day.
fn plan() -> Arc<CohortPlan> {
    let (cohort, modules, mut items) = Sample::default().parts();
    let due = modules.iter().zip((6..).step_by(7));
    items.extend(due.map(|(module, day)| ScheduleItem { module: module.id, kind: ItemKind::Due, slot: slot(day, 23, 59) }));
    Arc::new(CohortPlan::new(cohort, modules, &items).unwrap())
}

fn listed(state: EnrolmentState) -> Listed {
    let (word, until, since) = match state {
        EnrolmentState::Held { until, .. } => (State::Held, Some(until.into()), None),
        EnrolmentState::Enrolled { at } => (State::Enrolled, None, Some(at.into())),
        other => unreachable!("{other:?} is on no roster here"),
    };
    let row = enrolments::Model {
        id: student(),
        cohort_id: plan().cohort().id,
        user_id: crate::kernel::ids::UserId(uuid::Uuid::nil()),
        state: word,
        certificate_name: "Demo Student 01".to_owned(),
        hold_until: until,
        extensions: 0,
        created_at: at("2027-01-01T00:00:00Z").into(),
        enrolled_at: since,
        ended_at: None,
        funding: enrolments::Funding::Unpaid,
        required_read: 0,
        counted_at: 0,
    };
    let (name, email) = ("Demo Student 01".to_owned(), "student01@example.org".to_owned());
    Listed { row, name, email, country: None, last_seen: None }
}

#[test]
fn a_student_is_behind_once_a_week_was_due_and_is_not_done_unless_their_dates_are_later() {
    let plan = plan();
    let state = EnrolmentState::Enrolled { at: at("2027-01-01T00:00:00Z") };
    let pace = |now: &str, overrides: &[Override], read: &[(usize, u32)]| {
        let read: BTreeMap<_, _> = read.iter().map(|&(place, many)| (plan.modules()[place].id, many)).collect();
        let row = Standing::new(&plan, overrides, at(now)).row(listed(state), Some(&read), None).unwrap();
        (row.pace, row.weeks, row.read)
    };
    assert_eq!(pace("2027-01-10T18:28:00Z", &[], &[]), (Pace::OnTime, 0, 0));
    assert_eq!(pace("2027-01-10T18:29:00Z", &[], &[]), (Pace::Behind, 0, 0));
    assert_eq!(pace("2027-01-10T18:29:00Z", &[], &[(0, 1)]), (Pace::Behind, 0, 1));
    assert_eq!(pace("2027-01-10T18:29:00Z", &[], &[(0, 2)]), (Pace::OnTime, 1, 2));
    assert_eq!(pace("2027-01-18T00:00:00Z", &[], &[(0, 2)]), (Pace::Behind, 1, 2));
    assert_eq!(pace("2027-03-01T00:00:00Z", &[], &[(0, 2), (1, 2), (2, 2)]), (Pace::Complete, 3, 6));
    let extended = [override_of(1, Some(student()), "2027-01-11T09:00", "2027-01-05T00:00:00Z")];
    assert_eq!(pace("2027-01-17T18:28:00Z", &extended, &[]), (Pace::OnTime, 0, 0));
    assert_eq!(pace("2027-01-17T18:29:00Z", &extended, &[]), (Pace::Behind, 0, 0));
    let standing = Standing::new(&plan, &extended, at("2027-01-05T00:00:00Z"));
    assert_eq!(standing.weeks_of(student(), &standing.dates_of(student())), [(1, at("2027-01-11T03:30:00Z"))]);
    let held = EnrolmentState::Held { until: at("2027-01-02T00:00:00Z"), extensions: 0 };
    assert_eq!(standing.row(listed(held), None, None).unwrap().pace, Pace::NoSeat);
}

#[test]
fn a_week_that_requires_nothing_is_not_counted_and_alone_completes_nobody() {
    let state = EnrolmentState::Enrolled { at: at("2027-01-01T00:00:00Z") };
    let without_required = |weeks: &[usize]| {
        let (cohort, mut modules, items) = Sample::default().parts();
        for &week in weeks {
            modules[week].readings.iter_mut().for_each(|key| key.required = false);
        }
        CohortPlan::new(cohort, modules, &items).unwrap()
    };
    let row = |plan: &CohortPlan, read: &[(usize, u32)]| {
        let read: BTreeMap<_, _> = read.iter().map(|&(place, many)| (plan.modules()[place].id, many)).collect();
        let standing = Standing::new(plan, &[], at("2027-01-05T00:00:00Z"));
        let row = standing.row(listed(state), Some(&read), None).unwrap();
        (row.pace, row.weeks)
    };
    let one = without_required(&[1]);
    assert_eq!(row(&one, &[]), (Pace::OnTime, 0));
    assert_eq!(row(&one, &[(0, 2)]), (Pace::OnTime, 1));
    assert_eq!(row(&one, &[(0, 2), (2, 2)]), (Pace::Complete, 2));
    assert_eq!(row(&without_required(&[0, 1, 2]), &[]), (Pace::OnTime, 0));
}

#[tokio::test]
async fn no_order_of_a_roster_reads_a_table_through() {
    let bench = Bench::sqlite().await;
    let plan = plan();
    let overrides = [override_of(1, Some(student()), "2027-01-11T09:00", "2027-01-05T00:00:00Z")];
    let standing = Standing::new(&plan, &overrides, at("2027-01-12T00:00:00Z"));
    for show in [Show::Seated, Show::Behind, Show::Complete, Show::Held, Show::Ended] {
        for sort in [Sort::Name, Sort::Progress, Sort::LastSeen] {
            let query = students(&standing, Wanted { show, sort, page: 2 }, true);
            assert_eq!(scans(&bench, query).await, Vec::<String>::new(), "{show:?} {sort:?}");
        }
    }
    bench.finish().await;
}

#[tokio::test]
async fn a_page_in_the_order_of_names_is_found_in_its_index_alone() {
    let bench = Bench::sqlite().await;
    let plan = plan();
    let standing = Standing::new(&plan, &[], at("2027-01-12T00:00:00Z"));
    let steps = steps(&bench, students(&standing, Wanted { page: 2, ..Wanted::default() }, true)).await;
    assert!(steps.iter().any(|step| step.contains("COVERING INDEX enrolments_by_name")), "{steps:?}");
    bench.finish().await;
}
