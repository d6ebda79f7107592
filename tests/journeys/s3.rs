//! S3: the cohort is full. A student joins the waitlist, is offered the seat that comes free, and takes it; or lets it pass, and
//! the next is offered it.

use lectern::kernel::time::SignedDuration;
use lectern::mail::Received;

use super::cast::{self, ADMIN, COHORT, OTHER, STUDENT};
use crate::support::app::{TestApp, on_each_database};
use crate::support::browser::{Browser, Page};

const WAITLIST: &str = "/cohorts/january/waitlist";
const ADMINS_LIST: &str = "/staff/cohorts/january/waitlist";
const FIRST: &str = "first@example.org";
const SECOND: &str = "second@example.org";

const JOINED: &str = "You are on the waitlist: Example Course";
const OFFERED: &str = "A seat is free for you: Example Course";
const LAPSED: &str = "Your offer of a seat has ended: Example Course";
const CLOSED: &str = "The waitlist has closed: Example Course";
const REMOVED: &str = "You are off the waitlist: Example Course";

/// Joins as a visitor does: the form, then the code. The page of one's place.
async fn join(app: &TestApp, browser: &Browser, email: &str, zone: &str) -> Page {
    let form = browser.open(WAITLIST).await;
    form.is(200).shows("The January cohort");
    let form = form.form("Continue").with("name", "Demo Student 03").with("email", email).with("country", "GB");
    let asked = form.with("zone", zone).with("consent", "yes").submit().await;
    asked.is(200).shows("Enter your code").hides("Step 2 of 3");
    let place = asked.form("Continue").with("code", &app.code_for(email).await).submit().await;
    app.settle().await;
    place
}

/// The mail of this subject.
async fn mail(app: &TestApp, email: &str, subject: &str) -> Received {
    let mails = app.mails_to(email).await;
    let found = mails.iter().find(|mail| mail.subject == subject).cloned();
    found.unwrap_or_else(|| panic!("no {subject} to {email}: {:?}", mails.iter().map(|mail| &mail.subject).collect::<Vec<_>>()))
}

