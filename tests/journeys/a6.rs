//! A6, simple: certificates in bulk. A dry run says who and why not, issue, a second run issues none.

use super::cast;
use crate::certificates::{read, student};
use crate::support::app::{TestApp, on_each_database};

const LIST: &str = "/staff/cohorts/january/certificates";

#[tokio::test]
async fn a_dry_run_then_the_certificates_then_none() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 6).await;
        let admin = app.browser();
        cast::sign_in(&app, &admin, cast::ADMIN).await;
        admin.open(cast::ROSTER).await.click("Certificates").await.is(200).shows("Nobody is enrolled in this cohort");

        let mut readers = Vec::new();
        for number in 1..=4 {
            readers.push(student(&app, number, &format!("Demo Reader {number}")).await);
        }
        app.pass_to(cast::release_of(6)).await;
        for (reader, weeks) in readers.iter().zip([6, 6, 4, 0]) {
            read(&app, *reader, weeks).await;
        }
        let list = admin.open(LIST).await;
        list.is(200).shows("2 ready, 0 issued, 2 not yet").shows("Missing: week 5 (1 reading), week 6 (1 reading)");

        let complete = admin.open(&format!("{}?show=complete", cast::ROSTER)).await;
        complete.is(200).shows("Demo Reader 1").shows("Demo Reader 2").hides("Demo Reader 3").hides("Demo Reader 4");
        let least_first = admin.open(&format!("{}?sort=progress", cast::ROSTER)).await.text();
        let at = |number: u32| least_first.find(&format!("Demo Reader {number}")).expect("everybody with a seat");
        assert!(at(4) < at(3) && at(3) < at(1) && at(1) < at(2), "{least_first}");

        let instructor = app.browser();
        cast::sign_in(&app, &instructor, cast::INSTRUCTOR).await;
        instructor.open(LIST).await.is(200).shows("2 ready, 0 issued").hides("<button class=\"button\"");
        instructor.post(LIST, &[]).await.is(403);

        let one = list.form("Issue to Demo Reader 2").submit().await;
        one.is(200).shows("Issued").shows("Demo Reader 2").shows("Essay 6-1").shows("Valid");
        let done = admin.open(LIST).await.form("Issue 1 certificate").submit().await;
        done.is(200).shows("Everybody who was ready has a certificate now").shows("0 ready, 2 issued, 2 not yet");
        let again = list.form("Issue 2 certificates").submit().await;
        again.is(200).shows("None was issued").shows("0 ready, 2 issued");
        list.form("Issue to Demo Reader 2").submit().await.is(200).hides("The student gets a mail with the way to it");
        app.settle().await;
        for (number, mails) in [(1, 1), (2, 1), (3, 0), (4, 0)] {
            let sent =
                cast::count_mails(&app, &format!("reader{number:03}@example.org"), "Your certificate: Example Course").await;
            assert_eq!(sent, mails, "to reader {number}");
        }
        instructor.open(LIST).await.click("Certificate of Demo Reader 1").await.is(200).hides("/revoke");
        for staff in [&admin, &instructor] {
            let history = staff.open(cast::ROSTER).await.click("Demo Reader 1").await;
            history.is(200).click("Mail").await.shows("Mail: Your certificate Sent");
        }
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn many_are_issued_in_the_background() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 30).await;
        let mut readers = Vec::new();
        for number in 1..=21 {
            readers.push(student(&app, number, &format!("Demo Reader {number}")).await);
        }
        app.pass_to(cast::release_of(6)).await;
        for reader in &readers {
            read(&app, *reader, 6).await;
        }
        let admin = app.browser();
        cast::sign_in(&app, &admin, cast::ADMIN).await;
        let working = admin.open(LIST).await.form("Issue 21 certificates").submit().await;
        working.is(200).shows("Being issued: 0 done, 21 to go").shows("You can leave this page");
        // Pressed twice, it is the same work.
        working.form("Issue 21 certificates").submit().await;
        app.settle().await;
        let done = working.click("Look again").await;
        done.is(200).shows("Everybody who was ready").shows("0 ready, 21 issued, 0 not yet");
        assert_eq!(cast::count_mails(&app, "reader021@example.org", "Your certificate: Example Course").await, 1);
        app.finish().await;
    })
    .await;
}
