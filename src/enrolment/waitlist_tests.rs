//! Waitlists in the database: freed seats are passed on in the transaction that frees them, also when many come at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, Set, Statement};

use super::testing::{SYSTEM, cohort_of, name, student_of};
use super::*;
use crate::db::rows::catalogue::cohorts;
use crate::db::rows::enrolment::waitlist_entries::{self as row, State};
use crate::db::{Conn, Db};
use crate::identity;
use crate::jobs::{Registry, run_due};
use crate::kernel::Actor;
use crate::kernel::ids::WaitId;
use crate::kernel::time::{SignedDuration, shifted};
use crate::testing::{Bench, START};

async fn hold(db: &Db, cohort: CohortId, user: UserId) -> Result<Enrolment, HoldRefusal> {
    db.write(Actor::User(user), async |txn| hold_seat(txn, cohort, user, name(1), 3).await).await
}

async fn joined(db: &Db, cohort: CohortId, user: UserId) -> Result<Wait, JoinRefusal> {
    db.write(Actor::User(user), async |txn| join(txn, cohort, user).await).await
}

async fn free(db: &Db, held: &Enrolment) {
    db.write(SYSTEM, async |txn| lapse(txn, held.id).await).await.unwrap();
}

async fn raise(db: &Db, cohort: CohortId, capacity: i32) -> Result<(), DbErr> {
    db.write(SYSTEM, async |txn| {
        store::seat_terms_for_update(txn, cohort).await?;
        let row = cohorts::ActiveModel { id: Set(cohort), capacity: Set(capacity), ..Default::default() };
        row.update(&**txn).await?;
        pass_on(txn, cohort).await
    })
    .await
}

async fn now_of(db: &Db, id: WaitId) -> WaitState {
    wait(&db.snapshot().await.unwrap(), id).await.unwrap().unwrap().state
}

async fn taken(db: &Db, cohort: CohortId) -> u32 {
    seats_taken(&db.snapshot().await.unwrap(), cohort).await.unwrap()
}

/// The texts in the column `it` of what a query finds in another's tables.
async fn texts(conn: &Conn, query: &str) -> Vec<String> {
    let ask = Statement::from_string(conn.get_database_backend(), query);
    conn.query_all_raw(ask).await.unwrap().into_iter().map(|row| row.try_get("", "it").unwrap()).collect()
}

/// The kinds of mails put into the outbox, sorted.
async fn mails(db: &Db) -> Vec<String> {
    let snapshot = db.snapshot().await.unwrap();
    texts(&snapshot, "SELECT kind AS it FROM outbox ORDER BY kind").await
}

fn registry() -> Arc<Registry> {
    Arc::new(Registry::new().with::<jobs::TendWaitlist>().with_periodic::<jobs::SweepWaitlists>())
}

/// A full cohort of so many seats, its holders, and so many who wait.
struct Full {
    db: Db,
    cohort: CohortId,
    held: Vec<Enrolment>,
    waits: Vec<Wait>,
}

async fn full(bench: &Bench, seats: u32, waiters: u32) -> Full {
    let db = bench.services.db.clone();
    let cohort = cohort_of(&db, i32::try_from(seats).unwrap()).await;
    let (mut held, mut waits) = (Vec::new(), Vec::new());
    for number in 0..seats {
        held.push(hold(&db, cohort, student_of(&db, number).await).await.unwrap());
    }
    for number in 0..waiters {
        waits.push(joined(&db, cohort, student_of(&db, 500 + number).await).await.unwrap());
    }
    Full { db, cohort, held, waits }
}

