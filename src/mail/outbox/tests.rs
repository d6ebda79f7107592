//! Letters from the outbox to a mail server that accepts, refuses, falls silent, or is left in the middle.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sea_orm::EntityTrait;
use serde_json::json;

use super::delivery::MAX_DOUBTFUL;
use super::*;
use crate::jobs::lease::{LEASE, WORKER};
use crate::kernel::time::{SignedDuration, shifted};
use crate::mail::smtp::tests::smtp_server::{Act, Protection, SmtpServer, Step};
use crate::mail::smtp::{Security, Timeouts};
use crate::mail::{Sender, SmtpSettings, Transport};
use crate::services::Services;
use crate::testing::{Bench, START};

/// Says in the mail how often it was asked, so that a mail that is written twice differs.
#[derive(Debug, Default)]
struct Hello(AtomicUsize);

impl Composer for Hello {
    const KIND: &'static str = "hello";

    async fn compose(&self, _: &Services, letter: &Letter) -> Result<Composed, ComposeFailure> {
        let asked = self.0.fetch_add(1, Ordering::SeqCst) + 1;
        Ok(match letter.payload["then"].as_str() {
            Some("second: cancel") if asked == 2 => Composed::Cancel("it is over by now".to_owned()),
            Some("second: postpone") if asked == 2 => Composed::Postpone(shifted(letter.due_at, SignedDuration::from_hours(5))),
            Some("cancel") => Composed::Cancel("it is over".to_owned()),
            Some("suppress") => Composed::Suppress("not wanted".to_owned()),
            Some("postpone") if asked == 1 => Composed::Postpone(shifted(letter.due_at, SignedDuration::from_hours(5))),
            Some("give up") => return Err(ComposeFailure::GiveUp("no words".to_owned())),
            Some("panic") => panic!("lost for words"),
            _ => Composed::Send(Box::new(Content {
                subject: "Hello".to_owned(),
                text: format!("Asked {asked} times.\n"),
                html: format!("<p>Asked {asked} times.</p>\n"),
                to_name: Some("Demo Student 03".parse().unwrap()),
                unsubscribe: Some(crate::mail::Unsubscribe { url: "https://example.org/stop/1".parse().unwrap() }),
                ..Content::default()
            })),
        })
    }
}

pub(super) fn composers() -> Arc<Composers> {
    Arc::new(Composers::new().with(Hello::default()))
}

pub(super) fn letter(key: &str, class: Class) -> Post {
    Post {
        dedupe_key: key.to_owned(),
        kind: Hello::KIND,
        class,
        user: None,
        recipient: "demo.03@example.net".parse().unwrap(),
        payload: json!({}),
        due_at: START,
        not_after: None,
        priority: 5,
    }
}

pub(super) async fn put(services: &Services, letter: Post) {
    services.db.write(WORKER, async |txn| post(txn, letter).await).await.unwrap();
}

async fn all(services: &Services) -> Vec<row::Model> {
    row::Entity::find().all(&*services.db.snapshot().await.unwrap()).await.unwrap()
}

pub(super) async fn only(services: &Services) -> row::Model {
    all(services).await.remove(0)
}

/// A bench whose mail goes to `server`; an answer to a body is awaited for `answer`.
pub(super) async fn towards(bench: &mut Bench, server: &SmtpServer, answer: Duration) {
    let long = Duration::from_secs(20);
    let settings = SmtpSettings {
        host: "127.0.0.1".to_owned(),
        port: server.port,
        security: Security::PlainLoopbackOnly,
        credentials: None,
        hello_name: "courses.example.org".to_owned(),
        ca_pem: None,
        max_bytes: 1_000_000,
        timeouts: Timeouts { connect: long, handshake: long, command: long, body: long, answer },
    };
    bench.services.mail = Arc::new(Transport::Smtp(Box::new(Sender::new(settings).unwrap())));
}

pub(super) const PATIENT: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(200);
pub(super) const QUARTER: SignedDuration = SignedDuration::from_mins(15);

