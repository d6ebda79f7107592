//! Service time moved due moment by due moment, and both workers together.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use sea_orm::DbErr;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::*;
use crate::config::{Profile, Settings};
use crate::jobs::clock::MoveRefusal;
use crate::jobs::{Job, JobFailure, Periodic, Registry};
use crate::kernel::Timestamp;
use crate::kernel::time::{SignedDuration, shifted};
use crate::mail::{Class, ComposeFailure, Composed, Composer, Composers, Content, Letter, Post, Transport};
use crate::testing::{Bench, START};

/// Opens week `week`: posts a mail that is due an hour later, and asks for the next week.
#[derive(Debug, Serialize, Deserialize)]
struct OpenWeek {
    week: i64,
}

impl Job for OpenWeek {
    const KIND: &'static str = "test.open_week";

    async fn run(self, services: &Services) -> Result<(), JobFailure> {
        services
            .db
            .write(WORKER, async |txn| {
                let letter = Post {
                    dedupe_key: format!("week:{}", self.week),
                    kind: WeekOpen::KIND,
                    class: Class::Reminder,
                    user: None,
                    recipient: "demo.03@example.net".parse().expect("an address"),
                    payload: json!({ "week": self.week }),
                    due_at: shifted(txn.now(), HOUR),
                    not_after: None,
                    priority: 5,
                };
                crate::mail::post(txn, letter).await?;
                if self.week < 6 {
                    jobs::enqueue_at(txn, &Self { week: self.week + 1 }, week(self.week + 1)).await?;
                }
                Ok::<_, DbErr>(())
            })
            .await?;
        Ok(())
    }
}

#[derive(Debug)]
struct WeekOpen;

impl Composer for WeekOpen {
    const KIND: &'static str = "week_open";