#[tokio::test]
async fn a_freed_seat_is_offered_to_the_next_and_nobody_else_can_take_it() {
    for bench in Bench::each().await {
        let Full { db, cohort, held, waits } = full(&bench, 2, 2).await;
        free(&db, &held[0]).await;
        let until = shifted(START, SignedDuration::from_hours(24));
        assert_eq!(now_of(&db, waits[0].id).await, WaitState::Offered { at: START, until });
        assert_eq!((now_of(&db, waits[1].id).await, taken(&db, cohort).await), (WaitState::Waiting, 2));
        let stranger = student_of(&db, 900).await;
        assert!(matches!(hold(&db, cohort, stranger).await, Err(HoldRefusal::Full)));
        assert!(matches!(hold(&db, cohort, waits[1].user).await, Err(HoldRefusal::Full)));
        let gift = db.write(SYSTEM, async |txn| give_seat(txn, cohort, stranger, name(9), "A guest").await).await;
        assert!(matches!(gift, Err(HoldRefusal::Full)));
        let late = db.write(SYSTEM, async |txn| reseat(txn, held[0].id).await).await;
        assert!(matches!(late, Err(SeatRefusal::Full)), "money that came late takes nobody's offer");

        let seat = hold(&db, cohort, waits[0].user).await.unwrap();
        assert_eq!(now_of(&db, waits[0].id).await, WaitState::Accepted { enrolment: seat.id, at: START });
        assert_eq!(taken(&db, cohort).await, 2);
        free(&db, &seat).await;
        assert!(matches!(now_of(&db, waits[1].id).await, WaitState::Offered { .. }), "unpaid, it goes on");
        assert_eq!(mails(&db).await, ["waitlist_joined", "waitlist_joined", "waitlist_offer", "waitlist_offer"]);
        bench.finish().await;
    }
}

#[tokio::test]
async fn an_offer_that_lapses_or_is_declined_goes_to_the_next() {
    let bench = Bench::sqlite().await;
    let Full { db, cohort, held, waits } = full(&bench, 1, 3).await;
    free(&db, &held[0]).await;
    // An hour before its end it is still good; looking too early does nothing.
    bench.pass(SignedDuration::from_hours(23));
    raise(&db, cohort, 1).await.unwrap();
    assert!(matches!(now_of(&db, waits[0].id).await, WaitState::Offered { .. }));
    let declined = db.write(SYSTEM, async |txn| leave(txn, waits[0].user, waits[0].id).await).await.unwrap();
    assert!(matches!(declined.state, WaitState::Left { .. }));
    assert!(matches!(now_of(&db, waits[1].id).await, WaitState::Offered { .. }));
    let again = db.write(SYSTEM, async |txn| leave(txn, waits[0].user, waits[0].id).await).await;
    assert!(matches!(again, Err(LeaveRefusal::NotLive)));
    let foreign = db.write(SYSTEM, async |txn| leave(txn, waits[0].user, waits[1].id).await).await;
    assert!(matches!(foreign, Err(LeaveRefusal::NoSuchWait)));
    let removed = db.write(SYSTEM, async |txn| remove(txn, waits[1].id, "Asked by telephone").await).await.unwrap();
    assert!(matches!(removed.state, WaitState::Left { .. }));
    assert!(matches!(now_of(&db, waits[2].id).await, WaitState::Offered { .. }));
}

#[tokio::test]
async fn an_offer_takes_its_seat_also_behind_people_whose_accounts_were_away() {
    for bench in Bench::each().await {
        let Full { db, cohort, held, waits } = full(&bench, 1, 3).await;
        for wait in &waits[..2] {
            db.write(SYSTEM, async |txn| identity::disable(txn, wait.user).await).await.unwrap();
        }
        free(&db, &held[0]).await;
        assert!(matches!(now_of(&db, waits[2].id).await, WaitState::Offered { .. }));
        for wait in &waits[..2] {
            db.write(SYSTEM, async |txn| identity::enable(txn, wait.user).await).await.unwrap();
        }
        db.write(SYSTEM, async |txn| pass_on(txn, cohort).await).await.unwrap();
        assert_eq!((now_of(&db, waits[0].id).await, now_of(&db, waits[1].id).await), (WaitState::Waiting, WaitState::Waiting));
        assert_eq!(taken(&db, cohort).await, 1);
        bench.finish().await;
    }
}

