//! The sender against a server that refuses, falls silent and hangs up at every step.

#[path = "../../../tests/support/smtp_server.rs"]
pub(in crate::mail) mod smtp_server;

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use self::smtp_server::{Act, CA_PEM, Protection, SmtpServer, Step};
use super::*;

const MESSAGE: &[u8] = b"From: courses@example.org\r\nSubject: Week two\r\n\r\nHello\r\n.\r\n..dots\r\nend.\r\n";

/// Steps in order, with the phase that each fails in. The first four are not about the mail.
const BEFORE_BODY: [(Step, Phase); 6] = [
    (Step::Greeting, Phase::Greeting),
    (Step::Hello, Phase::Hello),
    (Step::Auth, Phase::Auth),
    (Step::MailFrom, Phase::MailFrom),
    (Step::RcptTo, Phase::RcptTo),
    (Step::Data, Phase::Data),
];

/// No outcome hangs on these limits: a busy machine must not fail a test.
fn patient(server: &SmtpServer) -> SmtpSettings {
    let long = Duration::from_secs(20);
    SmtpSettings {
        host: "127.0.0.1".to_owned(),
        port: server.port,
        security: Security::PlainLoopbackOnly,
        credentials: Some(("courses".to_owned(), "correct horse".to_owned().into())),
        hello_name: "courses.example.org".to_owned(),
        ca_pem: Some(CA_PEM.to_owned()),
        max_bytes: 16_000_000,
        timeouts: Timeouts { connect: long, handshake: long, command: long, body: long, answer: long },
    }
}

/// Soon gives up in `phase` and its like, and nowhere else.
fn impatient(server: &SmtpServer, phase: Phase) -> SmtpSettings {
    let mut settings = patient(server);
    let limit = match phase {
        Phase::Check | Phase::Connect => &mut settings.timeouts.connect,
        Phase::Greeting | Phase::Hello | Phase::Tls => &mut settings.timeouts.handshake,
        Phase::Auth | Phase::MailFrom | Phase::RcptTo | Phase::Data => &mut settings.timeouts.command,
        Phase::Body => &mut settings.timeouts.body,
        Phase::Answer => &mut settings.timeouts.answer,
    };
    *limit = Duration::from_millis(300);
    settings
}

fn envelope() -> Envelope {
    Envelope { from: "bounces@example.org".parse().unwrap(), to: "demo.03@example.net".parse().unwrap() }
}

async fn send(settings: SmtpSettings) -> (Result<Accepted, SendFailure<Infallible>>, usize) {
    let notes = AtomicUsize::new(0);
    let outcome = Sender::new(settings)
        .unwrap()
        .send(&envelope(), MESSAGE, async || {
            notes.fetch_add(1, Ordering::SeqCst);
            Ok(())
        })
        .await;
    (outcome, notes.into_inner())
}

#[tokio::test]
async fn a_mail_arrives_byte_for_byte() {
    let server = SmtpServer::accepting().await;
    let (outcome, notes) = send(patient(&server)).await;
    assert_eq!(outcome, Ok(Accepted { reply: "250 2.0.0 Queued as 4711".to_owned() }));
    assert_eq!(notes, 1);
    assert_eq!(server.bodies(), [MESSAGE]);
    let lines = &server.connections()[0].lines;
    assert_eq!(lines[0], "EHLO courses.example.org");
    assert_eq!(lines[1], "AUTH PLAIN AGNvdXJzZXMAY29ycmVjdCBob3JzZQ==");
    assert_eq!(lines[2], format!("MAIL FROM:<bounces@example.org> SIZE={}", MESSAGE.len()));
    assert_eq!(lines[3..5], ["RCPT TO:<demo.03@example.net>", "DATA"]);
}

#[tokio::test]
async fn a_refusal_before_the_body_is_temporary_or_permanent_by_its_code() {
    for (step, phase) in BEFORE_BODY {
        let server = SmtpServer::once(step, Act::Say("450 4.2.0 Come\x07 back later")).await;
        let (outcome, notes) = send(patient(&server)).await;
        let reply = "450 4.2.0 Come back later".to_owned();
        assert_eq!(outcome, Err(SendFailure::Temporary { phase, code: Some(450), reply }));
        assert_eq!(notes, 0);

        let server = SmtpServer::once(step, Act::Say("550-5.7.1 Not\r\n550 5.7.1 here")).await;
        let (outcome, notes) = send(patient(&server)).await;
        let failure = outcome.unwrap_err();
        assert_eq!(failure.is_about_the_mail(), phase >= Phase::MailFrom);
        let reply = "550 5.7.1 Not 5.7.1 here".to_owned();
        assert_eq!(failure, SendFailure::Permanent { phase, code: Some(550), reply });
        assert_eq!((notes, server.connections()[0].body_bytes), (0, 0));
    }
}

