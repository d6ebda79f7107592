//! S6 and I5: a student misses a week, the instructor gives them more time: new dates on page and mail, and for nobody else.

use lectern::kernel::time::{SignedDuration, shifted};

use super::cast::{self, INSTRUCTOR, OTHER, ROSTER, STUDENT};
use crate::support::app::{TestApp, on_each_database};
use crate::support::browser::Page;

const SEE: &str = "See what changes";
const GIVE: &str = "Give the time";

/// The first week is due on its Sunday, 23:59 in Kolkata.
fn after_week_1_was_due() -> lectern::kernel::Timestamp {
    cast::at("2027-01-17T19:00:00Z")
}

async fn fill(form: &Page, week: &str, days: &str, reason: &str) -> Page {
    form.form(SEE).with("week", week).with("days", days).with("reason", reason).submit().await
}

#[tokio::test]
async fn a_missed_week_is_extended_for_one_student_alone() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 4).await;
        let (student, other, staff) = (app.browser(), app.browser(), app.browser());
        let course = cast::enrol_and_pay(&app, &student, STUDENT).await;
        let others = cast::enrol_and_pay(&app, &other, OTHER).await;
        app.pass_to(cast::at(cast::WEEK_1)).await;
        let week = format!("{course}/weeks/1");
        student.open(&week).await.is(200).shows("due Sun 17 Jan 2027, 18:29");
        app.pass_to(after_week_1_was_due()).await;

        cast::sign_in(&app, &staff, INSTRUCTOR).await;
        let behind = staff.open(&format!("{ROSTER}?show=behind")).await;
        assert_eq!(behind.text().matches("Enrolled, behind").count(), 2);
        let path = format!("/staff/enrolments/{}", course.trim_start_matches("/learn/"));
        let history = staff.open(&path).await;
        history.is(200).shows("give more time for week 1").shows("Mail: Confirmation of the enrolment Sent");
        history.shows("Week 1 opened: Theme 1").hides("Order").hides("₹");
        let form = history.click("Give more time").await;
        fill(&form, "1", "0", "").await.is(422).shows("Enter how many days, from 1 to 42").shows("Say why, for the log");
        let sure = fill(&form, "1", "7", "Illness in the family").await;
        sure.is(200)
            .shows("the week stays open")
            .shows("Due now Sun 17 Jan 2027, 23:59")
            .shows("Due then Sun 24 Jan 2027, 23:59");
        sure.form(GIVE).submit().await.is(200).shows("The student has more time").shows("Own dates: Illness in the family");
        app.settle().await;

        student.open(&week).await.is(200).shows("due Sun 24 Jan 2027, 18:29").hides("Illness");
        let mails = app.mails_to(STUDENT).await;
        let mail = mails.iter().find(|mail| mail.subject == "You have more time for week 1: Theme 1").expect("a mail");
        let text = mail.text.as_deref().unwrap();
        assert!(
            text.contains("Sunday 24 January 2027 at 18:29") && text.contains("stays open") && !text.contains("Illness"),
            "{text}"
        );
        other.open(&format!("{others}/weeks/1")).await.shows("due Sun 17 Jan 2027, 18:29");
        assert!(app.mails_to(OTHER).await.iter().all(|mail| !mail.subject.contains("more time")));
        let behind = staff.open(&format!("{ROSTER}?show=behind")).await;
        assert_eq!(behind.text().matches("Enrolled, behind").count(), 1);
        staff.open(ROSTER).await.shows("Own dates: week 1 from Mon 18 Jan 2027, 09:00");
        staff
            .open(&path)
            .await
            .shows("The student was given more time for a week")
            .shows("Demo Instructor")
            .shows("Opens: Mon 11 Jan 2027, 09:00 → Mon 18 Jan 2027, 09:00");
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_week_that_is_not_open_opens_later_for_one_student_with_one_mail() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 4).await;
        let (student, other, staff) = (app.browser(), app.browser(), app.browser());
        let course = cast::enrol_and_pay(&app, &student, STUDENT).await;
        let others = cast::enrol_and_pay(&app, &other, OTHER).await;
        app.pass_to(cast::at(cast::WEEK_1)).await;
        cast::sign_in(&app, &staff, INSTRUCTOR).await;
        let path = format!("/staff/enrolments/{}/extend", course.trim_start_matches("/learn/"));
        let sure = fill(&staff.open(&path).await, "2", "3", "Exams").await;
        sure.is(200).shows("Opens now Mon 18 Jan 2027, 09:00").shows("Opens then Thu 21 Jan 2027, 09:00");
        sure.form(GIVE).submit().await.is(200);
        app.settle().await;
        student.open("/learn").await.shows("Locked · opens Thu 21 Jan 2027, 03:30");

        app.pass_to(cast::at(cast::WEEK_2)).await;
        student.open(&format!("{course}/weeks/2")).await.is(403);
        other.open(&format!("{others}/weeks/2")).await.is(200);
        let open = "Week 2 is open: Theme 2";
        assert_eq!((cast::count_mails(&app, STUDENT, open).await, cast::count_mails(&app, OTHER, open).await), (0, 1));
        app.pass_to(shifted(cast::at(cast::WEEK_2), SignedDuration::from_hours(72))).await;
        student.open(&format!("{course}/weeks/2")).await.is(200);
        assert_eq!((cast::count_mails(&app, STUDENT, open).await, cast::count_mails(&app, OTHER, open).await), (1, 1));
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn more_time_is_for_whom_an_instructor_teaches_and_who_has_a_seat() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 4).await;
        let (student, staff) = (app.browser(), app.browser());
        cast::hold(&app, &student, STUDENT, "Europe/London").await;
        cast::sign_in(&app, &staff, INSTRUCTOR).await;
        let history = staff.open(&format!("{ROSTER}?show=held")).await.click("Demo Student 03").await;
        history.is(200).shows("Next: Wait for the payment").hides("/staff/orders/");
        let path = format!("{}/extend", cast::path(&history));
        staff.open(&path).await.is(409);
        let fields = [("week", "1"), ("days", "7"), ("reason", "Kept.")];
        staff.post(&path, &fields).await.is(409);
        student.post(&path, &fields).await.is(403);
        app.finish().await;
    })
    .await;
}
