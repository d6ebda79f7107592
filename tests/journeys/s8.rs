//! S8, its cancelling: a student gives the seat back inside the policy. The refund is on its way, access and reminders end, the seat
//! is another's. Outside the policy nothing goes back, and they were told so before.

use lectern::db::rows::mail as outbox;
use lectern::kernel::time::SignedDuration;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::cast::{self, ADMIN, OTHER, PRICE, STUDENT};
use crate::support::app::{TestApp, on_each_database};

const CANCELLED: &str = "Your enrolment is cancelled: Example Course";

/// How many mails still wait to be sent to this address.
async fn planned(app: &TestApp, email: &str) -> usize {
    let conn = app.services().db.snapshot().await.unwrap();
    let waiting = outbox::Entity::find().filter(outbox::Column::Recipient.eq(email));
    waiting.filter(outbox::Column::State.eq(outbox::State::Pending)).all(&*conn).await.unwrap().len()
}

#[tokio::test]
async fn a_student_cancels_inside_the_policy_and_the_seat_is_anothers() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 1).await;
        cast::start_periodic_jobs(&app).await;
        let (student, other) = (app.browser(), app.browser());
        let course = cast::enrol_and_pay(&app, &student, STUDENT).await;
        assert!(planned(&app, STUDENT).await > 0, "reminders are planned");
        other.open(cast::COHORT).await.shows("This cohort is full");

        let ask = student.open("/learn").await.click("Cancel the enrolment").await;
        ask.is(200).shows("Nothing is cancelled yet").shows(PRICE).shows("Monday 25 January 2027");
        // Somebody who looks and leaves has still their seat.
        student.open(&course).await.shows("Week 1");
        let done = ask.form("Cancel my enrolment").submit().await;
        done.is(200).shows("The enrolment is cancelled").shows(PRICE);
        app.settle().await;

        let order = cast::path(&done).to_owned();
        student.open(&order).await.shows("Sent back").hides("Being prepared");
        student.open(&format!("{course}/weeks/1")).await.is(403).shows("The enrolment was cancelled");
        ask.form("Cancel my enrolment").submit().await.is(409).shows("There is no seat to give back");
        assert_eq!((app.practice().refund_count(), planned(&app, STUDENT).await), (1, 0), "one refund, and no reminder left");
        assert_eq!(cast::count_mails(&app, STUDENT, CANCELLED).await, 1);
        let mails = app.mails_to(STUDENT).await;
        let refund = mails.iter().find(|mail| mail.subject.starts_with("Refund sent: ")).expect("a word of the refund");
        assert!(refund.text.as_ref().unwrap().contains(PRICE), "{:?}", refund.text);

        // The seat is free at once, and the next one has it.
        cast::enrol_and_pay(&app, &other, OTHER).await;
        app.pass_to(cast::release_of(2)).await;
        assert!(app.mails_to(STUDENT).await.iter().all(|mail| !mail.subject.contains("Week 1")), "no reminder of what ended");
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn outside_the_policy_nothing_goes_back_and_the_page_says_so_first() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 2).await;
        let student = app.browser();
        cast::enrol_and_pay(&app, &student, STUDENT).await;
        let early = student.open("/learn").await.click("Cancel the enrolment").await;
        // One second after the last day, in the cohort's zone.
        app.pass_to(cast::at("2027-01-25T18:30:01Z")).await;
        let changed = early.form("Cancel my enrolment").submit().await;
        changed.is(422).shows("What goes back has changed").shows("₹0.00").shows("was the last day for that");
        student.open("/learn").await.hides("Cancelled");
        changed
            .form("Cancel my enrolment")
            .submit()
            .await
            .is(200)
            .shows("The enrolment is cancelled")
            .hides("Money that goes back");
        app.settle().await;
        assert_eq!(app.practice().refund_count(), 0);
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn money_that_comes_for_a_seat_given_back_goes_back() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 2).await;
        let student = app.browser();
        let order = cast::hold(&app, &student, STUDENT, "Europe/London").await;
        let hosted = cast::to_gateway(&order).await;
        let ask = student.open("/learn").await.click("Give the seat back").await;
        ask.shows("Nothing was paid, so nothing goes back");
        ask.form("Cancel my enrolment").submit().await.is(200).shows("The enrolment is cancelled");
        // The job that closes the page has not run yet.
        cast::pay(&hosted).await.is(200).shows("The enrolment is cancelled");
        app.settle().await;
        student.open(cast::path(&order)).await.shows("Sent back").shows(PRICE);
        assert_eq!(app.practice().refund_count(), 1);
        let told = app.mails_to(STUDENT).await.pop().unwrap();
        assert!(told.text.unwrap().contains("The enrolment had been cancelled by then"));
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn an_admin_cancels_and_chooses_what_goes_back() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 2).await;
        let (student, admin) = (app.browser(), app.browser());
        let course = cast::enrol_and_pay(&app, &student, STUDENT).await;
        cast::sign_in(&app, &admin, ADMIN).await;
        let enrolment = course.trim_start_matches("/learn/").to_owned();
        let ask = admin.open(&format!("/staff/enrolments/{enrolment}")).await.click("Cancel the enrolment").await;
        ask.is(200).shows("The policy gives all of it");
        ask.form("Cancel the enrolment").submit().await.is(422).shows("Say why, for the log");
        let form = || ask.form("Cancel the enrolment").with("reason", "They moved").with("back", "amount");
        form().with("amount", "6500.01").submit().await.is(422).shows("At most ₹6,500.00 can go back");
        form().with("amount", "4000").submit().await.is(200).shows("The enrolment is cancelled, and the student is told by mail");
        app.settle().await;
        student.open(&format!("{course}/weeks/1")).await.is(403);
        let mails = app.mails_to(STUDENT).await;
        let cancelled = mails.iter().find(|mail| mail.subject == CANCELLED).expect("a word of the end");
        assert!(cancelled.text.as_ref().unwrap().contains("₹4,000.00"), "{:?}", cancelled.text);
        admin.open("/staff/log").await.shows("They moved");
        app.pass(SignedDuration::from_hours(1)).await;
        app.finish().await;
    })
    .await;
}
