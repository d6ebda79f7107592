//! Jobs on both databases: claimed once, fenced, tried again, given up, and the worker's loop.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use sea_orm::EntityTrait;
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use super::lease::{LEASE, WORKER, extend};
use super::store::{Leased, claim, complete, retry};
use super::*;
use crate::db::Db;
use crate::kernel::time::{SignedDuration, shifted};
use crate::testing::{Bench, START};

/// How often each note was left, by (bench, number).
static NOTES: LazyLock<Mutex<BTreeMap<(u64, u32), usize>>> = LazyLock::new(Mutex::default);
static BENCHES: AtomicUsize = AtomicUsize::new(1);

fn new_bench_number() -> u64 {
    BENCHES.fetch_add(1, Ordering::SeqCst) as u64
}

fn notes(bench: u64) -> Vec<(u32, usize)> {
    NOTES.lock().unwrap().iter().filter(|((of, _), _)| *of == bench).map(|((_, number), count)| (*number, *count)).collect()
}

/// A job that leaves a note, and then does as it is told.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    bench: u64,
    number: u32,
    then: Then,
}

#[derive(Debug, Serialize, Deserialize, PartialEq, Eq)]
enum Then {
    Finish,
    Fail,
    GiveUp,
    Panic,
    Dawdle,
}

impl Job for Note {
    const KIND: &'static str = "test.note";

    fn dedupe_key(&self) -> Option<String> {
        (self.then == Then::Finish).then(|| format!("note:{}", self.number))
    }

    async fn run(self, _: &Services) -> Result<(), JobFailure> {
        *NOTES.lock().unwrap().entry((self.bench, self.number)).or_default() += 1;
        match self.then {
            Then::Finish => Ok(()),
            Then::Fail => Err(JobFailure::Retry("not yet".to_owned())),
            Then::GiveUp => Err(JobFailure::GiveUp("never".to_owned())),
            Then::Panic => panic!("out of ideas"),
            Then::Dawdle => {
                tokio::time::sleep(Duration::from_millis(300)).await;
                Ok(())
            }
        }
    }
}

fn registry() -> Arc<Registry> {
    Arc::new(Registry::new().with::<Note>())
}

async fn ask(db: &Db, bench: u64, number: u32, then: Then) {
    let note = Note { bench, number, then };
    db.write(WORKER, async |txn| enqueue(txn, &note).await).await.unwrap();
}

async fn rows(db: &Db) -> Vec<row::Model> {
    row::Entity::find().all(&*db.snapshot().await.unwrap()).await.unwrap()
}

async fn take(db: &Db, limit: u64) -> Vec<Leased> {
    db.write(WORKER, async |txn| claim(txn, limit).await).await.unwrap()
}

#[tokio::test]
async fn waiting_jobs_of_one_key_are_one_and_a_running_one_does_not_count() {
    for bench in Bench::each().await {
        let db = &bench.services.db;
        let later = shifted(START, SignedDuration::from_hours(2));
        for due_at in [later, shifted(START, SignedDuration::from_hours(1)), later] {
            let note = Note { bench: 0, number: 1, then: Then::Finish };
            db.write(WORKER, async |txn| enqueue_at(txn, &note, due_at).await).await.unwrap();
        }
        let waiting = rows(db).await;
        assert_eq!(waiting.len(), 1);
        assert_eq!(Timestamp::from(waiting[0].due_at), shifted(START, SignedDuration::from_hours(1)));
        assert!(take(db, 5).await.is_empty(), "it is not due");
        bench.pass(SignedDuration::from_hours(1));
        let running = take(db, 5).await;
        assert_eq!(running.len(), 1);
        ask(db, 0, 1, Then::Finish).await;
        ask(db, 0, 1, Then::Finish).await;
        assert_eq!(rows(db).await.len(), 2, "one runs, one waits");
        bench.finish().await;
    }
}