#[tokio::test]
async fn at_its_moment_the_job_passes_an_offer_on_and_at_the_end_lets_who_waits_go() {
    for bench in Bench::each().await {
        let Full { db, cohort, held, waits } = full(&bench, 1, 3).await;
        bench.pass(SignedDuration::from_hours(-6));
        free(&db, &held[0]).await;
        bench.pass(SignedDuration::from_hours(24));
        run_due(&bench.services, &registry(), 50).await.unwrap();
        assert!(matches!(now_of(&db, waits[0].id).await, WaitState::Lapsed { .. }));
        assert!(matches!(now_of(&db, waits[1].id).await, WaitState::Offered { .. }));
        // Who let it pass may wait again, behind the others.
        let again = joined(&db, cohort, waits[0].user).await.unwrap();
        assert_eq!(position(&db.snapshot().await.unwrap(), &again).await.unwrap(), Some(2));
        // Enrolment closes: who waits is let go, and the offer stays good.
        bench.pass(SignedDuration::from_hours(6));
        run_due(&bench.services, &registry(), 50).await.unwrap();
        assert!(matches!(now_of(&db, waits[2].id).await, WaitState::Closed { .. }));
        assert!(matches!(now_of(&db, again.id).await, WaitState::Closed { .. }));
        let stranger = student_of(&db, 900).await;
        assert!(matches!(hold(&db, cohort, stranger).await, Err(HoldRefusal::Closed { .. })));
        assert!(matches!(joined(&db, cohort, stranger).await, Err(JoinRefusal::Over { .. })));
        assert!(hold(&db, cohort, waits[1].user).await.is_ok(), "an offer made stays good for its time");
        let told: Vec<_> = mails(&db).await.into_iter().filter(|kind| kind != "waitlist_joined").collect();
        assert_eq!(told, ["waitlist_closed", "waitlist_closed", "waitlist_lapsed", "waitlist_offer", "waitlist_offer"]);
        bench.finish().await;
    }
}

#[tokio::test]
async fn the_sweep_finds_an_offer_whose_job_was_lost() {
    let bench = Bench::sqlite().await;
    let Full { db, held, waits, .. } = full(&bench, 1, 2).await;
    bench.pass(SignedDuration::from_hours(-6));
    free(&db, &held[0]).await;
    assert!(db.write(SYSTEM, async |txn| crate::jobs::lose_all(txn).await).await.unwrap() > 0);
    bench.pass(SignedDuration::from_hours(25));
    db.write(SYSTEM, async |txn| crate::jobs::enqueue(txn, &jobs::SweepWaitlists).await).await.unwrap();
    run_due(&bench.services, &registry(), 50).await.unwrap();
    assert!(matches!(now_of(&db, waits[0].id).await, WaitState::Lapsed { .. }));
    assert!(matches!(now_of(&db, waits[1].id).await, WaitState::Offered { .. }));
}

#[tokio::test]
async fn more_seats_are_offered_at_once_to_as_many_as_fit() {
    let bench = Bench::sqlite().await;
    let Full { db, cohort, waits, .. } = full(&bench, 2, 3).await;
    raise(&db, cohort, 4).await.unwrap();
    assert!(matches!(now_of(&db, waits[0].id).await, WaitState::Offered { .. }));
    assert!(matches!(now_of(&db, waits[1].id).await, WaitState::Offered { .. }));
    assert_eq!((now_of(&db, waits[2].id).await, taken(&db, cohort).await), (WaitState::Waiting, 4));
    let counts = seats_by_state(&db.snapshot().await.unwrap(), &[cohort]).await.unwrap()[&cohort];
    assert_eq!((counts.held, counts.enrolled, counts.offered, counts.waiting), (2, 0, 2, 1));
    raise(&db, cohort, 9).await.unwrap();
    assert_eq!(taken(&db, cohort).await, 5);
    assert!(hold(&db, cohort, student_of(&db, 900).await).await.is_ok(), "more seats than who waits are anybody's");
}

