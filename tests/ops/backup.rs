//! A backup is one moment, restores on either database, and sends no mail twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use lectern::acts::enrol::enrol;
use lectern::acts::move_release;
use lectern::db::{Db, Txn};
use lectern::identity::{self, Details};
use lectern::kernel::ids::{CohortId, LeaseToken};
use lectern::kernel::random::Randomness;
use lectern::kernel::time::{SignedDuration, shifted};
use lectern::kernel::{Actor, Clocks};
use lectern::ops::doctor::{Reach, Verdict, examine};
use lectern::schedule::Plans;
use lectern::schedule::model::CivilSlot;
use lectern::views::sums::{Sums, sums};
use lectern::{catalogue, mail};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::{certify, rows, take};
use crate::journeys::cast::{self, STUDENT};
use crate::support::app::{Onto, TestApp, on_each_database};
use crate::support::raw::{Ask, ask_code, browser};
use crate::support::school::{self, OWNER};

/// What a restore changes on purpose, and what says that it happened.
const CHANGED: [&str; 5] = ["sessions", "outbox", "jobs", "touches", "audit_events"];

/// Enrols one student after the other, each with the order and the payment in one transaction, until told to stop.
async fn load(db: Db, cohort: CohortId, lane: usize, stop: Arc<AtomicBool>, done: Arc<AtomicUsize>) {
    let mut number = lane * 100_000;
    while !stop.load(Ordering::Relaxed) {
        number += 1;
        let one = async |txn: &Txn| {
            let details = Details {
                name: format!("Demo Student {number}").parse().unwrap(),
                zone: "Asia/Kolkata".parse().unwrap(),
                country: "IN".parse().unwrap(),
            };
            let email = format!("load{number}@example.org").parse().unwrap();
            let person = identity::register_student(txn, &email, details).await.unwrap();
            let order = enrol(txn, &person, cohort, school::application(&person, ""), 3).await.unwrap();
            school::pay(txn, order, &format!("LOAD-{number}")).await;
            Ok::<_, sea_orm::DbErr>(())
        };
        db.write(Actor::Operator, one).await.unwrap();
        done.fetch_add(1, Ordering::Relaxed);
        tokio::task::yield_now().await;
    }
}

