//! What a restore does besides bringing rows back: nothing that was ended comes to life, nothing that was told is told again.

use lectern::audit;
use lectern::certificates::jobs::IssueOne;
use lectern::certificates::{self, Issued, Issuer};
use lectern::db::Txn;
use lectern::identity;
use lectern::jobs;
use lectern::kernel::time::SignedDuration;
use lectern::kernel::{Actor, Touch};
use lectern::ops::restore::{Choices, Tokens};
use lectern::schedule::Plans;
use lectern::tokens::{self, Scope};
use sea_orm::ConnectionTrait;

use super::take;
use crate::certificates::reader;
use crate::journeys::cast::{self, ADMIN, STUDENT};
use crate::support::app::{Onto, TestApp, on_each_database};
use crate::support::raw::Ask;
use crate::support::school;

#[tokio::test]
async fn a_token_that_was_revoked_since_opens_nothing_on_the_copy() {
    on_each_database(async |app: TestApp| {
        school::open(&app, "").await;
        let (id, secret) = school::token(&app, &[Scope::CatalogueRead]).await;
        let file = take(&app, "backup").await;
        let revoke = async |txn: &Txn| tokens::revoke(txn, id.parse().unwrap()).await;
        app.services().db.write(Actor::Operator, revoke).await.unwrap();
        let ask = || Ask::get("/api/v1/courses").header("authorization", &format!("Bearer {secret}"));
        ask().send(&app).await.is(401);

        for onto in Onto::each() {
            let (other, restored) = app.restored(&file, onto).await;
            assert_eq!(restored.tokens_revoked, 1);
            ask().send(&other).await.is(401);
            let snapshot = other.services().db.snapshot().await.unwrap();
            assert!(tokens::tokens(&snapshot).await.unwrap().iter().all(|token| token.revoked_at.is_some()));
            drop(snapshot);
            other.abandon().await;

            let (other, restored) = app.restored_by(&file, onto, Choices { tokens: Tokens::Keep, ..Choices::default() }).await;
            assert_eq!(restored.tokens_revoked, 0);
            ask().send(&other).await.is(200);
            other.abandon().await;
        }
        app.abandon().await;
    })
    .await;
}

#[tokio::test]
async fn a_reminder_that_was_still_to_be_planned_is_held() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        cast::enrol_and_pay(&app, &app.browser(), STUDENT).await;
        app.settle().await;
        // As if the planner had not come to it: no letter is in the backup, only that somebody is touched.
        let unplanned = async |txn: &Txn| {
            txn.execute_unprepared("DELETE FROM outbox WHERE state = 'pending'").await?;
            let student = identity::person_by_email(txn, &STUDENT.parse().unwrap()).await?.unwrap();
            audit::touch(txn, Touch::Person(student.id)).await
        };
        app.services().db.write(Actor::Operator, unplanned).await.unwrap();
        let file = take(&app, "backup").await;
        let before = app.mails_to(STUDENT).await.len();
        app.age(SignedDuration::from_hours(24 * 5));
        app.settle().await;
        assert!(app.mails_to(STUDENT).await.len() > before, "the original tells that week one is open");

        for onto in Onto::each() {
            let (other, restored) = app.restored(&file, onto).await;
            assert!(restored.letters_held >= 1);
            other.settle().await;
            assert_eq!(other.mails_to(STUDENT).await.len(), 0, "it was told a second time");
            other.abandon().await;
        }
        app.abandon().await;
    })
    .await;
}

#[tokio::test]
async fn a_certificate_that_was_being_issued_waits_for_an_admin() {
    on_each_database(async |app: TestApp| {
        let title = "Your certificate: Example Course";
        let reader = reader(&app, "Demo Student 01", 6).await;
        app.settle().await;
        let asked = async |txn: &Txn| {
            let admin = identity::person_by_email(txn, &ADMIN.parse().unwrap()).await?.unwrap().id;
            let issuer = Issuer { legal_name: "Example Journal".to_owned(), signers: Vec::new() };
            jobs::enqueue(txn, &IssueOne { enrolment: reader.1, admin, issuer }).await
        };
        app.services().db.write(Actor::Operator, asked).await.unwrap();
        let file = take(&app, "backup").await;
        app.settle().await;
        assert_eq!(cast::count_mails(&app, "reader001@example.org", title).await, 1);

        for onto in Onto::each() {
            let (other, restored) = app.restored(&file, onto).await;
            assert_eq!(restored.certificates_stopped, 1);
            other.settle().await;
            assert_eq!(cast::count_mails(&other, "reader001@example.org", title).await, 0, "a second code was mailed");
            let snapshot = other.services().db.snapshot().await.unwrap();
            assert_eq!(certificates::newest(&snapshot, reader.1).await.unwrap(), None);
            drop(snapshot);
            other.abandon().await;
        }
        app.abandon().await;
    })
    .await;
}

#[tokio::test]
async fn a_certificate_verifies_on_the_copy_and_is_the_same_document() {
    on_each_database(async |app: TestApp| {
        let reader = reader(&app, "Demo Student 01", 6).await;
        let issuer = Issuer { legal_name: "Example Journal".to_owned(), signers: Vec::new() };
        let issued = certificates::issue(app.services(), &Plans::default(), Actor::Operator, reader.1, &issuer).await.unwrap();
        let (Issued::Now(issued) | Issued::Before(issued)) = issued;
        let pdf = certificates::pdf(&app.services().db.snapshot().await.unwrap(), issued.id).await.unwrap().unwrap();
        let file = take(&app, "backup").await;

        for onto in Onto::each() {
            let (other, _) = app.restored(&file, onto).await;
            let page = Ask::get(&certificates::verify_path(&issued.code)).send(&other).await;
            assert!(page.is(200).body.contains("Valid") && page.body.contains("Demo Student 01"), "{}", page.body);
            let cookies = school::session(&other, "reader001@example.org").await;
            let saved = Ask::get(&format!("/learn/{}/certificate.pdf", reader.1)).cookies(&cookies).send(&other).await;
            saved.is(200);
            let copy = certificates::pdf(&other.services().db.snapshot().await.unwrap(), issued.id).await.unwrap().unwrap();
            assert!(copy == pdf, "another document");
            other.abandon().await;
        }
        app.abandon().await;
    })
    .await;
}