#[tokio::test]
async fn seats_are_counted_by_cohort_and_by_how_they_are_taken_and_what_has_ended_is_not() {
    for bench in Bench::each().await {
        let Full { db, cohort, held, .. } = full(&bench, 4, 3).await;
        let (elsewhere, empty) = (cohort_of(&db, 5).await, cohort_of(&db, 5).await);
        hold(&db, elsewhere, held[0].user).await.unwrap();
        db.write(SYSTEM, async |txn| confirm(txn, held[0].id).await).await.unwrap();
        db.write(SYSTEM, async |txn| confirm(txn, held[1].id).await).await.unwrap();
        db.write(SYSTEM, async |txn| cancel(txn, held[1].id, None).await).await.unwrap();
        free(&db, &held[2]).await;
        let snapshot = db.snapshot().await.unwrap();
        let counts = seats_by_state(&snapshot, &[cohort, elsewhere, empty]).await.unwrap();
        let expected = [
            (cohort, SeatCount { held: 1, enrolled: 1, offered: 2, waiting: 1 }),
            (elsewhere, SeatCount { held: 1, ..SeatCount::default() }),
        ];
        assert_eq!(counts, BTreeMap::from(expected));
        assert_eq!(seats_taken(&snapshot, empty).await.unwrap(), 0);
        drop(snapshot);
        bench.finish().await;
    }
}

#[tokio::test]
async fn every_refusal_to_join_says_which_it_is() {
    let bench = Bench::sqlite().await;
    let Full { db, cohort, held, waits } = full(&bench, 1, 1).await;
    let stranger = student_of(&db, 900).await;
    assert!(matches!(joined(&db, cohort, held[0].user).await, Err(JoinRefusal::AlreadyHeld(id)) if id == held[0].id));
    assert!(matches!(joined(&db, cohort, waits[0].user).await, Err(JoinRefusal::AlreadyWaiting(id)) if id == waits[0].id));
    db.write(SYSTEM, async |txn| confirm(txn, held[0].id).await).await.unwrap();
    assert!(matches!(joined(&db, cohort, held[0].user).await, Err(JoinRefusal::AlreadyEnrolled(id)) if id == held[0].id));
    let roomy = cohort_of(&db, 1).await;
    assert!(matches!(joined(&db, roomy, stranger).await, Err(JoinRefusal::SeatsFree)));
    assert!(matches!(joined(&db, CohortId(held[0].id.0), stranger).await, Err(JoinRefusal::NoSuchCohort)));
    bench.pass(SignedDuration::from_hours(-25));
    assert!(matches!(joined(&db, cohort, stranger).await, Err(JoinRefusal::NotOpenYet { .. })));
}

#[tokio::test]
async fn money_that_came_late_takes_the_seat_that_its_student_was_offered() {
    let bench = Bench::sqlite().await;
    let Full { db, cohort, held, .. } = full(&bench, 2, 0).await;
    free(&db, &held[0]).await;
    let other = hold(&db, cohort, student_of(&db, 900).await).await.unwrap();
    let wait = joined(&db, cohort, held[0].user).await.unwrap();
    free(&db, &other).await;
    let seat = db.write(SYSTEM, async |txn| reseat(txn, held[0].id).await).await.unwrap();
    assert!(matches!(now_of(&db, wait.id).await, WaitState::Accepted { enrolment, .. } if enrolment == seat.id));
    assert_eq!(taken(&db, cohort).await, 2);
}

/// Asks for a seat: a refusal is an answer; a fault of the database, such as a deadlock, is none.
async fn asked(db: &Db, cohort: CohortId, user: UserId) -> Option<Enrolment> {
    match hold(db, cohort, user).await {
        Ok(seat) => Some(seat),
        Err(HoldRefusal::Db(error)) => panic!("{error}"),
        Err(_) => None,
    }
}

async fn rows(db: &Db, cohort: CohortId) -> Vec<row::Model> {
    let snapshot = db.snapshot().await.unwrap();
    let find = row::Entity::find().filter(row::COLUMN.cohort_id.eq(cohort)).order_by_asc(row::Column::Place);
    find.all(&*snapshot).await.unwrap()
}

