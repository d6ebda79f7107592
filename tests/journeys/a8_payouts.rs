//! A8: month end. The gateway's payouts are what the books say, to the smallest unit, and the taxes are what the invoices say.

use lectern::kernel::Actor;
use lectern::kernel::time::SignedDuration;
use lectern::ledger::Account;
use lectern::organisation;
use lectern::organisation::model::{Change, ExportTerms, TaxRegistration};

use super::cast::{self, OTHER, STUDENT};
use crate::support::app::{TestApp, on_each_database};
use crate::support::books::held;
use crate::support::browser::{Browser, Page};

const JANUARY: &str = "/admin/reports/2027-01";

/// Presses a button of the gateway's dashboard, and does what follows.
async fn happens(app: &TestApp, button: &str) {
    let dashboard = app.services().settings.gateway.base_url.join("dashboard").unwrap();
    app.browser().open(dashboard.as_str()).await.is(200).form(button).submit().await.is(200);
    app.settle().await;
}

/// The seller is registered for GST in Karnataka.
pub async fn register(app: &TestApp) {
    let registered = TaxRegistration::RegisteredInIndia {
        gstin: "29ABCDE1234F1ZW".parse().unwrap(),
        sac: "999293".parse().unwrap(),
        export: ExportTerms::WithTax,
    };
    let change = async |txn: &lectern::db::Txn| organisation::change(txn, Change::Tax(registered.clone())).await;
    app.services().db.write(Actor::Operator, change).await.unwrap();
}

/// Enrols somebody in this State of India, and pays by card.
pub async fn enrol_in(app: &TestApp, email: &str, state: &str, pin: &str) {
    let browser = app.browser();
    let form = browser.open(cast::COHORT).await.form("Continue").with("name", "Demo Student 03").with("email", email);
    let form = form.with("country", "IN").with("address", "12 Demonstration Road\r\nExampleville").with("postal_code", pin);
    let asked = form.with("state", state).with("zone", "Asia/Kolkata").with("consent", "yes").submit().await;
    let order = asked.is(200).form("Continue").with("code", &app.code_for(email).await).submit().await;
    order.is(200).shows("Pay for your seat");
    cast::to_gateway(&order).await.form("Pay ₹7,670.00").submit().await.is(200).shows("You are enrolled");
    app.settle().await;
}

/// The lines of one of the month's files, without its headings.
async fn file(admin: &Browser, name: &str) -> Vec<String> {
    let file = admin.open(&format!("{JANUARY}/{name}.csv")).await;
    file.is(200);
    file.body.trim_start_matches('\u{feff}').lines().skip(1).map(str::to_owned).collect()
}

/// What the page says of its payouts.
fn payout(page: &Page) -> String {
    let start = page.body.find("/admin/payouts/").expect("a payout");
    page.body[start..].split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn at_month_end_the_ledger_equals_the_payouts_to_the_smallest_unit() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 5).await;
        register(&app).await;
        enrol_in(&app, STUDENT, "29", "560001").await;
        enrol_in(&app, OTHER, "07", "110001").await;
        enrol_in(&app, "third@example.org", "07", "110001").await;
        // The newest payment is the first on the dashboard.
        happens(&app, "Have it disputed").await;
        happens(&app, "Lose the dispute").await;
        let admin = app.browser();
        cast::sign_in(&app, &admin, cast::ADMIN).await;
        let page = admin.open(JANUARY).await;
        // Three payments less two per cent each, one of them taken back, and the fee for that.
        page.is(200).shows("The gateway held ₹13,879.80: ₹0.00 on its way to the bank, and ₹13,879.80 not sent yet");
        page.shows("The gateway paid nothing out");

        happens(&app, "Pay out ₹13,879.80").await;
        let page = admin.open(JANUARY).await;
        page.shows("The gateway held ₹13,879.80: ₹13,879.80 on its way to the bank, and ₹0.00 not sent yet").shows("On its way");
        assert_eq!((held(&app, Account::Bank).await, held(&app, Account::GatewayClearing).await), (0, 1_387_980));
        app.pass(SignedDuration::from_hours(24)).await;
        happens(&app, "Let it arrive").await;
        assert_eq!((held(&app, Account::Bank).await, held(&app, Account::GatewayClearing).await), (1_387_980, 0));

        let admin = app.browser();
        cast::sign_in(&app, &admin, cast::ADMIN).await;
        let page = admin.open(JANUARY).await;
        page.is(200).shows("The books balance").shows("In the bank").shows("All 4 lines match").hides("Not matched in");
        let paid = admin.open(&payout(&page)).await;
        paid.is(200).shows("Payout of ₹13,879.80").shows("The books say the same").shows("Disputed money taken");
        paid.shows("Demo Student 03").shows("₹153.40");
        let lines = file(&admin, "payouts").await;
        let net = |line: &String| line.split(',').nth(9).unwrap().replace('.', "").parse::<i64>().unwrap();
        assert_eq!((lines.len(), lines.iter().map(net).sum::<i64>()), (4, 1_387_980));
        assert!(lines.iter().all(|line| line.split(',').nth(9) == line.split(',').nth(10)), "{lines:#?}");

        page.shows("Delhi (07) IGST 18 % 2 0 ₹13,000.00 ₹2,340.00").shows("Karnataka (29) CGST 9 % 1 0 ₹6,500.00 ₹585.00");
        let taxes = [
            "2027-01,INR,Delhi (07),IGST,18,2,0,13000.00,2340.00,13000.00,2340.00",
            "2027-01,INR,Karnataka (29),CGST,9,1,0,6500.00,585.00,6500.00,585.00",
            "2027-01,INR,Karnataka (29),SGST,9,1,0,6500.00,585.00,6500.00,585.00",
        ];
        assert_eq!(file(&admin, "taxes").await, taxes);
        // The taxes of the invoices are what the books owe the government.
        assert_eq!(held(&app, Account::TaxPayable).await, -(234_000 + 2 * 58_500));
        let log = admin.open("/staff/log?kind=payout.paid&from=2027-01-01&to=2027-01-31").await;
        log.is(200).shows("Newest first");
        admin.open("/staff/log?kind=payout.failed").await.is(200).shows("No entry fits");
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn what_of_a_payout_is_in_no_book_is_named_and_a_payout_that_comes_back_is_not_in_the_bank() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        register(&app).await;
        enrol_in(&app, STUDENT, "29", "560001").await;
        let conn = app.services().db.for_migrations();
        // As if the charge were another program's.
        let forget = "UPDATE gateway_charges SET charge_id = 'ch_other'";
        sea_orm::ConnectionTrait::execute_unprepared(conn, forget).await.unwrap();
        happens(&app, "Pay out ₹7,516.60").await;
        happens(&app, "Let it arrive").await;
        let admin = app.browser();
        cast::sign_in(&app, &admin, cast::ADMIN).await;
        let page = admin.open(JANUARY).await;
        page.is(200).shows("1 of 1 line not matched").shows("Payment that is not in the books: ₹7,516.60");
        admin.open(&payout(&page)).await.is(200).shows("Not all of it is in the books").shows("the lines come to ₹0.00");
        happens(&app, "Let it fail").await;
        assert_eq!(held(&app, Account::Bank).await, 0);
        admin.open(JANUARY).await.is(200).shows("Came back").shows("The gateway held ₹7,516.60");
        admin.open("/admin/payouts/po_none").await.is(404);
        app.finish().await;
    })
    .await;
}