fn text(mail: &Received) -> String {
    mail.text.as_deref().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The path of the only page of ours that a mail leads to.
fn link(app: &TestApp, mail: &Received) -> String {
    let (origin, text) = (app.origin(), text(mail));
    let mut paths: Vec<_> = text.split(' ').filter_map(|word| word.strip_prefix(&origin)).collect();
    paths.dedup();
    assert_eq!(paths.len(), 1, "one link: {text}");
    paths[0].to_owned()
}

/// One seat, held by a student who has not paid, and two who wait.
async fn two_who_wait(app: &TestApp) -> (Browser, Browser) {
    cast::open(app, 1).await;
    cast::hold(app, &app.browser(), STUDENT, "Europe/London").await;
    let (first, second) = (app.browser(), app.browser());
    join(app, &first, FIRST, "Europe/London").await.is(200).shows("You are number 1 in line");
    join(app, &second, SECOND, "Asia/Kolkata").await.is(200).shows("You are number 2 in line");
    (first, second)
}

#[tokio::test]
async fn a_freed_seat_is_offered_to_the_first_in_line_who_takes_and_pays_it() {
    on_each_database(async |app: TestApp| {
        let (first, second) = two_who_wait(&app).await;
        let confirmation = text(&mail(&app, SECOND, JOINED).await);
        assert!(confirmation.contains("You are number 2 in line") && confirmation.contains("24 hours"), "{confirmation}");
        app.browser().open("/cohorts").await.shows("Full, 2 waiting");
        // The hold lapses unpaid: half an hour after it began, at 06:32 UTC.
        app.pass(SignedDuration::from_mins(33)).await;
        let offer = mail(&app, FIRST, OFFERED).await;
        let words = text(&offer);
        assert!(words.contains("until Friday 8 January 2027 at 06:32, your time (Europe/London,"), "{words}");
        assert_eq!(cast::count_mails(&app, SECOND, OFFERED).await, 0);
        // Nobody who comes by, and nobody who waits behind, finds a seat.
        app.browser().open(COHORT).await.is(200).shows("This cohort is full").shows("On the waitlist 1");
        second.open(COHORT).await.is(200).shows("This cohort is full");
        first.open("/learn").await.is(200).shows("A seat in January is kept for you");

        let page = first.open(&link(&app, &offer)).await;
        page.is(200).shows("A seat is kept for you").shows("Fri 8 Jan 2027, 06:32");
        let form = page.click("Take the seat").await;
        form.is(200).shows("A seat is kept for you").hides("Seats left");
        let form = form.form("Continue to payment").with("country", "GB").with("address", "12 Demonstration Road");
        let order = form.with("consent", "yes").submit().await;
        order.is(200).shows("Pay for your seat");
        first.open(cast::path(&page)).await.is(200).shows("You took the seat");
        cast::pay(&cast::to_gateway(&order).await).await.is(200).shows("You are enrolled");
        app.settle().await;
        second.open("/learn").await.is(200).shows("You are number 1 in line for January");
        assert_eq!(cast::count_mails(&app, FIRST, LAPSED).await, 0);
        // The cohort starts: who still waits is told once and let go.
        app.pass_to(cast::at("2027-01-10T18:29:59Z")).await;
        assert_eq!(cast::count_mails(&app, SECOND, CLOSED).await, 0);
        app.pass_to(cast::at("2027-01-10T18:30:00Z")).await;
        let closed = mail(&app, SECOND, CLOSED).await;
        assert!(text(&closed).contains("Nothing was charged"), "{closed:?}");
        assert_eq!(link(&app, &closed), "/cohorts");
        app.pass(SignedDuration::from_hours(24)).await;
        assert_eq!(cast::count_mails(&app, SECOND, CLOSED).await, 1);
        second.open(WAITLIST).await.is(409).shows("This cohort is full").hides("Join the waitlist");
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn an_offer_that_is_not_taken_goes_to_the_next() {
    on_each_database(async |app: TestApp| {
        let (first, second) = two_who_wait(&app).await;
        app.pass(SignedDuration::from_mins(33)).await;
        let place = link(&app, &mail(&app, FIRST, OFFERED).await);
        first.open(&place).await.shows("A seat is kept for you");
        // A day later it is over: to the minute.
        app.pass_to(cast::at("2027-01-08T06:31:59Z")).await;
        assert_eq!(cast::count_mails(&app, SECOND, OFFERED).await, 0);
        app.pass_to(cast::at("2027-01-08T06:32:00Z")).await;
        let ended = mail(&app, FIRST, LAPSED).await;
        assert_eq!(link(&app, &ended), place);
        first.open(&place).await.is(200).shows("Your offer has ended");
        first.open(COHORT).await.is(200).shows("This cohort is full");
        let words = text(&mail(&app, SECOND, OFFERED).await);
        assert!(words.contains("until Saturday 9 January 2027 at 12:02, your time (Asia/Kolkata, UTC+05:30)"), "{words}");
        // Who let it pass may wait again, and the second declines: the seat comes back.
        first.open(WAITLIST).await.form("Join the waitlist").submit().await.is(200).shows("You are number 1 in line");
        let declined = second.open(&link(&app, &mail(&app, SECOND, OFFERED).await)).await;
        let declined = declined.form("No, give it to the next").submit().await;
        declined.is(200).shows("You are not on the waitlist any more").shows("You are off the waitlist.");
        app.settle().await;
        assert_eq!(cast::count_mails(&app, FIRST, OFFERED).await, 2);
        // Who leaves the last offer leaves the seat to anybody.
        let again = first.open("/learn").await.click("See the offer").await;
        again.form("No, give it to the next").submit().await.is(200);
        app.browser().open(COHORT).await.is(200).shows("Seats left 1 of 1");
        app.browser().open(WAITLIST).await.is(200).shows("Step 1 of 3").hides("Join the waitlist");
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn more_seats_are_offered_at_once_and_an_admin_can_take_somebody_off() {
    on_each_database(async |app: TestApp| {
        let (first, second) = two_who_wait(&app).await;
        let admin = app.browser();
        cast::sign_in(&app, &admin, ADMIN).await;
        let list = admin.open(cast::ROSTER).await.click("Waitlist (2)").await;
        list.is(200).shows("1 of 1 seats taken, 0 of them offered · 2 waiting").shows("Number 2 in line");
        let removing = list.click("Remove Demo Student 03 from the waitlist").await;
        removing.is(200).shows(FIRST);
        removing.form("Take them off").submit().await.is(422).shows("Say why");
        let done = removing.form("Take them off").with("reason", "Asked by telephone").submit().await;
        done.is(200).shows("They are off the waitlist").shows(SECOND).hides(FIRST);
        removing.form("Take them off").with("reason", "Again").submit().await.is(409);
        app.settle().await;
        let told = text(&mail(&app, FIRST, REMOVED).await);
        assert!(!told.contains("telephone") && told.contains("office@example.org"), "{told}");
        admin.open("/staff/log?reason=telephone").await.is(200).shows("Somebody was taken off the waitlist");

        let terms = admin.open("/staff/cohorts/january/edit").await;
        terms.form("Save").with("capacity", "2").submit().await.is(200);
        app.settle().await;
        assert_eq!(cast::count_mails(&app, SECOND, OFFERED).await, 1);
        assert_eq!(cast::count_mails(&app, FIRST, OFFERED).await, 0);
        admin.open(cast::ROSTER).await.shows("2 of 2 seats taken, 1 of them held, 1 offered");
        admin.open(ADMINS_LIST).await.shows("Offered until Fri 8 Jan 2027, 11:30");
        second.open("/learn").await.shows("A seat in January is kept for you");
        first.open("/learn").await.hides("in line").hides("is kept for you");
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn an_offer_that_is_over_is_not_mailed() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 1).await;
        let seated = app.browser();
        cast::hold(&app, &seated, STUDENT, "Europe/London").await;
        let other = app.browser();
        let place = join(&app, &other, OTHER, "UTC").await;
        // Left before the worker wrote the mail: nothing is said of a seat that is not theirs any more.
        app.age(SignedDuration::from_mins(33));
        let registries = lectern::work::Registries::all();
        lectern::jobs::run_due(app.services(), &registries.jobs, 50).await.unwrap();
        other.open(cast::path(&place)).await.shows("A seat is kept for you").form("No, give it to the next").submit().await;
        app.settle().await;
        assert_eq!(cast::count_mails(&app, OTHER, OFFERED).await, 0);
        app.finish().await;
    })
    .await;
}