    async fn compose(&self, _: &Services, letter: &Letter) -> Result<Composed, ComposeFailure> {
        let subject = format!("Week {} is open", letter.payload["week"]);
        Ok(Composed::Send(Box::new(Content {
            subject,
            text: "Read.\n".to_owned(),
            html: "<p>Read.</p>\n".to_owned(),
            ..Content::default()
        })))
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Sweep;

/// When the sweep ran; one test uses it.
static SWEPT: Mutex<Vec<Timestamp>> = Mutex::new(Vec::new());

impl Job for Sweep {
    const KIND: &'static str = "test.sweep";

    async fn run(self, services: &Services) -> Result<(), JobFailure> {
        SWEPT.lock().unwrap().push(services.clocks.service());
        Ok(())
    }
}

impl Periodic for Sweep {
    const EVERY: SignedDuration = SignedDuration::from_mins(5);
}

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// When week `number` opens.
fn week(number: i64) -> Timestamp {
    shifted(START, SignedDuration::from_hours(24 * 7 * number))
}

fn registries(jobs: Registry) -> Registries {
    Registries { jobs: Arc::new(jobs.with::<OpenWeek>()), composers: Arc::new(Composers::new().with(WeekOpen)) }
}

async fn ask(services: &Services, first: i64) {
    services.db.write(WORKER, async |txn| jobs::enqueue_at(txn, &OpenWeek { week: first }, week(first)).await).await.unwrap();
}

/// Subject and moment of every mail that came, in order.
async fn received(services: &Services) -> Vec<(String, Timestamp)> {
    let Transport::Mailbox(mailbox) = &*services.mail else { panic!("no mailbox") };
    let mut mails: Vec<_> = mailbox.list(100).await.unwrap().into_iter().map(|mail| (mail.subject, mail.received_at)).collect();
    mails.reverse();
    mails
}

#[tokio::test]
async fn six_weeks_pass_as_six_weeks() {
    for bench in Bench::each().await {
        SWEPT.lock().unwrap().clear();
        let (services, registries) = (&bench.services, registries(Registry::new().with_periodic::<Sweep>()));
        services.db.write(WORKER, async |txn| jobs::ensure_periodic(txn, &registries.jobs).await).await.unwrap();
        ask(services, 1).await;
        let next = clock::upcoming(services, &registries, 10).await.unwrap();
        assert_eq!(
            next.iter().map(|next| (next.at, next.kind.as_str(), next.count)).collect::<Vec<_>>(),
            [(week(1), "test.open_week", 1)]
        );
        let end = shifted(week(6), HOUR + HOUR);
        let moved = advance(services, &registries, Target::At(end)).await.unwrap();
        assert_eq!(services.clocks.service(), end);
        let expected: Vec<_> = (1..=6).map(|n| (format!("Week {n} is open"), shifted(week(n), HOUR))).collect();
        assert_eq!(received(services).await, expected, "each at its own time");
        let moments: Vec<_> = (1..=6).flat_map(|n| [week(n), shifted(week(n), HOUR)]).collect();
        assert_eq!((moved.from, &moved.moments), (START, &moments));
        let stops: Vec<_> = [START].into_iter().chain(moments).chain([end]).collect();
        assert_eq!(*SWEPT.lock().unwrap(), stops, "a periodic job runs once a stop");
        assert_eq!((moved.done.jobs, moved.done.letters), (6 + 14, 6));
        assert_eq!(outstanding(services).await.unwrap(), []);
        assert_eq!(services.clocks.machine(), START, "machine time stood still");
        services.clocks.set_offset(SignedDuration::ZERO);
        jobs::clock::restore(&services.db).await.unwrap();
        assert_eq!(services.clocks.service(), end, "it is kept");
        bench.finish().await;
    }
}

#[tokio::test]
async fn the_clock_stops_at_the_next_moment_and_never_turns_back() {
    let bench = Bench::sqlite().await;
    let (services, registries) = (&bench.services, registries(Registry::new()));
    ask(services, 6).await;
    for expected in [week(6), shifted(week(6), HOUR)] {
        let moved = advance(services, &registries, Target::NextDue).await.unwrap();
        assert_eq!((moved.moments, services.clocks.service()), (vec![expected], expected));
    }
    let moved = advance(services, &registries, Target::NextDue).await.unwrap();
    assert_eq!(moved.moments, []);
    let back = advance(services, &registries, Target::At(week(5))).await.unwrap_err();
    assert!(matches!(back, clock::AdvanceError::Refused(MoveRefusal::Backwards { .. })));
    assert!(matches!(jobs::clock::set(&services.db, week(5)).await, Err(MoveRefusal::Backwards { .. })));
    let settings = Settings { profile: Profile::Production, ..(*services.settings).clone() };
    let real = Services { settings: Arc::new(settings), ..services.clone() };
    let refused = advance(&real, &registries, Target::At(week(8))).await.unwrap_err();
    assert!(matches!(refused, clock::AdvanceError::Production));
    assert_eq!(services.clocks.service(), shifted(week(6), HOUR));
    bench.finish().await;
}

#[tokio::test]
async fn what_is_due_and_not_done_is_told() {
    let bench = Bench::sqlite().await;
    let services = &bench.services;
    ask(services, 0).await;
    let left = outstanding(services).await.unwrap();
    assert_eq!(
        left.iter().map(|left| (left.what, left.kind.as_str(), left.state)).collect::<Vec<_>>(),
        [("job", "test.open_week", "pending")]
    );
    settle(services, &registries(Registry::new())).await.unwrap();
    assert_eq!(outstanding(services).await.unwrap(), [], "the next are not due");
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_run_beside_a_moving_clock_and_stop_when_told() {
    let bench = Bench::sqlite().await;
    let (services, registries) = (&bench.services, registries(Registry::new()));
    let workers = Workers::start(services, &registries).await.unwrap();
    ask(services, 1).await;
    advance(services, &registries, Target::At(shifted(week(6), HOUR))).await.unwrap();
    let mails = received(services).await;
    assert_eq!(mails.len(), 6, "{mails:?}");
    assert!(mails.iter().enumerate().all(|(n, (_, at))| *at == shifted(week(n as i64 + 1), HOUR)), "{mails:?}");
    tokio::time::timeout(Duration::from_secs(10), workers.stop()).await.unwrap();
    bench.finish().await;
}