#[tokio::test]
async fn silence_hanging_up_and_nonsense_before_the_body_are_temporary() {
    for (step, at) in BEFORE_BODY {
        for act in [Act::Silence, Act::HangUp, Act::Say("HTTP/1.1 200 OK"), Act::Say("299 What?")] {
            let silent = matches!(act, Act::Silence);
            let server = SmtpServer::once(step, act).await;
            let (outcome, notes) = send(if silent { impatient(&server, at) } else { patient(&server) }).await;
            match outcome.unwrap_err() {
                SendFailure::Temporary { phase, code: None, .. } => assert_eq!(phase, at),
                other => panic!("{step:?}: {other:?}"),
            }
            assert_eq!(notes, 0);
        }
    }
}

#[tokio::test]
async fn an_answer_to_the_dot_is_definite() {
    for (lines, expected) in [
        ("554 5.6.0 Spam", SendFailure::Permanent { phase: Phase::Answer, code: Some(554), reply: "554 5.6.0 Spam".to_owned() }),
        ("421 Bye", SendFailure::Temporary { phase: Phase::Answer, code: Some(421), reply: "421 Bye".to_owned() }),
    ] {
        let server = SmtpServer::once(Step::Dot, Act::SayAndHangUp(lines)).await;
        assert_eq!(send(patient(&server)).await, (Err(expected), 1));
        // The next mail has a connection and an answer of its own.
        assert!(send(patient(&server)).await.0.is_ok());
        assert_eq!(server.connections().len(), 2);
    }
}

#[tokio::test]
async fn no_answer_to_the_dot_leaves_the_mail_in_doubt() {
    for act in [Act::Silence, Act::HangUp, Act::Say("354 More"), Act::Say("hello"), Act::SayAndHangUp("250-cut")] {
        let silent = matches!(act, Act::Silence);
        let server = SmtpServer::once(Step::Dot, act).await;
        let (outcome, notes) = send(if silent { impatient(&server, Phase::Answer) } else { patient(&server) }).await;
        assert!(matches!(outcome, Err(SendFailure::InDoubt { phase: Phase::Answer, .. })), "{outcome:?}");
        assert_eq!((notes, server.bodies().len()), (1, 1));
        let (next, _) = send(patient(&server)).await;
        assert_eq!(next.unwrap().reply, "250 2.0.0 Queued as 4711");
    }
}

#[tokio::test]
async fn a_server_that_stops_reading_the_body_is_given_up() {
    let server = SmtpServer::once(Step::Body, Act::Silence).await;
    let large = [b"Subject: x\r\n\r\n".as_slice(), &b"0123456789\r\n".repeat(1_000_000)].concat();
    let sender = Sender::new(impatient(&server, Phase::Body)).unwrap();
    let failure = sender.send(&envelope(), &large, async || Ok::<(), Infallible>(())).await.unwrap_err();
    assert!(matches!(failure, SendFailure::InDoubt { phase: Phase::Body, .. }), "{failure:?}");
    assert_eq!(server.bodies(), Vec::<Vec<u8>>::new());
}

#[tokio::test]
async fn without_the_note_not_a_byte_of_the_body_is_sent() {
    let server = SmtpServer::accepting().await;
    let sender = Sender::new(patient(&server)).unwrap();
    let failure = sender.send(&envelope(), MESSAGE, async || Err("the lease was lost")).await.unwrap_err();
    assert_eq!(failure, SendFailure::NotBegun("the lease was lost"));
    // A connection after it: whatever the first brought has been read by then.
    assert!(send(patient(&server)).await.0.is_ok());
    let first = &server.connections()[0];
    assert_eq!((first.body_bytes, first.bodies.len()), (0, 0));
    assert_eq!(first.lines.last().map(String::as_str), Some("DATA"));
}

#[tokio::test]
async fn an_answer_given_too_early_is_not_taken_for_a_later_one() {
    let server = SmtpServer::once(Step::Data, Act::Say("354 Go\r\n250 2.0.0 Queued")).await;
    let (outcome, notes) = send(patient(&server)).await;
    let reply = "the server spoke out of turn".to_owned();
    assert_eq!(outcome, Err(SendFailure::Temporary { phase: Phase::Data, code: None, reply }));
    assert_eq!(notes, 0);
}

#[tokio::test]
async fn mail_goes_through_tls_from_the_start_or_by_starttls() {
    for (protection, security) in [(Protection::Tls, Security::Tls), (Protection::StartTls, Security::StartTls)] {
        let server = SmtpServer::start(protection, Vec::new()).await;
        let (outcome, _) = send(SmtpSettings { security, host: "localhost".to_owned(), ..patient(&server) }).await;
        assert!(outcome.is_ok(), "{outcome:?}");
        assert_eq!(server.bodies(), [MESSAGE]);

        let strangers = SmtpSettings { security, ca_pem: None, ..patient(&server) };
        let (outcome, notes) = send(strangers).await;
        assert!(matches!(outcome, Err(SendFailure::Temporary { phase: Phase::Tls, code: None, .. })), "{outcome:?}");
        assert_eq!((notes, server.bodies().len()), (0, 1));
    }
}

