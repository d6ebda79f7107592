//! A8: month end. What was paid, how, and what it was for stands in the books, on the page and in the file, to the smallest unit.

use lectern::kernel::Timestamp;
use lectern::kernel::time::{SignedDuration, shifted};
use sea_orm::ConnectionTrait;

use super::cast::{self, OTHER, STUDENT};
use crate::support::app::{TestApp, on_each_database};
use crate::support::browser::Browser;

const JANUARY: &str = "/admin/reports/2027-01";

/// The lines of a month's file, without its headings.
async fn file(admin: &Browser, month: &str) -> Vec<String> {
    let file = admin.open(&format!("/admin/reports/{month}/ledger.csv")).await;
    file.is(200);
    let mut lines = file.body.trim_start_matches('\u{feff}').lines().map(str::to_owned);
    assert_eq!(lines.next().unwrap(), "month,currency,account,opening,debits,credits,closing");
    lines.collect()
}

/// An admin, signed in, who has recorded a transfer for a second student beside the card of the first.
async fn two_students(app: &TestApp) -> Browser {
    cast::open(app, 3).await;
    let admin = app.browser();
    let today = cast::sign_in(app, &admin, cast::ADMIN).await;
    let reports = today.click("Reports").await;
    reports.is(200).shows("January 2027 Not over yet").shows("midnight in Asia/Kolkata");
    reports.click("January 2027").await.is(200).shows("Nothing is booked yet").shows("0 entries so far");
    cast::enrol_and_pay(app, &app.browser(), STUDENT).await;
    let order = cast::hold(app, &app.browser(), OTHER, "Europe/London").await;
    let page = admin.open(&format!("/staff{}", cast::path(&order))).await;
    page.form("Record the payment and enrol").with("reference", "UTR 0001").submit().await.is(200).shows("Paid");
    // And a hold that nobody pays.
    cast::hold(app, &app.browser(), "third@example.org", "Europe/London").await;
    app.pass(SignedDuration::from_mins(40)).await;
    admin
}

#[tokio::test]
async fn a_month_shows_what_came_and_opens_the_next() {
    on_each_database(async |app: TestApp| {
        let admin = two_students(&app).await;
        let january = admin.open(JANUARY).await;
        january.is(200).shows("This month is not over").shows("The books balance").shows("5 entries so far");
        january.shows("Receivable owed by buyers ₹0.00 ₹13,000.00 ₹13,000.00 ₹0.00");
        january.shows("Bank transfers, UPI, cheques and payouts ₹0.00 ₹6,500.00 ₹0.00 ₹6,500.00 Dr");
        january
            .shows("Payment gateway came by card, less fees, payouts and what banks took ₹0.00 ₹6,500.00 ₹130.00 ₹6,370.00 Dr");
        january.shows("Revenue sold, without tax ₹0.00 ₹0.00 ₹13,000.00 ₹13,000.00 Cr");
        january.shows("Moved in the month ₹26,130.00 ₹26,130.00").shows("Friday 1 January 2027 at 00:00");
        let lines = [
            "2027-01,INR,receivable,0.00,13000.00,13000.00,0.00",
            "2027-01,INR,gateway_clearing,0.00,6500.00,130.00,6370.00",
            "2027-01,INR,bank,0.00,6500.00,0.00,6500.00",
            "2027-01,INR,fees,0.00,130.00,0.00,130.00",
            "2027-01,INR,revenue,0.00,0.00,13000.00,-13000.00",
        ];
        assert_eq!(file(&admin, "2027-01").await, lines);

        // The last moment of the month, and the first of the next, by Indian clocks.
        let midnight: Timestamp = "2027-01-31T18:30:00Z".parse().unwrap();
        app.pass_to(shifted(midnight, SignedDuration::from_secs(-1))).await;
        let admin = app.browser();
        cast::sign_in(&app, &admin, cast::ADMIN).await;
        admin.open("/admin/reports/2027-02").await.is(404);
        app.pass_to(midnight).await;
        let february = admin.open("/admin/reports").await.click("February 2027").await;
        february.is(200).shows("Revenue sold, without tax ₹13,000.00 Cr ₹0.00 ₹0.00 ₹13,000.00 Cr");
        admin.open(JANUARY).await.is(200).hides("This month is not over");
        assert_eq!(file(&admin, "2027-01").await, lines, "what was closed stays");
        admin.open("/admin/reports/2026-12").await.is(404);
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn books_that_do_not_fit_what_happened_say_so_at_their_top() {
    on_each_database(async |app: TestApp| {
        let admin = two_students(&app).await;
        let conn = app.services().db.for_migrations();
        conn.execute_unprepared("UPDATE payments SET amount_minor = 650001 WHERE method = 'card'").await.unwrap();
        let page = admin.open(JANUARY).await;
        page.is(200).shows("The books are wrong").shows("is not booked as it was captured").hides("The books balance");
        app.abandon().await;
    })
    .await;
}