#[tokio::test]
async fn a_letter_is_sent_once_and_its_key_is_used_for_ever() {
    for mut bench in Bench::each().await {
        let server = SmtpServer::accepting().await;
        towards(&mut bench, &server, PATIENT).await;
        put(&bench.services, letter("one", Class::Transactional)).await;
        put(&bench.services, letter("one", Class::Transactional)).await;
        assert_eq!(send_due(&bench.services, &composers(), 10).await.unwrap(), 1);
        put(&bench.services, letter("one", Class::Transactional)).await;
        bench.pass(SignedDuration::from_hours(24));
        assert_eq!(send_due(&bench.services, &composers(), 10).await.unwrap(), 0);
        let sent = only(&bench.services).await;
        assert_eq!((sent.state, sent.attempts, sent.last_code), (row::State::Sent, 1, Some(250)));
        assert_eq!(sent.smtp_reply.as_deref(), Some("250 2.0.0 Queued as 4711"));
        assert_eq!(sent.sent_at.map(Timestamp::from), Some(START));
        assert_eq!((sent.lease_token, sent.lease_until), (None, None));
        assert_eq!(sent.message_id, format!("{}@example.org", sent.id));
        assert_eq!(server.bodies(), [sent.rendered.unwrap()]);
        bench.finish().await;
    }
}

#[tokio::test]
async fn the_urgent_go_first() {
    let bench = Bench::sqlite().await;
    for (key, priority, hours) in [("late", 5, 0), ("first", 0, 0), ("early", 5, -1), ("not due", 0, 1)] {
        let due_at = shifted(START, SignedDuration::from_hours(hours));
        put(&bench.services, Post { priority, due_at, ..letter(key, Class::Reminder) }).await;
    }
    let taken = bench.services.db.write(WORKER, async |txn| store::claim(txn, 10).await).await.unwrap();
    assert_eq!(taken.iter().map(|row| row.dedupe_key.as_str()).collect::<Vec<_>>(), ["first", "early", "late"]);
    bench.finish().await;
}

#[tokio::test]
async fn a_mail_put_off_by_the_server_goes_later_with_the_same_bytes() {
    for step in [Step::MailFrom, Step::Data, Step::Dot] {
        let mut bench = Bench::sqlite().await;
        let server = SmtpServer::once(step, Act::Say("451 4.7.1 Later, please")).await;
        towards(&mut bench, &server, PATIENT).await;
        put(&bench.services, letter("one", Class::Transactional)).await;
        let composers = composers();
        assert_eq!(send_due(&bench.services, &composers, 10).await.unwrap(), 1);
        let waiting = only(&bench.services).await;
        assert_eq!((waiting.state, waiting.last_code, waiting.data_started_at), (row::State::Pending, Some(451), None));
        assert!(waiting.retry_at.is_some() && waiting.last_error.unwrap().contains("Later, please"));
        bench.pass(QUARTER);
        assert_eq!(send_due(&bench.services, &composers, 10).await.unwrap(), 1);
        let sent = only(&bench.services).await;
        assert_eq!((sent.state, sent.attempts, sent.last_error), (row::State::Sent, 2, None));
        assert_eq!(sent.rendered, waiting.rendered);
        assert_eq!(server.bodies().last(), sent.rendered.as_ref());
        bench.finish().await;
    }
}

#[tokio::test]
async fn what_a_server_says_names_the_recipient_to_nobody() {
    for (step, says) in [(Step::RcptTo, "550 <Demo.03@Example.net> User unknown"), (Step::Dot, "250 For DEMO.03@example.net")] {
        let mut bench = Bench::sqlite().await;
        let server = SmtpServer::once(step, Act::Say(says)).await;
        towards(&mut bench, &server, PATIENT).await;
        put(&bench.services, letter("one", Class::Transactional)).await;
        send_due(&bench.services, &composers(), 10).await.unwrap();
        let end = only(&bench.services).await;
        let told = end.last_error.or(end.smtp_reply).unwrap();
        assert!(told.contains("d…@example.net") && !told.to_lowercase().contains("demo.03"), "{told}");
        bench.finish().await;
    }
}

#[tokio::test]
async fn a_mail_refused_for_good_is_dead_and_a_server_that_refuses_us_is_not_its_end() {
    for step in [Step::RcptTo, Step::Dot] {
        let mut bench = Bench::sqlite().await;
        let server = SmtpServer::once(step, Act::Say("550 5.1.1 Nobody here")).await;
        towards(&mut bench, &server, PATIENT).await;
        put(&bench.services, letter("one", Class::Secret)).await;
        send_due(&bench.services, &composers(), 10).await.unwrap();
        let dead = only(&bench.services).await;
        assert_eq!((dead.state, dead.last_code, dead.rendered), (row::State::Dead, Some(550), None));
        bench.finish().await;
    }
    let mut bench = Bench::sqlite().await;
    let server = SmtpServer::once(Step::Greeting, Act::Say("554 5.7.1 Not you")).await;
    towards(&mut bench, &server, PATIENT).await;
    put(&bench.services, letter("one", Class::Transactional)).await;
    send_due(&bench.services, &composers(), 10).await.unwrap();
    assert_eq!(only(&bench.services).await.state, row::State::Pending);
    bench.finish().await;
}