/// A course under way with an opening recorded, a reading read, and room for the load.
async fn open(app: &TestApp) -> CohortId {
    let school = school::open(app, "é \"quoted\" \u{1F4D6}").await;
    let session = school::session(app, OWNER).await;
    let read = format!("/learn/{}/weeks/1/readings/{}/read", school.enrolment, school.reading);
    Ask::post(&read, "reflection=Kept.").cookies(&session).send(app).await.is(303);
    let db = &app.services().db;
    db.for_migrations().execute_unprepared("UPDATE cohorts SET capacity = 100000").await.unwrap();
    let moved = async |txn: &Txn| {
        let cohort = catalogue::cohort_by_slug(txn, &"january".parse().unwrap()).await?.unwrap();
        let module = catalogue::cohort_modules(txn, cohort.id).await?.remove(0);
        let to = CivilSlot::parse(20, "09:00").unwrap();
        move_release(txn, &Plans::default(), cohort.id, module.id, to).await.unwrap();
        Ok::<_, sea_orm::DbErr>(catalogue::cohort_by_slug(txn, &"february".parse().unwrap()).await?.unwrap().id)
    };
    db.write(Actor::Operator, moved).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_backup_under_load_is_one_moment_and_restores_on_either_database() {
    on_each_database(async |app: TestApp| {
        let cohort = open(&app).await;
        certify(&app).await;
        let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let lanes: Vec<_> =
            (1..=3).map(|lane| tokio::spawn(load(app.services().db.clone(), cohort, lane, stop.clone(), done.clone()))).collect();
        while done.load(Ordering::Relaxed) < 10 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let before = done.load(Ordering::Relaxed);
        let file = take(&app, "under-load").await;
        while done.load(Ordering::Relaxed) < before + 10 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        stop.store(true, Ordering::Relaxed);
        for lane in lanes {
            lane.await.unwrap();
        }

        let original = rows(&file);
        let later = rows(&take(&app, "later").await);
        assert!(original["payments"].len() < later["payments"].len(), "there was no load");
        assert!(["openings", "progress", "certificate_pdfs"].iter().all(|table| !original[*table].is_empty()));
        for onto in Onto::each() {
            let (other, restored) = app.restored(&file, onto).await;
            assert!(restored.sessions_ended > 0);
            let mut copy = rows(&take(&other, "again").await);
            for table in original.keys().filter(|table| !CHANGED.contains(&table.as_str())) {
                assert_eq!(copy.remove(table).as_ref(), original.get(table), "{table}, onto {onto:?}");
            }
            // What was still to be planned is planned by the restore, and held where it is due.
            assert!(copy["outbox"].len() >= original["outbox"].len());
            let found = sums(&other.services().db.snapshot().await.unwrap()).await.unwrap();
            assert_eq!(found, Sums::default(), "onto {onto:?}");
            let settings = &other.services().settings;
            let clocks = Clocks::manual(other.machine_now());
            let findings = examine(settings, &clocks, &Randomness::from_seed(1), Reach::Offline).await;
            let faults: Vec<_> = findings.iter().filter(|finding| finding.verdict == Verdict::Fault).collect();
            assert!(faults.is_empty() && findings.len() > 10, "{findings:#?}");
            // The original's session is no key to the copy.
            Ask::get("/learn").cookies(&school::session(&other, OWNER).await).send(&other).await.is(200);
            other.abandon().await;
        }
        app.abandon().await;
    })
    .await;
}

/// A letter that is asked for now and not yet sent: the kind of the newest in the outbox.
async fn ask_for_code(app: &TestApp, seed: u64) {
    ask_code(app, STUDENT, &browser(seed)).await;
}

/// A worker has every letter in hand that is due now.
async fn lease_due(app: &TestApp) {
    use lectern::db::rows::mail as row;
    let until = lectern::db::columns::UtcTime::from(shifted(app.machine_now(), SignedDuration::from_secs(60)));
    let lease = async |txn: &Txn| {
        row::Entity::update_many()
            .col_expr(row::Column::State, Expr::value(row::State::Leased))
            .col_expr(row::Column::LeaseToken, Expr::value(uuid::Uuid::from(txn.new_id::<LeaseToken>())))
            .col_expr(row::Column::LeaseUntil, Expr::value(until))
            .filter(row::COLUMN.state.eq(row::State::Pending))
            .filter(row::COLUMN.due_at.lte(lectern::db::columns::UtcTime::from(txn.now())))
            .exec(&**txn)
            .await
    };
    assert_eq!(app.services().db.write(Actor::Operator, lease).await.unwrap().rows_affected, 1);
}

async fn subjects(app: &TestApp) -> Vec<String> {
    app.mails_to(STUDENT).await.into_iter().map(|mail| mail.subject).collect()
}

#[tokio::test]
async fn after_a_restore_no_mail_is_sent_twice() {
    on_each_database(async |app: TestApp| {
        let week = |number: u32| format!("Week {number} is open: Theme {number}");
        cast::open(&app, 3).await;
        cast::enrol_and_pay(&app, &app.browser(), STUDENT).await;
        app.age(SignedDuration::from_hours(24 * 5));
        app.settle().await;
        assert!(subjects(&app).await.contains(&week(1)));
        // At the moment of the backup one letter is in a worker's hand, and one is due and not taken up.
        ask_for_code(&app, 1).await;
        lease_due(&app).await;
        ask_for_code(&app, 2).await;
        let file = take(&app, "backup").await;
        let sent_before = subjects(&app).await.len();

        // The original goes on for a week, and sends them, and week two.
        app.age(SignedDuration::from_secs(61));
        app.settle().await;
        app.age(SignedDuration::from_hours(24 * 6));
        app.settle().await;
        let since = subjects(&app).await.split_off(sent_before);
        assert!(since.len() >= 2 && since.contains(&week(2)), "{since:?}");

        for onto in Onto::each() {
            let (other, restored) = app.restored(&file, onto).await;
            assert_eq!(restored.letters_held, 4, "two codes, word of what is unread, and week two");
            other.settle().await;
            assert_eq!(subjects(&other).await, Vec::<String>::new(), "a mail was sent twice");
            // Released, what still has a point is sent: the codes have expired.
            let release = async |txn: &Txn| mail::release_held(txn).await;
            assert_eq!(other.services().db.write(Actor::Operator, release).await.unwrap(), 4);
            other.settle().await;
            assert_eq!(subjects(&other).await, [week(2)]);
            // What was due later goes out as planned.
            other.age(SignedDuration::from_hours(24 * 7));
            other.settle().await;
            assert_eq!(subjects(&other).await, [week(2), week(3)]);
            other.abandon().await;
        }
        app.abandon().await;
    })
    .await;
}
