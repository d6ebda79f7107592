//! Changes: done once under their key, with the effect, the mail and the audit of the page's act.

use futures_util::future::join_all;
use lectern::audit::{self, Entry, Wanted};
use lectern::tokens::Scope;
use serde_json::{Value, json};

use super::{Program, read, refuses};
use crate::certificates as readers;
use crate::journeys::cast;
use crate::support::app::{TestApp, on_each_database};
use crate::support::raw::Answer;
use crate::support::school::{self, OWNER};

fn payment(reference: &str) -> Value {
    let amount = json!({ "amount": 650_000, "currency": "INR" });
    json!({ "method": "bank_transfer", "reference": reference, "amount": amount, "received_on": "2027-01-06" })
}

async fn log_of(app: &TestApp, subject: &str) -> Vec<Entry> {
    let snapshot = app.services().db.snapshot().await.unwrap();
    let wanted = Wanted { subject: Some(subject.to_owned()), ..Wanted::default() };
    audit::search(&snapshot, &wanted, None, 100).await.unwrap()
}

#[tokio::test]
async fn a_payment_is_recorded_once_as_on_the_page() {
    on_each_database(async |app: TestApp| {
        let school = school::open(&app, "").await;
        let program = Program::new(&app, &[Scope::PaymentsWrite, Scope::PaymentsRead, Scope::OrdersRead]).await;
        let path = format!("/api/v1/orders/{}/payments", school.open_order);
        // What is refused changes nothing and does not use the key up.
        let mut known = payment("demo-1");
        known["method"] = "upi".into();
        let used = refuses(&program.post(&path, "\"one\"", &known).send(&app).await, 409, "reference-used");
        assert!(used["detail"].as_str().unwrap().contains("already recorded"), "{used}");

        let first = program.post(&path, "\"one\"", &payment("utr 0001")).send(&app).await;
        let made = read(first.is(201));
        assert_eq!((made["reference"].as_str(), made["state"].as_str()), (Some("UTR0001"), Some("received")));
        assert_eq!((first.header("location"), first.header("idempotency-replayed")), (path.as_str(), ""));
        let again = program.post(&path, "one", &payment("utr 0001")).send(&app).await;
        assert_eq!((again.status, &again.body, again.header("location")), (201, &first.body, path.as_str()));
        assert_eq!(again.header("idempotency-replayed"), "true");
        refuses(&program.post(&path, "one", &payment("utr 0002")).send(&app).await, 422, "key-used");
        let elsewhere = format!("/api/v1/orders/{}/payments", school.order);
        refuses(&program.post(&elsewhere, "one", &payment("utr 0001")).send(&app).await, 422, "key-used");
        refuses(&program.post(&path, "two", &payment("utr 0001")).send(&app).await, 409, "reference-used");
        refuses(&program.post(&path, "two", &payment("utr 0002")).send(&app).await, 409, "already-paid");
        // Another token's keys are its own.
        let other = Program::new(&app, &[Scope::PaymentsWrite]).await;
        refuses(&other.post(&path, "one", &payment("utr 0001")).send(&app).await, 409, "reference-used");

        let order = program.read(&format!("/api/v1/orders/{}", school.open_order)).await;
        assert_eq!(order["state"], "paid");
        let attempts = program.read(&path).await;
        assert_eq!(attempts["items"].as_array().unwrap(), std::slice::from_ref(&made));
        app.settle().await;
        assert_eq!(app.mails_to(OWNER).await.iter().filter(|mail| mail.text.as_deref().unwrap().contains("UTR0001")).count(), 1);

        // The same entries as by the page, under the admin's name and the token.
        let captured = log_of(&app, made["id"].as_str().unwrap()).await;
        assert_eq!(captured.iter().map(|entry| entry.kind.as_str()).collect::<Vec<_>>(), ["payment.captured"]);
        assert_eq!(captured[0].actor_kind, "token");
        assert!(captured[0].token.is_some() && captured[0].actor.is_some());
        let paid = log_of(&app, &school.open_order).await;
        assert!(paid.iter().any(|entry| entry.kind == "order.paid" && entry.token.is_some()), "{paid:?}");
        app.finish().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_at_once_under_one_key_are_one() {
    on_each_database(async |app: TestApp| {
        let school = school::open(&app, "").await;
        let program = Program::new(&app, &[Scope::PaymentsWrite, Scope::PaymentsRead]).await;
        let path = format!("/api/v1/orders/{}/payments", school.open_order);
        let body = payment("UTR 0001");
        let answers: Vec<Answer> = join_all((0..10).map(|_| program.post(&path, "one", &body).send(&app))).await;
        for answer in &answers {
            assert_eq!((answer.status, &answer.body), (201, &answers[0].body));
        }
        let replayed = answers.iter().filter(|answer| answer.header("idempotency-replayed") == "true").count();
        assert_eq!(replayed, 9);
        assert_eq!(program.all(&path, 5).await.len(), 1);
        app.finish().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_certificate_is_issued_once_and_revoked_once() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 5).await;
        let keen = readers::student(&app, 1, "Demo Student 01").await;
        let idle = readers::student(&app, 2, "Demo Student 02").await;
        app.pass_to(cast::release_of(6)).await;
        readers::read(&app, keen, 6).await;
        let program = Program::new(&app, &[Scope::CertificatesWrite, Scope::CertificatesRead]).await;
        let path = "/api/v1/cohorts/january/certificates";
        let of = |(_, id): (_, lectern::kernel::ids::EnrolmentId)| json!({ "enrolment": id });

        refuses(&program.post(path, "idle", &of(idle)).send(&app).await, 409, "not-completed");
        let body = of(keen);
        let answers = join_all((0..10).map(|_| program.post(path, "keen", &body).send(&app))).await;
        let (made, waiting): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 201);
        assert!(!made.is_empty() && made.iter().all(|answer| answer.body == made[0].body));
        waiting.iter().for_each(|answer| drop(refuses(answer, 409, "under-way")));
        let certificate = read(&made[0]);
        assert_eq!((certificate["name"].as_str(), certificate["state"].as_str()), (Some("Demo Student 01"), Some("issued")));
        let again = program.post(path, "another", &of(keen)).send(&app).await;
        assert_eq!(read(again.is(200))["id"], certificate["id"], "another certificate");
        assert_eq!(program.all(path, 1).await, std::slice::from_ref(&certificate));

        app.settle().await;
        let one = made[0].header("location").to_owned();
        assert_eq!(program.read(&one).await, certificate);
        let revoke = format!("{one}/revocation");
        refuses(&program.post(&revoke, "r", &json!({ "reason": " " })).send(&app).await, 422, "invalid");
        let reason = json!({ "reason": "Issued by mistake" });
        let revoked = program.post(&revoke, "r", &reason).send(&app).await;
        assert_eq!(read(revoked.is(201))["revocation_reason"], "Issued by mistake");
        assert_eq!(program.post(&revoke, "r", &reason).send(&app).await.body, revoked.body);
        refuses(&program.post(&revoke, "s", &reason).send(&app).await, 409, "not-in-force");
        assert_eq!(program.read(&one).await, read(&revoked));
        app.settle().await;
        for subject in ["Your certificate: Example Course", "Your certificate was revoked: Example Course"] {
            let sent = app.mails_to("reader001@example.org").await;
            let subjects: Vec<_> = sent.iter().map(|mail| mail.subject.as_str()).collect();
            assert_eq!(subjects.iter().filter(|known| **known == subject).count(), 1, "{subjects:?}");
        }
        let mut log = log_of(&app, certificate["id"].as_str().unwrap()).await;
        // At a clock that stands still they have no order.
        log.sort_by(|one, two| two.kind.cmp(&one.kind));
        assert_eq!(
            log.iter().map(|entry| entry.kind.as_str()).collect::<Vec<_>>(),
            ["certificate.revoked", "certificate.issued"]
        );
        assert!(log.iter().all(|entry| entry.token.is_some()));
        app.finish().await;
    })
    .await;
}
