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
    let form = form.with("price", "4,500").with("opens", "2027-01-01T10:00").with("closes", "2027-02-26T18:00");
    let wrong = form.with("starts_on", "").with("instructors", &instructor(app).await).submit().await;
    wrong.is(422).shows("There is a problem").shows("Choose the first day");
    assert!(wrong.body.contains("value=\"4,500\"") && wrong.body.contains(" checked>"), "what was typed is lost");
    let taken = wrong.form(OPEN).with("starts_on", "2027-03-01").with("slug", "january").submit().await;
    taken.is(422).shows("Another cohort has this address");
    let board = taken.form(OPEN).with("slug", "").submit().await;
    assert_eq!(cast::path(&board), BOARD);
    board
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
        checklist.is(200).shows("Nothing is missing").shows("₹4,500.00");
        let published = checklist.form("Publish").submit().await;
        published.is(200).shows("The cohort is published").shows("Published");
        checklist.form("Publish").submit().await.is(409).shows("The board has changed meanwhile");

        let form = student.open(ENROL).await;
        form.is(200).shows("₹4,500.00");
        let form = form.form("Continue").with("name", "Demo Student 03").with("email", STUDENT).with("country", "GB");
        let form = form.with("address", "12 Demonstration Road").with("zone", "Europe/London").with("consent", "yes");
        let order = form.submit().await.form("Continue").with("code", &app.code_for(STUDENT).await).submit().await;
        let hosted = cast::to_gateway(order.is(200).shows("₹4,500.00")).await;
        hosted.form("Pay ₹4,500.00").submit().await.is(200).shows("You are enrolled");
        app.settle().await;

        let edit = admin.open(BOARD).await.click("Seats, price, window").await;
        edit.is(200).shows("The price stays at ₹4,500.00").hides("name=\"price\"");
        edit.form("Save").with("price", "9000").with("currency", "INR").submit().await.is(422).shows("it stays");
        edit.form("Save").with("capacity", "0").submit().await.is(422).shows("Enter a number of seats");
        edit.form("Save").with("name", "Another").submit().await.is(400);
        edit.form("Save").with("capacity", "1").submit().await.is(200).shows("The cohort is changed").shows("1 of 1");
        edit.form("Save").with("capacity", "9").submit().await.is(409);
        app.browser().open("/cohorts").await.shows("March 2027").shows("Full");
        admin.open(&format!("{BOARD}/unpublish")).await.is(200).shows("Seats are taken");
        admin.post(&format!("{BOARD}/unpublish"), &[("revision", "3")]).await.is(409).shows("Seats are taken");
        app.finish().await;
    })
    .await;
}
