//! A5: a dispute, from opening to its end, on the gateway's dashboard. Told by notifications or found by the sweep, it ends the same.

use lectern::gateway::practice::Delivery;
use lectern::kernel::time::SignedDuration;
use lectern::ledger::Account;

use super::cast::{self, STUDENT};
use crate::support::app::{TestApp, on_each_database};
use crate::support::books::held;
use crate::support::browser::{Browser, Page};

const TODAY: &str = "/staff/today";
const PRICE: i64 = 650_000;
/// What the practice gateway keeps of a payment, and takes for a dispute.
const FEE: i64 = 13_000;
const DISPUTE_FEE: i64 = 100_000;

/// The gateway's dashboard, where the merchant and the banks act.
async fn dashboard(app: &TestApp) -> Page {
    let page = app.browser().open(app.services().settings.gateway.base_url.join("dashboard").unwrap().as_str()).await;
    page.is(200).shows("Practice gateway");
    page
}

/// Presses a button there, and does what follows.
async fn happens(app: &TestApp, button: &str) {
    dashboard(app).await.form(button).submit().await.is(200);
    app.settle().await;
    // Without notifications, the sweep finds it.
    app.pass(SignedDuration::from_mins(6)).await;
}

/// An admin, signed in just now.
async fn admin(app: &TestApp) -> Browser {
    let admin = app.browser();
    cast::sign_in(app, &admin, cast::ADMIN).await;
    admin
}

/// Of the accounts that a dispute moves: at the gateway, in dispute, owed by the buyer, fees.
async fn books(app: &TestApp) -> [i64; 4] {
    let of = async |account| held(app, account).await;
    [of(Account::GatewayClearing).await, of(Account::Disputes).await, of(Account::Receivable).await, of(Account::Fees).await]
}

/// A student has paid and disputes it; the path of their order.
async fn disputed(app: &TestApp, delivery: Delivery) -> String {
    cast::open(app, 3).await;
    cast::start_periodic_jobs(app).await;
    let student = app.browser();
    let order = cast::hold(app, &student, STUDENT, "Europe/London").await;
    cast::pay(&cast::to_gateway(&order).await).await.is(200).shows("You are enrolled");
    app.settle().await;
    app.practice().webhooks(delivery);
    happens(app, "Have it disputed").await;
    cast::path(&order).to_owned()
}

#[tokio::test]
async fn a_lost_dispute_leaves_the_order_unpaid_and_an_admin_to_decide() {
    for delivery in [Delivery::Deliver, Delivery::Drop] {
        on_each_database(async |app: TestApp| {
            let order = disputed(&app, delivery).await;
            assert_eq!(books(&app).await, [-FEE - DISPUTE_FEE, PRICE, 0, FEE + DISPUTE_FEE]);
            let browser = admin(&app).await;
            let today = browser.open(TODAY).await;
            today.is(200).shows("1 thing waits for you").shows("Evidence is wanted").shows("product not received");
            today.shows("Evidence must be there by Thu 14 Jan 2027, 11:30 Asia/Kolkata").shows("Answer at the gateway");
            let page = browser.open(&format!("/staff{order}")).await;
            page.is(200).shows("Disputes").shows("The buyer asked their bank for the money back").shows("₹6,500.00");
            app.pass_to(cast::at("2027-01-08T02:30:00Z")).await;
            let mail = app.mails_to(cast::ADMIN).await.pop().unwrap();
            assert!(mail.text.unwrap().contains("- 1 dispute that waits for an answer or a decision"));

            happens(&app, "Hand in evidence").await;
            let browser = admin(&app).await;
            browser.open(TODAY).await.is(200).shows("Nothing waits for you");
            happens(&app, "Lose the dispute").await;
            assert_eq!(books(&app).await, [-FEE - DISPUTE_FEE, 0, PRICE, FEE + DISPUTE_FEE]);
            let today = browser.open(TODAY).await;
            today.is(200).shows("Lost").shows("The money is gone, and the order is unpaid again");
            let page = browser.open(&format!("/staff{order}")).await;
            page.shows("A dispute was lost")
                .shows("State: under review")
                .shows("State: needs response")
                .shows("say on Today that it is decided");
            let id = dispute(&today);
            let done = today.form(&format!("They keep the seat: {id}")).submit().await;
            done.is(200).shows("The dispute is off the list").shows("Nothing waits for you");
            browser.open("/staff/log?kind=dispute.decided").await.is(200).shows("Newest first");
            app.finish().await;
        })
        .await;
    }
}

#[tokio::test]
async fn a_seat_that_is_ended_after_a_lost_dispute_is_credited_and_nothing_goes_back_a_second_time() {
    on_each_database(async |app: TestApp| {
        let order = disputed(&app, Delivery::Deliver).await;
        let browser = admin(&app).await;
        // While the bank holds the money, there is none to send.
        browser.open(&format!("/staff{order}")).await.is(200).hides("Send money back");
        happens(&app, "Lose the dispute").await;
        let today = browser.open(TODAY).await;
        let form = today.is(200).click(&format!("End the seat … of dispute {}", dispute(&today))).await;
        form.is(200).shows("The bank took ₹6,500.00 back").shows("At most ₹0.00 can go back");
        let most = form.form("Cancel the enrolment").with("back", "amount").with("amount", "1.00").with("reason", "Lost");
        most.submit().await.is(422).shows("At most ₹0.00 can go back");
        let done = form.form("Cancel the enrolment").with("reason", "The bank took the money").submit().await;
        done.is(200);
        app.settle().await;
        browser.open(TODAY).await.is(200).shows("Nothing waits for you");
        let page = browser.open(&format!("/staff{order}")).await;
        page.is(200).shows("Cancelled").shows("Credit note CN/2627/00001").hides("Send money back").hides("say on Today");
        assert_eq!(books(&app).await, [-FEE - DISPUTE_FEE, 0, 0, FEE + DISPUTE_FEE]);
        assert_eq!((held(&app, Account::Refunds).await, held(&app, Account::Revenue).await), (PRICE, -PRICE));
        app.finish().await;
    })
    .await;
}

/// The id of the only dispute on the page.
fn dispute(today: &Page) -> String {
    let start = today.body.find("dp_").expect("a dispute");
    today.body[start..].chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect()
}

#[tokio::test]
async fn a_won_dispute_is_as_if_it_had_not_been_but_for_its_fee() {
    for delivery in [Delivery::Deliver, Delivery::Drop] {
        on_each_database(async |app: TestApp| {
            let order = disputed(&app, delivery).await;
            happens(&app, "Win the dispute").await;
            assert_eq!(books(&app).await, [PRICE - FEE - DISPUTE_FEE, 0, 0, FEE + DISPUTE_FEE]);
            let browser = admin(&app).await;
            browser.open(TODAY).await.is(200).shows("Nothing waits for you");
            let page = browser.open(&format!("/staff{order}")).await;
            page.is(200).shows("A dispute was won").hides("The money is gone");
            // The student never heard of it.
            let student = app.browser();
            cast::sign_in(&app, &student, STUDENT).await;
            student.open(&order).await.is(200).shows("You are enrolled").hides("dispute");
            app.finish().await;
        })
        .await;
    }
}
