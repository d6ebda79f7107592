//! Seats under a race, and as time passes.

use std::sync::Arc;

use super::testing::{House, SYSTEM, name, start};
use super::*;
use crate::kernel::Actor;
use crate::kernel::time::{SignedDuration, shifted};

async fn hold(house: &House, cohort: CohortId, user: UserId) -> Result<Enrolment, HoldRefusal> {
    house.db.write(Actor::User(user), async |txn| hold_seat(txn, cohort, user, name(1), 2).await).await
}


async fn taken(house: &House, cohort: CohortId) -> u32 {
    let snapshot = house.db.snapshot().await.unwrap();
    seats_taken(&snapshot, cohort).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_at_once_for_thirty_seats_take_thirty() {
    let house = Arc::new(House::new().await);
    let cohort = house.cohort(30).await;
    let mut students = Vec::new();
    for number in 0..200 {
        students.push(house.student(number).await);
    }
    let tasks: Vec<_> = students
        .into_iter()
        .map(|user| {
            let house = Arc::clone(&house);
            tokio::spawn(async move { hold(&house, cohort, user).await })
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
    assert_eq!((held, full, taken(&house, cohort).await), (30, 170, 30));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_student_asking_twice_at_once_has_one_seat() {
    let house = Arc::new(House::new().await);
    let (cohort, user) = (house.cohort(5).await, house.student(1).await);
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let house = Arc::clone(&house);
            tokio::spawn(async move { hold(&house, cohort, user).await })
        })
        .collect();
    let mut held = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => held += 1,
            Err(refusal) => assert!(matches!(refusal, HoldRefusal::AlreadyHeld(_)), "{refusal:?}"),
        }
    }
    assert_eq!((held, taken(&house, cohort).await), (1, 1));
}

#[tokio::test]
async fn a_hold_takes_its_seat_until_it_is_lapsed() {
    let house = House::new().await;
    let cohort = house.cohort(1).await;
    let (first, second) = (house.student(1).await, house.student(2).await);
    let held = hold(&house, cohort, first).await.unwrap();
    assert_eq!(held.state, EnrolmentState::Held { until: shifted(start(), HOLD), extensions: 0 });
    house.pass(60);
    assert!(matches!(hold(&house, cohort, second).await, Err(HoldRefusal::Full)));
    house.db.write(SYSTEM, async |txn| lapse(txn, held.id).await).await.unwrap();
    let late = hold(&house, cohort, second).await.unwrap();
    let reseated = house.db.write(SYSTEM, async |txn| reseat(txn, held.id).await).await;
    assert!(matches!(reseated, Err(SeatRefusal::Full)), "{reseated:?}");
    house.db.write(SYSTEM, async |txn| lapse(txn, late.id).await).await.unwrap();
    let reseated = house.db.write(SYSTEM, async |txn| reseat(txn, held.id).await).await.unwrap();
    assert!(matches!(reseated.state, EnrolmentState::Enrolled { .. }));
    let snapshot = house.db.snapshot().await.unwrap();
    assert_eq!(enrolment(&snapshot, held.id).await.unwrap(), Some(reseated.clone()));
    assert_eq!(of_user(&snapshot, second, held.id).await.unwrap(), None);
    assert_eq!(active_of_user(&snapshot, first).await.unwrap(), [reseated]);
}

#[tokio::test]
async fn every_refusal_says_which_it_is() {
    let house = House::new().await;
    let user = house.student(1).await;
    let (one, two, three) = (house.cohort(3).await, house.cohort(3).await, house.cohort(3).await);
    let held = hold(&house, one, user).await.unwrap();
    assert!(matches!(hold(&house, one, user).await, Err(HoldRefusal::AlreadyHeld(id)) if id == held.id));
    hold(&house, two, user).await.unwrap();
    assert!(matches!(hold(&house, three, user).await, Err(HoldRefusal::TooManyHolds { limit: 2 })));
    house.db.write(SYSTEM, async |txn| confirm(txn, held.id).await).await.unwrap();
    assert!(matches!(hold(&house, one, user).await, Err(HoldRefusal::AlreadyEnrolled(id)) if id == held.id));
    assert!(hold(&house, three, user).await.is_ok(), "an enrolled seat is no hold");
    let other = house.student(2).await;
    house.clocks.set_machine(shifted(start(), SignedDuration::from_hours(24)));
    assert!(matches!(hold(&house, three, other).await, Err(HoldRefusal::Closed { .. })));
    house.clocks.set_machine(shifted(start(), SignedDuration::from_hours(-25)));
    assert!(matches!(hold(&house, three, other).await, Err(HoldRefusal::NotOpenYet { .. })));
    let nowhere = CohortId(held.id.0);
    assert!(matches!(hold(&house, nowhere, other).await, Err(HoldRefusal::NoSuchCohort)));
}

#[tokio::test]
async fn a_refused_change_leaves_the_seat_as_it_was() {
    let house = House::new().await;
    let (cohort, user) = (house.cohort(1).await, house.student(1).await);
    let held = hold(&house, cohort, user).await.unwrap();
    for _ in 0..EXTENSIONS {
        house.pass(10);
        let until = shifted(house.clocks.service(), HOLD);
        house.db.write(SYSTEM, async |txn| extend_hold(txn, held.id, until).await).await.unwrap();
    }
    let refused = house.db.write(SYSTEM, async |txn| extend_hold(txn, held.id, start()).await).await;
    assert!(matches!(refused, Err(SeatRefusal::ExtendedTooOften)));
    let until = shifted(start(), SignedDuration::from_hours(72));
    house.db.write(SYSTEM, async |txn| keep_for_bank(txn, held.id, until).await).await.unwrap();
    let snapshot = house.db.snapshot().await.unwrap();
    let kept = enrolment(&snapshot, held.id).await.unwrap().unwrap();
    assert_eq!(kept.state, EnrolmentState::Held { until, extensions: EXTENSIONS });
}