#[tokio::test]
async fn a_stripped_or_tampered_starttls_sends_no_password() {
    for (protection, script) in [
        (Protection::None, Vec::new()),
        (Protection::StartTls, vec![vec![(Step::StartTls, Act::Say("454 Not now"))]]),
        (Protection::StartTls, vec![vec![(Step::StartTls, Act::Say("220 Go\r\n250 AUTH PLAIN"))]]),
    ] {
        let server = SmtpServer::start(protection, script).await;
        let (outcome, _) = send(SmtpSettings { security: Security::StartTls, ..patient(&server) }).await;
        assert!(matches!(outcome, Err(SendFailure::Temporary { phase: Phase::Tls, .. })), "{outcome:?}");
        assert!(server.connections()[0].lines.iter().all(|line| !line.starts_with("AUTH")));
    }
}

#[tokio::test]
async fn the_password_follows_the_mechanism_that_is_offered() {
    let server = SmtpServer::once(Step::Hello, Act::Say("250-mail.example.org\r\n250 AUTH CRAM-MD5 LOGIN")).await;
    assert!(send(patient(&server)).await.0.is_ok());
    assert_eq!(server.connections()[0].lines[1..4], ["AUTH LOGIN", "Y291cnNlcw==", "Y29ycmVjdCBob3JzZQ=="]);

    let server = SmtpServer::once(Step::Hello, Act::Say("250 mail.example.org")).await;
    let (outcome, _) = send(patient(&server)).await;
    assert!(matches!(outcome, Err(SendFailure::Temporary { phase: Phase::Auth, code: None, .. })), "{outcome:?}");
}

#[tokio::test]
async fn sizes_are_kept_ours_and_theirs() {
    let server = SmtpServer::once(Step::Hello, Act::Say("250-mail.example.org\r\n250-AUTH PLAIN\r\n250 SIZE 20")).await;
    let (outcome, _) = send(patient(&server)).await;
    assert!(matches!(outcome, Err(SendFailure::Permanent { phase: Phase::MailFrom, code: None, .. })), "{outcome:?}");

    let (outcome, _) = send(SmtpSettings { max_bytes: MESSAGE.len() - 1, ..patient(&server) }).await;
    assert!(matches!(outcome, Err(SendFailure::Permanent { phase: Phase::Check, code: None, .. })), "{outcome:?}");
    assert_eq!(server.connections().len(), 1, "too large a mail needs no connection");
}

#[tokio::test]
async fn nobody_there_is_temporary_and_plain_text_stays_on_this_machine() {
    let server = SmtpServer::accepting().await;
    let nobody = patient(&server);
    drop(server);
    tokio::task::yield_now().await;
    let (outcome, _) = send(nobody.clone()).await;
    assert!(matches!(outcome, Err(SendFailure::Temporary { phase: Phase::Connect, code: None, .. })), "{outcome:?}");
    // 192.0.2.0/24 is for documentation (RFC 5737): a connection would hang, a refusal comes at once.
    let (outcome, _) = send(SmtpSettings { host: "192.0.2.1".to_owned(), ..nobody }).await;
    let reply = "the connection was lost: no usable address; without TLS, only this machine's own".to_owned();
    assert_eq!(outcome, Err(SendFailure::Temporary { phase: Phase::Connect, code: None, reply }));
}

#[tokio::test]
async fn settings_that_could_inject_a_line_are_refused() {
    let server = SmtpServer::accepting().await;
    let good = patient(&server);
    let refused = |settings: SmtpSettings| Sender::new(settings).unwrap_err();
    assert_eq!(refused(SmtpSettings { host: "a b".to_owned(), ..good.clone() }), SettingsError::Host);
    assert_eq!(refused(SmtpSettings { hello_name: "a\r\nMAIL".to_owned(), ..good.clone() }), SettingsError::HelloName);
    let credentials = Some(("a\0b".to_owned(), "c".to_owned().into()));
    assert_eq!(refused(SmtpSettings { credentials, ..good.clone() }), SettingsError::Credentials);
    let ca_pem = Some("none".to_owned());
    assert_eq!(refused(SmtpSettings { ca_pem, ..good.clone() }), SettingsError::CertificateAuthorities);
    assert!(!format!("{:?}", Sender::new(good).unwrap()).contains("correct horse"));
}

#[tokio::test]
async fn sending_can_be_spawned_with_borrowed_captures() {
    let server = SmtpServer::accepting().await;
    let sender = Sender::new(patient(&server)).unwrap();
    let outcome = tokio::spawn(async move {
        let notes = AtomicUsize::new(0);
        let note = async || {
            tokio::task::yield_now().await;
            notes.fetch_add(1, Ordering::SeqCst);
            Ok::<(), Infallible>(())
        };
        sender.send(&envelope(), MESSAGE, note).await.map(|_| notes.load(Ordering::SeqCst))
    });
    assert_eq!(outcome.await.unwrap(), Ok(1));
}