#[tokio::test]
async fn a_lost_lease_is_taken_over_and_its_late_holder_changes_nothing() {
    for bench in Bench::each().await {
        let db = &bench.services.db;
        ask(db, 0, 1, Then::Finish).await;
        let late = take(db, 5).await.remove(0);
        assert!(take(db, 5).await.is_empty(), "it is taken");
        bench.pass(LEASE - SignedDuration::from_secs(1));
        assert!(extend::<row::Entity>(db, late.lease).await.unwrap());
        bench.pass(LEASE - SignedDuration::from_secs(1));
        assert!(take(db, 5).await.is_empty(), "it was extended");
        bench.pass(SignedDuration::from_secs(1));
        let next = take(db, 5).await.remove(0);
        assert_eq!((next.id, next.attempts), (late.id, 2));
        assert!(!extend::<row::Entity>(db, late.lease).await.unwrap());
        db.write(WORKER, async |txn| {
            assert!(!complete(txn, late.lease).await?);
            assert!(!retry(txn, &late, START, "late").await?);
            Ok::<_, DbErr>(())
        })
        .await
        .unwrap();
        assert_eq!(rows(db).await[0].state, row::State::Leased);
        assert!(db.write(WORKER, async |txn| complete(txn, next.lease).await).await.unwrap());
        assert!(rows(db).await.is_empty());
        bench.finish().await;
    }
}

#[tokio::test]
async fn a_failed_job_waits_longer_each_time_and_is_dead_after_the_last() {
    for bench in Bench::each().await {
        let (db, number, registry) = (&bench.services.db, new_bench_number(), registry());
        ask(db, number, 1, Then::Fail).await;
        for attempt in 1..=MAX_ATTEMPTS {
            assert_eq!(run_due(&bench.services, &registry, 10).await.unwrap(), 1, "attempt {attempt}");
            let job = rows(db).await.remove(0);
            assert_eq!((job.attempts, job.last_error.as_deref()), (attempt, Some("not yet")));
            if attempt < MAX_ATTEMPTS {
                assert_eq!((job.state, job.lease_token), (row::State::Pending, None));
                let wait = Timestamp::from(job.retry_at.unwrap()).duration_since(bench.services.clocks.machine());
                assert!(wait >= SignedDuration::from_millis(2500) && wait <= SignedDuration::from_mins(15), "{wait}");
                bench.pass(wait - SignedDuration::from_secs(1));
                assert_eq!(run_due(&bench.services, &registry, 10).await.unwrap(), 0, "too early");
                bench.pass(SignedDuration::from_secs(1));
            }
        }
        assert_eq!(rows(db).await[0].state, row::State::Dead);
        bench.pass(SignedDuration::from_hours(24));
        assert_eq!(run_due(&bench.services, &registry, 10).await.unwrap(), 0);
        assert_eq!(notes(number), [(1, 12)]);
        bench.finish().await;
    }
}

#[tokio::test]
async fn a_failed_job_waits_under_its_key_again_or_gives_way_to_the_one_that_does() {
    for bench in Bench::each().await {
        let (db, number, registry) = (&bench.services.db, new_bench_number(), registry());
        let ask = async |due_at: Timestamp| {
            let payload = serde_json::to_value(Note { bench: number, number: 1, then: Then::Fail }).unwrap();
            let key = Some("one".to_owned());
            db.write(WORKER, async |txn| enqueue_kind(txn, Note::KIND, key, payload, due_at).await).await.unwrap();
        };
        ask(START).await;
        run_due(&bench.services, &registry, 1).await.unwrap();
        ask(START).await;
        let failed = rows(db).await;
        assert_eq!((failed.len(), failed[0].attempts, failed[0].dedupe_key.as_deref()), (1, 1, Some("one")));
        bench.pass(SignedDuration::from_mins(15));
        let lost = take(db, 1).await.remove(0);
        bench.pass(LEASE);
        run_due(&bench.services, &registry, 1).await.unwrap();
        let again = rows(db).await;
        assert_eq!((again[0].attempts, again[0].dedupe_key.as_deref()), (3, Some("one")), "a lost lease keeps it too");
        bench.pass(SignedDuration::from_mins(15));
        take(db, 1).await;
        ask(shifted(START, SignedDuration::from_hours(9))).await;
        assert_eq!(rows(db).await.len(), 2, "one runs, one waits");
        bench.pass(LEASE);
        run_due(&bench.services, &registry, 1).await.unwrap();
        let left = rows(db).await;
        assert_eq!((left.len(), left[0].id == lost.id, left[0].dedupe_key.as_deref()), (1, false, Some("one")));
        assert_eq!(Timestamp::from(left[0].due_at), START, "at the earlier time");
        bench.finish().await;
    }
}