#[tokio::test]
async fn silence_after_the_body_counts_as_sent_or_is_sent_again_as_the_class_says() {
    for class in [Class::Reminder, Class::Secret, Class::Transactional] {
        let mut bench = Bench::sqlite().await;
        let server = SmtpServer::once(Step::Dot, Act::Silence).await;
        towards(&mut bench, &server, SHORT).await;
        put(&bench.services, letter("one", class)).await;
        let composers = composers();
        send_due(&bench.services, &composers, 10).await.unwrap();
        let doubtful = only(&bench.services).await;
        assert!(doubtful.data_started_at.is_some());
        towards(&mut bench, &server, PATIENT).await;
        bench.pass(QUARTER);
        let again = send_due(&bench.services, &composers, 10).await.unwrap();
        let end = only(&bench.services).await;
        if class == Class::Transactional {
            assert_eq!((doubtful.state, again, end.state), (row::State::Pending, 1, row::State::Sent));
            assert_eq!((&doubtful.rendered, &doubtful.message_id), (&end.rendered, &end.message_id));
            let bytes = end.rendered.unwrap();
            assert_eq!(server.bodies(), [bytes.clone(), bytes], "byte for byte");
        } else {
            assert_eq!((doubtful.state, again, end.state), (row::State::InDoubt, 0, row::State::InDoubt));
            assert_eq!((server.bodies().len(), end.rendered.is_some()), (1, class == Class::Reminder));
        }
        bench.finish().await;
    }
}

#[tokio::test]
async fn a_receipt_is_not_sent_into_doubt_for_ever() {
    let mut bench = Bench::sqlite().await;
    let silent = vec![vec![(Step::Dot, Act::HangUp)]; 20];
    let server = SmtpServer::start(Protection::None, silent).await;
    towards(&mut bench, &server, PATIENT).await;
    put(&bench.services, letter("one", Class::Transactional)).await;
    let composers = composers();
    for _ in 0..20 {
        send_due(&bench.services, &composers, 10).await.unwrap();
        bench.pass(QUARTER);
    }
    let end = only(&bench.services).await;
    assert_eq!((end.state, end.attempts), (row::State::InDoubt, MAX_DOUBTFUL));
    bench.finish().await;
}

#[tokio::test]
async fn a_receipt_whose_server_was_long_away_is_sent_again_when_first_in_doubt() {
    let mut bench = Bench::sqlite().await;
    let mut scripts = vec![vec![(Step::MailFrom, Act::Say("451 4.3.0 Down"))]; MAX_DOUBTFUL as usize];
    scripts.push(vec![(Step::Dot, Act::HangUp)]);
    let server = SmtpServer::start(Protection::None, scripts).await;
    towards(&mut bench, &server, PATIENT).await;
    put(&bench.services, letter("one", Class::Transactional)).await;
    for _ in 0..MAX_DOUBTFUL + 2 {
        send_due(&bench.services, &composers(), 10).await.unwrap();
        bench.pass(QUARTER);
    }
    assert_eq!((only(&bench.services).await.state, server.bodies().len()), (row::State::Sent, 2));
    bench.finish().await;
}

/// Leaves a sending in the middle, where the server fell silent at `step`, as a killed process does.
async fn kill_at(bench: &Bench, server: &SmtpServer, step: Step, composers: &Arc<Composers>) {
    let killed = async {
        let reached = async || match step {
            Step::RcptTo => server.connections().iter().any(|seen| seen.lines.iter().any(|line| line.starts_with("RCPT"))),
            _ => !server.bodies().is_empty(),
        };
        while !reached().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        _ = send_due(&bench.services, composers, 10) => panic!("it ended by itself"),
        () = killed => {}
    }
}

#[tokio::test]
async fn a_sender_killed_after_the_body_leaves_doubt_and_no_second_reminder() {
    for class in [Class::Reminder, Class::Secret, Class::Transactional] {
        for mut bench in Bench::each().await {
            let server = SmtpServer::once(Step::Dot, Act::Silence).await;
            towards(&mut bench, &server, PATIENT).await;
            put(&bench.services, letter("one", class)).await;
            let composers = composers();
            kill_at(&bench, &server, Step::Dot, &composers).await;
            let left = only(&bench.services).await;
            assert_eq!((left.state, left.rendered.is_some()), (row::State::Leased, class != Class::Secret));
            assert_eq!(send_due(&bench.services, &composers, 10).await.unwrap(), 0, "it is still leased");
            bench.pass(LEASE);
            assert_eq!(send_due(&bench.services, &composers, 10).await.unwrap(), 1);
            let end = only(&bench.services).await;
            if class == Class::Transactional {
                assert_eq!((end.state, server.bodies().len()), (row::State::Sent, 2));
                assert_eq!(server.bodies()[0], server.bodies()[1]);
            } else {
                assert_eq!((end.state, server.bodies().len()), (row::State::InDoubt, 1));
                assert_eq!(end.rendered.is_some(), class == Class::Reminder);
            }
            bench.finish().await;
        }
    }
}

