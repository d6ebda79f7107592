//! S4: at the release moment the module opens, one mail comes in the student's own zone, read, progress.

use lectern::kernel::time::SignedDuration;
use lectern::kernel::time::shifted;

use super::cast::{self, PROMPT, STUDENT, WEEK_1, WEEK_2};
use crate::support::app::{TestApp, on_each_database};

fn released(week: u32) -> String {
    format!("Week {week} is open: Theme {week}")
}

#[tokio::test]
async fn a_week_opens_at_its_moment_with_one_mail_and_is_read() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let browser = app.browser();
        let course = cast::enrol_and_pay(&app, &browser, STUDENT).await;
        let week = format!("{course}/weeks/1");
        app.pass_to(shifted(cast::at(WEEK_1), SignedDuration::from_secs(-1))).await;
        browser.open(&week).await.is(403).shows("This module is not open yet");
        assert_eq!(cast::count_mails(&app, STUDENT, &released(1)).await, 0);

        app.pass_to(cast::at(WEEK_1)).await;
        let page = browser.open(&week).await;
        page.is(200).shows("Theme 1").shows("0 of 2 readings read").shows("Essay 1-1").shows("Question of theme 1?");
        assert_eq!(cast::count_mails(&app, STUDENT, &released(1)).await, 1);
        let mails = app.mails_to(STUDENT).await;
        let mail = mails.iter().find(|mail| mail.subject == released(1)).unwrap();
        assert!(mail.received_at >= cast::at(WEEK_1), "{}", mail.received_at);
        for part in [mail.text.as_deref().unwrap(), mail.html.as_deref().unwrap()] {
            let part = part.split_whitespace().collect::<Vec<_>>().join(" ");
            let link = format!("{}{week}", app.origin());
            for words in
                ["Monday 11 January 2027 at 03:30", "Monday 18 January 2027 at 03:30", "Europe/London", "Essay 1-2", &link]
            {
                assert!(part.contains(words), "no {words:?} in {part}");
            }
        }

        let reading = page.click("Essay 1-1").await;
        reading.is(200).shows("What essay 1-1 says.").shows("Why 1.1 matters.").shows("example.org");
        let page = reading.form("I have read this").submit().await;
        page.is(200).shows("1 of 2 readings read");
        page.click("Essay 1-1").await.shows("You have read this").shows("Monday 11 January 2027 at 03:30");
        // Again, from a page that was open meanwhile: nothing changes.
        reading.form("I have read this").submit().await.is(200).shows("1 of 2 readings read");
        let dashboard = browser.open("/learn").await;
        dashboard.shows("1 of 12 readings read").shows("You are up to date").shows("Done · 1 of 2 readings");
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_reflection_that_is_asked_for_must_be_written() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let browser = app.browser();
        let course = cast::enrol_and_pay(&app, &browser, STUDENT).await;
        app.pass_to(cast::at(WEEK_2)).await;
        let reading = browser.open(&format!("{course}/weeks/2")).await.click("Essay 2-1").await;
        reading.is(200).shows(PROMPT);
        let refused = reading.form("I have read this").with("reflection", " \r\n ").submit().await;
        refused.is(422).shows("There is a problem");
        let long = format!("KeptWord {}", "x".repeat(2000));
        let refused = refused.form("I have read this").with("reflection", &long).submit().await;
        refused.is(422).shows("There is a problem");
        assert!(refused.body.contains("KeptWord"), "what was typed is lost");
        browser.open("/learn").await.shows("0 of 12 readings read");

        let page = refused.form("I have read this").with("reflection", "The <third> one.").submit().await;
        page.is(200).shows("1 of 2 readings read");
        let read = page.click("Essay 2-1").await;
        read.shows("You have read this").shows("Your reflection").shows("The <third> one.").hides("<third>");
        browser.open("/learn").await.shows("1 of 12 readings read").shows("Read “Essay 1-1”");
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn six_weeks_bring_six_mails_in_their_order() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let browser = app.browser();
        let course = cast::enrol_and_pay(&app, &browser, STUDENT).await;
        app.pass_to(cast::release_of(8)).await;
        let mails = app.mails_to(STUDENT).await;
        let weeks: Vec<_> = mails.iter().filter(|mail| mail.subject.starts_with("Week ")).collect();
        assert_eq!(weeks.iter().map(|mail| mail.subject.clone()).collect::<Vec<_>>(), (1..=6).map(released).collect::<Vec<_>>());
        for (mail, week) in weeks.iter().zip(1..) {
            assert_eq!(mail.received_at, cast::release_of(week), "{}", mail.subject);
        }
        for week in 1..=6 {
            let page = browser.open(&format!("{course}/weeks/{week}")).await;
            let reading = page.is(200).click(&format!("Essay {week}-1")).await;
            let form = reading.form("I have read this");
            let form = if week == 2 { form.with("reflection", "The third one.") } else { form };
            form.submit().await.is(200);
        }
        browser.open("/learn").await.shows("6 of 12 readings read").shows("You have read everything");
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_week_that_was_open_at_enrolment_brings_no_mail() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        app.pass_to(shifted(cast::at(WEEK_1), SignedDuration::from_hours(30))).await;
        let browser = app.browser();
        let course = cast::enrol_and_pay(&app, &browser, STUDENT).await;
        browser.open(&format!("{course}/weeks/1")).await.is(200);
        let mails = app.mails_to(STUDENT).await;
        let confirmed = mails.iter().find(|mail| mail.subject == cast::CONFIRMED).unwrap();
        assert!(confirmed.text.as_deref().unwrap().contains("Week 1 has been open since Monday 11 January 2027 at 03:30"));
        app.pass_to(cast::at(WEEK_2)).await;
        assert_eq!(cast::count_mails(&app, STUDENT, &released(1)).await, 0);
        assert_eq!(cast::count_mails(&app, STUDENT, &released(2)).await, 1);
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn each_student_reads_the_moment_in_their_own_zone() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 4).await;
        let moments = [
            ("Asia/Kolkata", "Monday 11 January 2027 at 09:00", "UTC+05:30"),
            ("Asia/Kathmandu", "Monday 11 January 2027 at 09:15", "UTC+05:45"),
            ("America/New_York", "Sunday 10 January 2027 at 22:30", "UTC\u{2212}05:00"),
        ];
        for (zone, _, _) in moments {
            let email = format!("{}@example.org", zone.replace('/', "-").to_lowercase());
            cast::enrol_and_pay_from(&app, &app.browser(), &email, zone).await;
        }
        app.pass_to(cast::at(WEEK_1)).await;
        for (zone, moment, offset) in moments {
            let email = format!("{}@example.org", zone.replace('/', "-").to_lowercase());
            let mails = app.mails_to(&email).await;
            let weeks: Vec<_> = mails.iter().filter(|mail| mail.subject == released(1)).collect();
            assert_eq!(weeks.len(), 1, "{zone}");
            let text = weeks[0].text.as_deref().unwrap();
            assert!(text.contains(moment) && text.contains(zone) && text.contains(offset), "{text}");
        }
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_restart_loses_nothing() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let browser = app.browser();
        let course = cast::enrol_and_pay(&app, &browser, STUDENT).await;
        app.pass_to(cast::at(WEEK_1)).await;
        let week = format!("{course}/weeks/1");
        browser.open(&week).await.click("Essay 1-1").await.form("I have read this").submit().await.is(200);
        let waiting = app.browser();
        let order = cast::hold(&app, &waiting, cast::OTHER, "Asia/Kathmandu").await;
        let hosted = cast::to_gateway(&order).await;

        let app = app.restart().await;
        assert_eq!(app.now(), cast::at(WEEK_1), "service time fell back");
        browser.open(&week).await.is(200).shows("1 of 2 readings read");
        app.pass_to(cast::at(WEEK_2)).await;
        assert_eq!(cast::count_mails(&app, STUDENT, &released(1)).await, 1);
        assert_eq!(cast::count_mails(&app, STUDENT, &released(2)).await, 1);
        // The hold ran out meanwhile, in the new process.
        waiting.open(cast::path(&order)).await.is(200).shows("The time ran out");
        waiting.open(hosted.url.as_str()).await.is(200).shows("This payment page has expired");
        app.finish().await;
    })
    .await;
}
