//! A7: an admin revokes with a reason, and the public page says so at once.

use super::cast;
use crate::certificates::reader;
use crate::support::app::{TestApp, on_each_database};
use crate::support::browser::Browser;
use crate::support::raw::Ask;

const REASON: &str = "The readings were marked by somebody else.";

/// The log finds it by words of its reason; the student's history tells of it, and asks for no second certificate.
async fn is_on_record(admin: &Browser, enrolment: &str) {
    let found = admin.open("/staff/log?reason=marked+somebody").await;
    found.is(200).shows(REASON);
    admin.open("/staff/log?reason=unheard").await.is(200).hides(REASON);
    let history = admin.open(&format!("/staff/enrolments/{enrolment}")).await;
    history.is(200).shows("A certificate was issued").shows("A certificate was revoked").hides("Issue the certificate");
}

#[tokio::test]
async fn a_revocation_shows_at_once_and_is_told() {
    on_each_database(async |app: TestApp| {
        let reader = reader(&app, "Demo Reader 1", 6).await;
        let (admin, visitor) = (app.browser(), app.browser());
        cast::sign_in(&app, &admin, cast::ADMIN).await;
        let list = admin.open("/staff/cohorts/january/certificates").await;
        let certificate = list.form("Issue to Demo Reader 1").submit().await;
        let html = certificate.html();
        let link = html.select(&scraper::Selector::parse("a[href^='/verify/']").unwrap()).next().unwrap();
        let verify = link.value().attr("href").unwrap().to_owned();

        visitor.open(&verify).await.is(200).shows("This certificate is valid");
        let before = Ask::get(&verify).send(&app).await;
        let tag = before.is(200).header("etag").to_owned();
        assert_eq!(before.header("cache-control"), "no-cache");
        assert!(Ask::get(&verify).header("if-none-match", &tag).send(&app).await.is(304).body.is_empty());
        // The second costs nothing while nothing changes, however it is asked for.
        let statements = app.services().db.statements();
        Ask::get(&verify.to_lowercase()).send(&app).await.is(200);
        assert_eq!(app.services().db.statements(), statements);

        let confirm = certificate.click("Revoke").await;
        confirm.is(200).shows("Revoke this certificate?").shows("It cannot be undone").shows("Demo Reader 1");
        confirm.form("Revoke the certificate").submit().await.is(422).shows("Enter the reason");
        visitor.open(&verify).await.shows("This certificate is valid");
        let revoked = confirm.form("Revoke the certificate").with("reason", REASON).submit().await;
        revoked.is(200).shows("Revoked").shows(REASON).shows("by Demo Admin").hides("/successor");
        is_on_record(&admin, &reader.1.to_string()).await;

        let statements = app.services().db.statements();
        let after = Ask::get(&verify).header("if-none-match", &tag).send(&app).await;
        assert!(after.is(200).body.contains("This certificate was revoked") && after.body.contains(REASON));
        assert_eq!(app.services().db.statements(), statements + 1);
        let page = visitor.open(&verify).await;
        assert!(page.text().starts_with("Revoked This certificate was revoked"), "its worth comes first");
        confirm.form("Revoke the certificate").with("reason", "Again").submit().await.is(409).shows("not in force any more");
        admin.open(&format!("{}/successor", cast::path(&certificate))).await.is(409);

        app.settle().await;
        let mails = app.mails_to("reader001@example.org").await;
        let mail = mails.iter().find(|mail| mail.subject == "Your certificate was revoked: Example Course").expect("a mail");
        assert!(mail.text.as_deref().is_some_and(|text| text.contains(REASON) && text.contains(&verify)));
        // The list issues no other.
        let list = admin.open("/staff/cohorts/january/certificates").await;
        list.is(200).shows("0 ready, 1 issued").shows("Revoked");
        app.finish().await;
    })
    .await;
}