#[tokio::test]
async fn a_sender_killed_before_the_body_loses_nothing() {
    let mut bench = Bench::sqlite().await;
    let server = SmtpServer::once(Step::RcptTo, Act::Silence).await;
    towards(&mut bench, &server, PATIENT).await;
    put(&bench.services, letter("one", Class::Reminder)).await;
    let composers = composers();
    kill_at(&bench, &server, Step::RcptTo, &composers).await;
    bench.pass(LEASE);
    send_due(&bench.services, &composers, 10).await.unwrap();
    assert!(String::from_utf8(server.bodies().remove(0)).unwrap().contains("Asked 2 times"), "it is asked again");
    let end = only(&bench.services).await;
    assert_eq!((end.state, end.attempts, server.bodies().len()), (row::State::Sent, 2, 1));
    bench.finish().await;
}

#[tokio::test]
async fn a_holder_that_lost_its_lease_begins_no_body() {
    let mut bench = Bench::sqlite().await;
    let server = SmtpServer::accepting().await;
    towards(&mut bench, &server, PATIENT).await;
    put(&bench.services, letter("one", Class::Reminder)).await;
    let db = &bench.services.db;
    let late = db.write(WORKER, async |txn| store::claim(txn, 1).await).await.unwrap().remove(0);
    bench.pass(LEASE);
    db.write(WORKER, async |txn| store::claim(txn, 1).await).await.unwrap();
    let lease = crate::jobs::lease::Lease { id: late.id.0, token: late.lease_token.unwrap() };
    let rendered = Some(b"From: a@example.org\r\n\r\nHello\r\n".to_vec());
    let late = row::Model { rendered, ..late };
    assert_eq!(delivery::attempt(&bench.services, &composers(), &late, lease).await, None);
    assert_eq!((server.bodies().len(), server.connections()[0].body_bytes), (0, 0));
    bench.finish().await;
}

#[tokio::test]
async fn a_letter_past_its_time_expires_and_others_end_as_their_composer_says() {
    let bench = Bench::sqlite().await;
    let services = &bench.services;
    put(services, Post { not_after: Some(START), ..letter("expires", Class::Secret) }).await;
    for then in ["cancel", "suppress", "give up", "panic"] {
        put(services, Post { payload: json!({ "then": then }), ..letter(then, Class::Reminder) }).await;
    }
    bench.pass(SignedDuration::from_secs(1));
    assert_eq!(send_due(services, &composers(), 10).await.unwrap(), 5);
    let mut ends: Vec<_> = all(services).await.into_iter().map(|row| (row.dedupe_key, row.state, row.last_error)).collect();
    ends.sort_by(|a, b| a.0.cmp(&b.0));
    let end = |key: &str, state, error: Option<&str>| (key.to_owned(), state, error.map(str::to_owned));
    assert_eq!(
        ends,
        [
            end("cancel", row::State::Cancelled, Some("it is over")),
            end("expires", row::State::Expired, None),
            end("give up", row::State::Dead, Some("no words")),
            end("panic", row::State::Pending, Some("its composer panicked: lost for words")),
            end("suppress", row::State::Suppressed, Some("not wanted")),
        ]
    );
    bench.finish().await;
}

#[tokio::test]
async fn a_postponed_letter_is_asked_again_at_its_new_time() {
    let bench = Bench::sqlite().await;
    let (services, composers) = (&bench.services, composers());
    put(services, Post { payload: json!({ "then": "postpone" }), ..letter("one", Class::Reminder) }).await;
    assert_eq!(send_due(services, &composers, 10).await.unwrap(), 1);
    let waiting = only(services).await;
    assert_eq!((waiting.state, waiting.attempts), (row::State::Pending, 0));
    assert_eq!(Timestamp::from(waiting.due_at), shifted(START, SignedDuration::from_hours(5)));
    bench.pass(SignedDuration::from_hours(5));
    send_due(services, &composers, 10).await.unwrap();
    assert_eq!(only(services).await.state, row::State::Sent);
    bench.finish().await;
}
