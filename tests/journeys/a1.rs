//! A1: an admin opens a cohort, looks it through, publishes it, and it sells at that price.

use lectern::identity;

use super::cast::{self, INSTRUCTOR, STUDENT};
use crate::support::app::{TestApp, on_each_database};
use crate::support::browser::{Browser, Page};

const OPEN: &str = "Open the cohort";
const ENROL: &str = "/cohorts/march-2027/enrol";
const BOARD: &str = "/staff/cohorts/march-2027/board";

async fn instructor(app: &TestApp) -> String {
    let conn = app.services().db.snapshot().await.unwrap();
    identity::person_by_email(&conn, &INSTRUCTOR.parse().unwrap()).await.unwrap().unwrap().id.to_string()
}

/// From the list to a cohort of two seats that only staff see: its board.
async fn opened(app: &TestApp, admin: &Browser) -> Page {
    let page = cast::sign_in(app, admin, cast::ADMIN).await.click("See the cohorts").await.click("Open a cohort").await;
    let form = page.form(OPEN).with("name", "March 2027").with("zone", "Europe/London").with("capacity", "2");
    let form = form.with("price", "4,500").with("currency", "INR").with("early", "4000");
    let form =
        form.with("price_2", "90").with("currency_2", "EUR").with("opens", "2027-01-01T10:00").with("closes", "2027-02-26T18:00");
    let wrong = form.with("starts_on", "").with("instructors", &instructor(app).await).submit().await;
    wrong.is(422).shows("There is a problem").shows("Choose the first day").shows("Choose until when the early price holds");
    assert!(wrong.body.contains("value=\"4,500\"") && wrong.body.contains(" checked>"), "what was typed is lost");
    let form = wrong.form(OPEN).with("early_until", "2027-01-08T10:00");
    let taken = form.with("starts_on", "2027-03-01").with("slug", "january").submit().await;
    taken.is(422).shows("Another cohort has this address");
    let board = taken.form(OPEN).with("slug", "").submit().await;
    assert_eq!(cast::path(&board), BOARD);
    board
}

/// A coupon of half the price in euros, for this cohort; its code as it was given.
async fn coupon(admin: &Browser) -> String {
    let form = admin.open("/staff/cohorts").await.click("Coupons").await.click("Make a coupon").await;
    let form = form.is(200).form("Make the coupon").with("code", "spring-27").with("value", "50").with("currency", "EUR");
    let wrong = form.with("cohort", "march-2027").with("limit", "none").submit().await;
    wrong.is(422).shows("Enter a number from 1 to 1,000,000");
    let made = wrong.form("Make the coupon").with("limit", "20").submit().await;
    made.is(200).shows("The coupon is made").shows("SPRING27").shows("Works");
    wrong.form("Make the coupon").with("limit", "20").submit().await.is(422).shows("Another coupon has this code");
    "spring-27".to_owned()
}

#[tokio::test]
async fn a_cohort_is_opened_published_and_sold_at_its_price() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let (admin, student) = (app.browser(), app.browser());
        let board = opened(&app, &admin).await;
        board
            .is(200)
            .shows("Not published")
            .shows("Demo Instructor")
            .shows("Mon 1 Mar 2027, 09:00")
            .shows("1 of 1 required reading ready");
        // The clocks of London change on 28 March.
        board.shows("Mon 29 Mar 2027, 09:00 Mon 29 Mar 2027, 08:00 UTC");
        admin.open("/staff/cohorts").await.shows("March 2027").shows("Not published");
        student.open("/cohorts").await.is(200).hides("March 2027");
        student.open("/").await.is(200).hides("March 2027");
        student.open(ENROL).await.is(404);
        student.post(ENROL, &[("name", "Demo")]).await.is(404);

        let checklist = board.click("Publish …").await;
        checklist.is(200).shows("Nothing is missing").shows("€90.00 with an address elsewhere");
        checklist.shows("₹4,000.00 with an address in India until Fri 8 Jan 2027, 10:00 Europe/London, UTC, then ₹4,500.00");
        let published = checklist.form("Publish").submit().await;
        published.is(200).shows("The cohort is published").shows("Published");
        checklist.form("Publish").submit().await.is(409).shows("The board has changed meanwhile");

        let code = coupon(&admin).await;
        let form = student.open(ENROL).await;
        form.is(200).shows("₹4,000.00 with an address in India");
        let form = form.form("Continue").with("name", "Demo Student 03").with("email", STUDENT).with("country", "GB");
        let form = form.with("address", "12 Demonstration Road").with("zone", "Europe/London").with("consent", "yes");
        let order = form.submit().await.form("Continue").with("code", &app.code_for(STUDENT).await).submit().await;
        let order = order.is(200).shows("Total €90.00").form("Use the code").with("code", &code).submit().await;
        let hosted = cast::to_gateway(order.is(200).shows("Discount by coupon −€45.00 Total €45.00")).await;
        hosted.form("Pay €45.00").submit().await.is(200).shows("You are enrolled");
        app.settle().await;

        let list = admin.open("/staff/coupons").await;
        list.is(200).shows("50 % of prices in EUR March 2027 1 of 20 1");
        let stopped = list.click("Stop SPRING27").await.form("Stop the coupon").submit().await;
        stopped.is(200).shows("The coupon is stopped").shows("Stopped");
        let edit = admin.open(BOARD).await.click("Seats, price, window").await;
        edit.is(200).shows("a change is for new orders");
        edit.form("Save").with("price", "4500.001").submit().await.is(422).shows("Enter a price above nothing");
        edit.form("Save").with("capacity", "0").submit().await.is(422).shows("Enter a number of seats");
        edit.form("Save").with("name", "Another").submit().await.is(400);
        edit.form("Save")
            .with("capacity", "1")
            .with("price", "9000")
            .submit()
            .await
            .is(200)
            .shows("The cohort is changed")
            .shows("1 of 1");
        edit.form("Save").with("capacity", "9").submit().await.is(409);
        app.browser().open("/cohorts").await.shows("March 2027").shows("Full");
        admin.open(&format!("{BOARD}/unpublish")).await.is(200).shows("Seats are taken");
        admin.post(&format!("{BOARD}/unpublish"), &[("revision", "3")]).await.is(409).shows("Seats are taken");
        app.finish().await;
    })
    .await;
}