#[tokio::test]
async fn a_panic_is_tried_again_and_a_hopeless_job_is_put_aside() {
    let bench = Bench::sqlite().await;
    let (db, number) = (&bench.services.db, new_bench_number());
    ask(db, number, 1, Then::Panic).await;
    ask(db, number, 2, Then::GiveUp).await;
    db.write(WORKER, async |txn| enqueue_kind(txn, "test.unknown", None, Value::Null, txn.now()).await).await.unwrap();
    db.write(WORKER, async |txn| enqueue_kind(txn, Note::KIND, None, Value::Null, txn.now()).await).await.unwrap();
    assert_eq!(run_due(&bench.services, &registry(), 10).await.unwrap(), 4);
    let mut ends: Vec<_> = rows(db).await.into_iter().map(|job| (job.state, job.last_error.unwrap())).collect();
    ends.sort_by(|a, b| a.1.cmp(&b.1));
    assert_eq!(ends[0], (row::State::Pending, "it panicked: out of ideas".to_owned()));
    assert!(ends[1].0 == row::State::Dead && ends[1].1.starts_with("its payload is not one of test.note"));
    assert_eq!(ends[2], (row::State::Dead, "never".to_owned()));
    assert_eq!(ends[3], (row::State::Pending, "no such kind of job is known".to_owned()));
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn four_workers_run_three_hundred_jobs_once_each() {
    for bench in Bench::each().await {
        let (db, number) = (&bench.services.db, new_bench_number());
        db.write(WORKER, async |txn| {
            for each in 0..300 {
                enqueue(txn, &Note { bench: number, number: each, then: Then::Finish }).await?;
            }
            Ok::<_, DbErr>(())
        })
        .await
        .unwrap();
        let stop = CancellationToken::new();
        let workers: Vec<_> =
            (0..4).map(|_| tokio::spawn(Worker::new(bench.services.clone(), registry()).serve(stop.clone()))).collect();
        let done = async {
            while !rows(db).await.is_empty() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), done).await.unwrap();
        stop.cancel();
        for worker in workers {
            worker.await.unwrap();
        }
        let notes = notes(number);
        assert_eq!(notes.len(), 300);
        assert!(notes.iter().all(|(_, count)| *count == 1), "{notes:?}");
        bench.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_is_called_by_a_commit_and_finishes_what_it_began() {
    let bench = Bench::sqlite().await;
    let (db, number) = (&bench.services.db, new_bench_number());
    let stop = CancellationToken::new();
    let worker = tokio::spawn(Worker::new(bench.services.clone(), registry()).serve(stop.clone()));
    ask(db, number, 1, Then::Dawdle).await;
    let begun = async {
        while notes(number).is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), begun).await.unwrap();
    stop.cancel();
    worker.await.unwrap();
    assert!(rows(db).await.is_empty(), "it was finished, and noted as done");
    bench.finish().await;
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Sweep;

impl Job for Sweep {
    const KIND: &'static str = "test.sweep";

    async fn run(self, _: &Services) -> Result<(), JobFailure> {
        Ok(())
    }
}

impl Periodic for Sweep {
    const EVERY: SignedDuration = SignedDuration::from_mins(5);
}

#[tokio::test]
async fn a_periodic_job_comes_again_once_however_long_it_was_away() {
    for bench in Bench::each().await {
        let (db, registry) = (&bench.services.db, Arc::new(Registry::new().with_periodic::<Sweep>()));
        for _ in 0..2 {
            db.write(WORKER, async |txn| ensure_periodic(txn, &registry).await).await.unwrap();
        }
        assert_eq!(run_due(&bench.services, &registry, 10).await.unwrap(), 1);
        let next = rows(db).await;
        assert_eq!(next.len(), 1);
        assert_eq!(Timestamp::from(next[0].due_at), shifted(START, Sweep::EVERY));
        bench.pass(SignedDuration::from_hours(24 * 7));
        assert_eq!(run_due(&bench.services, &registry, 10).await.unwrap(), 1, "a week is one run");
        bench.finish().await;
    }
}