async fn nobody_was_skipped_or_offered_twice(db: &Db, cohort: CohortId) {
    let rows = rows(db, cohort).await;
    let first_waiting = rows.iter().find(|row| row.state == State::Waiting).map_or(i32::MAX, |row| row.place);
    let last_offered = rows.iter().filter(|row| row.offered_at.is_some()).map(|row| row.place).max().unwrap_or(0);
    assert!(last_offered < first_waiting, "{last_offered} was offered a seat before {first_waiting}");
    let snapshot = db.snapshot().await.unwrap();
    let mut offers = BTreeMap::<String, u32>::new();
    for subject in texts(&snapshot, "SELECT subject_id AS it FROM audit_events WHERE kind = 'waitlist.offered'").await {
        *offers.entry(subject).or_default() += 1;
    }
    assert!(offers.values().all(|count| *count == 1), "{offers:?}");
    let offered = rows.iter().filter(|row| row.offered_at.is_some()).count();
    assert_eq!(offers.len(), offered);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_frees_waiters_and_buyers_at_once_never_oversell_nor_skip() {
    for bench in Bench::each().await {
        let Full { db, cohort, held, waits } = full(&bench, 12, 30).await;
        let mut tasks = Vec::new();
        for seat in held.into_iter().take(8) {
            let db = db.clone();
            tasks.push(tokio::spawn(async move { free(&db, &seat).await }));
        }
        for number in 0..40 {
            let (db, buyer) = (db.clone(), student_of(&db, 600 + number).await);
            tasks.push(tokio::spawn(async move {
                let taken = asked(&db, cohort, buyer).await;
                assert!(taken.is_none(), "somebody who came by was given a seat while others waited");
            }));
        }
        for (number, wait) in waits.iter().enumerate() {
            let (db, user, id) = (db.clone(), wait.user, wait.id);
            tasks.push(tokio::spawn(async move {
                if number % 7 == 6 {
                    let left = db.write(Actor::User(user), async |txn| leave(txn, user, id).await).await;
                    assert!(left.is_ok(), "{left:?}");
                    return;
                }
                for _ in 0..3 {
                    let seat = asked(&db, cohort, user).await;
                    // Every third lets the seat go again, which frees it for the next.
                    if let Some(seat) = seat.filter(|_| number % 3 == 0) {
                        free(&db, &seat).await;
                        return;
                    }
                }
            }));
        }
        let (raising, watching) = (db.clone(), db.clone());
        tasks.push(tokio::spawn(async move { raise(&raising, cohort, 15).await.unwrap() }));
        tasks.push(tokio::spawn(async move {
            for _ in 0..30 {
                let snapshot = watching.snapshot().await.unwrap();
                let capacity = seat_terms(&snapshot, cohort).await.unwrap().unwrap().capacity;
                assert!(seats_taken(&snapshot, cohort).await.unwrap() <= capacity, "oversold");
            }
        }));
        for task in tasks {
            task.await.unwrap();
        }
        nobody_was_skipped_or_offered_twice(&db, cohort).await;
        let left = rows(&db, cohort).await;
        assert!(left.iter().any(|row| row.state == State::Accepted) && left.iter().any(|row| row.state == State::Waiting));
        assert_eq!(taken(&db, cohort).await, 15, "no seat is left free while somebody waits");
        bench.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_who_join_at_once_stand_in_one_line() {
    for bench in Bench::each().await {
        let Full { db, cohort, .. } = full(&bench, 1, 0).await;
        let mut tasks = Vec::new();
        for number in 0..15 {
            let user = student_of(&db, 600 + number).await;
            // Each twice: a double click is one place.
            for _ in 0..2 {
                let db = db.clone();
                tasks.push(tokio::spawn(async move { joined(&db, cohort, user).await.is_ok() }));
            }
        }
        let mut count = 0;
        for task in tasks {
            count += u32::from(task.await.unwrap());
        }
        let places: Vec<i32> = rows(&db, cohort).await.iter().map(|row| row.place).collect();
        assert_eq!((count, places), (15, (1..=15).collect()));
        bench.finish().await;
    }
}
