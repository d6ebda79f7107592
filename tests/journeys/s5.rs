//! S5: a module opened early by its address is locked, and says why and until when in the reader's own zone.

use super::cast::{self, PROMPT, STUDENT, WEEK_1};
use crate::support::app::{TestApp, on_each_database};

#[tokio::test]
async fn a_later_week_is_locked_with_the_reason_and_the_local_time() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let browser = app.browser();
        let course = cast::enrol_and_pay_from(&app, &browser, STUDENT, "America/New_York").await;
        app.pass_to(cast::at(WEEK_1)).await;
        let reading = format!("{course}/weeks/2/readings/essay-2-1");
        for address in [format!("{course}/weeks/2"), reading.clone(), format!("{course}/weeks/2/readings/no-such-essay")] {
            let locked = browser.open(&address).await;
            locked.is(403).shows("This module is not open yet");
            locked.shows("It opens on Sunday 17 January 2027 at 22:30, your time.");
            locked
                .shows("America/New_York, UTC\u{2212}05:00")
                .shows("Opens in 7 days")
                .shows("the schedule of your cohort, “January”");
            leaks_nothing(&locked.body, 2);
            locked.click("Open week 1").await.is(200).shows("Essay 1-1");
        }
        // Nor is it marked as read by who knows the address.
        let marked = browser.post(&format!("{reading}/read"), &[("reflection", "I know it.")]).await;
        marked.is(403).shows("This module is not open yet");
        leaks_nothing(&marked.body, 2);
        let dashboard = browser.open("/learn").await;
        dashboard.is(200).shows("0 of 12 readings read").shows("Locked · opens Sun 17 Jan 2027, 22:30");
        for week in 2..=6 {
            leaks_nothing(&dashboard.body, week);
        }
        app.finish().await;
    })
    .await;
}

/// Nothing of a locked week's work is on the page: titles, reasons, questions, prompts or the readings' addresses.
#[track_caller]
fn leaks_nothing(body: &str, week: u32) {
    let about = [format!("Essay {week}-"), format!("essay-{week}-"), format!("Why {week}."), format!("Question of theme {week}")];
    for secret in about.iter().map(String::as_str).chain([PROMPT]) {
        assert!(!body.contains(secret), "{secret:?} is told");
    }
}

#[tokio::test]
async fn what_is_anothers_or_nobodys_is_not_found() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let browser = app.browser();
        let course = cast::enrol_and_pay(&app, &browser, STUDENT).await;
        let other = app.browser();
        let theirs = cast::enrol_and_pay(&app, &other, cast::OTHER).await;
        app.pass_to(cast::at(WEEK_1)).await;
        assert_ne!(course, theirs);
        let reading = "/weeks/1/readings/essay-1-1";
        for suffix in ["", "/weeks/1", "/weeks/2", reading] {
            browser.open(&format!("{theirs}{suffix}")).await.is(404).hides("Essay").hides("Theme");
        }
        browser.post(&format!("{theirs}{reading}/read"), &[]).await.is(404);
        other.open("/learn").await.shows("0 of 12 readings read");
        for suffix in ["/weeks/0", "/weeks/7", "/weeks/x", "/weeks/1/readings/essay-2-1", "/weeks/1/readings/no-such-essay"] {
            browser.open(&format!("{course}{suffix}")).await.is(404).hides("Essay 2");
        }
        browser.open("/learn/enr_01arz3ndektsv4rrffq69g5fav/weeks/1").await.is(404);

        // Somebody with an account and no seat.
        let staff = app.browser();
        cast::sign_in(&app, &staff, cast::INSTRUCTOR).await;
        staff.open(&format!("{course}/weeks/1")).await.is(404);
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_held_seat_opens_no_week() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        app.pass_to(cast::at(WEEK_1)).await;
        let browser = app.browser();
        let order = cast::hold(&app, &browser, STUDENT, "Europe/London").await;
        let held = browser.open("/learn").await;
        held.is(200).shows("Held, not paid").hides("Essay");
        cast::pay(&cast::to_gateway(&order).await).await.shows("You are enrolled");
        browser.open("/learn").await.shows("Read “Essay 1-1”");
        app.settle().await;
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn who_is_signed_out_signs_in_and_comes_back() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let browser = app.browser();
        let course = cast::enrol_and_pay(&app, &browser, STUDENT).await;
        app.pass_to(cast::at(WEEK_1)).await;
        let week = format!("{course}/weeks/1");
        let elsewhere = app.browser();
        let asked = elsewhere.open(&week).await;
        asked.is(200).shows("Sign in").hides("Essay");
        assert_eq!(cast::path(&asked), "/sign-in");
        let code = asked.form("Send the code").with("email", STUDENT).submit().await;
        let page = code.form("Continue").with("code", &app.code_for(STUDENT).await).submit().await;
        page.is(200).shows("Theme 1");
        assert_eq!(cast::path(&page), week);

        // Signed out again, the address leads to the door.
        page.form("Sign out").submit().await.is(200);
        assert_eq!(cast::path(&elsewhere.open(&week).await), "/sign-in");
        // The other browser's session is its own.
        browser.open(&week).await.is(200);
        app.finish().await;
    })
    .await;
}
