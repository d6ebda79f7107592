//! Seats under a race, and as time passes.

use super::testing::{SYSTEM, cohort_of, name, student_of};
use super::*;
use crate::db::Db;
use crate::kernel::Actor;
use crate::kernel::time::{SignedDuration, shifted};
use crate::testing::{Bench, START};

async fn hold(db: &Db, cohort: CohortId, user: UserId) -> Result<Enrolment, HoldRefusal> {
    db.write(Actor::User(user), async |txn| hold_seat(txn, cohort, user, name(1), 2).await).await
}

async fn taken(db: &Db, cohort: CohortId) -> u32 {
    let snapshot = db.snapshot().await.unwrap();
    seats_taken(&snapshot, cohort).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_at_once_for_thirty_seats_take_thirty() {
    for bench in Bench::each().await {
        let db = bench.services.db.clone();
        let cohort = cohort_of(&db, 30).await;
        let mut students = Vec::new();
        for number in 0..200 {
            students.push(student_of(&db, number).await);
        }
        let tasks: Vec<_> = students
            .into_iter()
            .map(|user| {
                let db = db.clone();
                tokio::spawn(async move { hold(&db, cohort, user).await })
            })
            .collect();
        let (mut held, mut full) = (0, 0);
        for task in tasks {
            match task.await.unwrap() {
                Ok(_) => held += 1,
                Err(HoldRefusal::Full) => full += 1,
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!((held, full, taken(&db, cohort).await), (30, 170, 30));
        bench.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_student_asking_twice_at_once_has_one_seat() {
    for bench in Bench::each().await {
        let db = bench.services.db.clone();
        let (cohort, user) = (cohort_of(&db, 5).await, student_of(&db, 1).await);
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let db = db.clone();
                tokio::spawn(async move { hold(&db, cohort, user).await })
            })
            .collect();
        let mut held = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(_) => held += 1,
                Err(refusal) => assert!(matches!(refusal, HoldRefusal::AlreadyHeld(_)), "{refusal:?}"),
            }
        }
        assert_eq!((held, taken(&db, cohort).await), (1, 1));
        bench.finish().await;
    }
}

#[tokio::test]
async fn a_hold_takes_its_seat_until_it_is_lapsed() {
    let bench = Bench::sqlite().await;
    let db = bench.services.db.clone();
    let cohort = cohort_of(&db, 1).await;
    let (first, second) = (student_of(&db, 1).await, student_of(&db, 2).await);
    let held = hold(&db, cohort, first).await.unwrap();
    assert_eq!(held.state, EnrolmentState::Held { until: shifted(START, HOLD), extensions: 0 });
    bench.pass(SignedDuration::from_mins(60));
    assert!(matches!(hold(&db, cohort, second).await, Err(HoldRefusal::Full)));
    db.write(SYSTEM, async |txn| lapse(txn, held.id).await).await.unwrap();
    let late = hold(&db, cohort, second).await.unwrap();
    let reseated = db.write(SYSTEM, async |txn| reseat(txn, held.id).await).await;
    assert!(matches!(reseated, Err(SeatRefusal::Full)), "{reseated:?}");
    db.write(SYSTEM, async |txn| lapse(txn, late.id).await).await.unwrap();
    let reseated = db.write(SYSTEM, async |txn| reseat(txn, held.id).await).await.unwrap();
    assert!(matches!(reseated.state, EnrolmentState::Enrolled { .. }));
    let snapshot = db.snapshot().await.unwrap();
    assert_eq!(enrolment(&snapshot, held.id).await.unwrap(), Some(reseated.clone()));
    assert_eq!(of_user(&snapshot, second, held.id).await.unwrap(), None);
    assert_eq!(active_of_user(&snapshot, first).await.unwrap(), [reseated]);
}

#[tokio::test]
async fn every_refusal_says_which_it_is() {
    let bench = Bench::sqlite().await;
    let db = bench.services.db.clone();
    let user = student_of(&db, 1).await;
    let (one, two, three) = (cohort_of(&db, 3).await, cohort_of(&db, 3).await, cohort_of(&db, 3).await);
    let held = hold(&db, one, user).await.unwrap();
    assert!(matches!(hold(&db, one, user).await, Err(HoldRefusal::AlreadyHeld(id)) if id == held.id));
    hold(&db, two, user).await.unwrap();
    assert!(matches!(hold(&db, three, user).await, Err(HoldRefusal::TooManyHolds { limit: 2 })));
    db.write(SYSTEM, async |txn| confirm(txn, held.id).await).await.unwrap();
    assert!(matches!(hold(&db, one, user).await, Err(HoldRefusal::AlreadyEnrolled(id)) if id == held.id));
    assert!(hold(&db, three, user).await.is_ok(), "an enrolled seat is no hold");
    let other = student_of(&db, 2).await;
    bench.services.clocks.set_machine(shifted(START, SignedDuration::from_hours(24)));
    assert!(matches!(hold(&db, three, other).await, Err(HoldRefusal::Closed { .. })));
    bench.services.clocks.set_machine(shifted(START, SignedDuration::from_hours(-25)));
    assert!(matches!(hold(&db, three, other).await, Err(HoldRefusal::NotOpenYet { .. })));
    let nowhere = CohortId(held.id.0);
    assert!(matches!(hold(&db, nowhere, other).await, Err(HoldRefusal::NoSuchCohort)));
}

#[tokio::test]
async fn a_refused_change_leaves_the_seat_as_it_was() {
    let bench = Bench::sqlite().await;
    let db = bench.services.db.clone();
    let (cohort, user) = (cohort_of(&db, 1).await, student_of(&db, 1).await);
    let held = hold(&db, cohort, user).await.unwrap();
    for _ in 0..EXTENSIONS {
        bench.pass(SignedDuration::from_mins(10));
        let until = shifted(bench.services.clocks.service(), HOLD);
        db.write(SYSTEM, async |txn| extend_hold(txn, held.id, until).await).await.unwrap();
    }
    let refused = db.write(SYSTEM, async |txn| extend_hold(txn, held.id, START).await).await;
    assert!(matches!(refused, Err(SeatRefusal::ExtendedTooOften)));
    let until = shifted(START, SignedDuration::from_hours(72));
    db.write(SYSTEM, async |txn| keep_for_bank(txn, held.id, until).await).await.unwrap();
    let snapshot = db.snapshot().await.unwrap();
    let kept = enrolment(&snapshot, held.id).await.unwrap().unwrap();
    assert_eq!(kept.state, EnrolmentState::Held { until, extensions: EXTENSIONS });
}
