//! S1, the price of it: two currencies, tax by the buyer's place, and coupons, as students see them.

use lectern::acts::{self, Terms};
use lectern::catalogue;
use lectern::catalogue::model::{Price, Prices, TaxBasis};
use lectern::config::Settings;
use lectern::kernel::time::SignedDuration;
use lectern::kernel::{Actor, Currency, Money};
use lectern::organisation;
use lectern::organisation::model::{Change, TaxRegistration};
use lectern::pricing::model::NewCoupon;
use lectern::pricing::{self, Discount, Limits};

use super::cast::{self, ADMIN, COHORT, CONFIRMED, OTHER, STUDENT};
use crate::support::app::{TestApp, on_each_database, on_each_database_with};
use crate::support::browser::{Browser, Page};

const PLACE: [(&str, &str); 4] =
    [("country", "IN"), ("address", "12 Demonstration Road"), ("zone", "Asia/Kolkata"), ("consent", "yes")];

/// A seller registered in Karnataka who exports under a letter, and a cohort in rupees and dollars, cheaper until 6 January.
pub async fn open(app: &TestApp) {
    cast::open(app, 5).await;
    let price = |minor, early, currency| Price::new(Money::new(minor, currency), Some(Money::new(early, currency))).unwrap();
    let (rupees, dollars) = (price(650_000, 500_000, Currency::INR), price(12_000, 10_000, Currency::USD));
    let until = "2027-01-07T00:00:00Z".parse().unwrap();
    let prices = Prices::new(rupees, vec![dollars], TaxBasis::Added, Some(until)).unwrap();
    let admin = app.browser();
    cast::sign_in(app, &admin, ADMIN).await;
    let tax = admin.open("/staff/settings/tax").await.form("Save").with("mode", "registered_in_india");
    let tax = tax.with("gstin", "29ABCDE1234F1ZW").with("sac", "999293").with("export", "under_lut");
    tax.with("lut", "AD290326001234X").with("lut_year", "2026-27").submit().await.is(200).shows("GSTIN 29ABCDE1234F1ZW");
    app.services()
        .db
        .write(Actor::Operator, async |txn| {
            let cohort = catalogue::all_cohorts(txn).await?.pop().unwrap();
            let instructors = catalogue::instructors(txn, cohort.id).await?;
            let terms = Terms { capacity: 5, prices: prices.clone(), window: cohort.window, instructors };
            acts::change_terms(txn, cohort.id, cohort.revision, terms).await.unwrap();
            Ok::<_, sea_orm::DbErr>(())
        })
        .await
        .unwrap();
    app.browser().open("/cohorts").await.shows("GST of");
}

async fn coupon(app: &TestApp, discount: Discount, limits: Limits) -> String {
    let new = NewCoupon { code: None, discount, cohort: None, opens: None, closes: None, limits };
    let made = app.services().db.write(Actor::Operator, async |txn| pricing::make_coupon(txn, new.clone()).await);
    made.await.unwrap().code.to_string()
}

/// The order of a student who proves this address; `more` are fields of the form beside those of [`PLACE`].
pub async fn order(app: &TestApp, browser: &Browser, email: &str, more: &[(&str, &str)]) -> Page {
    let mut form = browser.open(COHORT).await.form("Continue").with("name", "Demo Student 03").with("email", email);
    for (name, value) in PLACE.iter().chain(more) {
        form = form.with(name, value);
    }
    let order = form.submit().await.form("Continue").with("code", &app.code_for(email).await).submit().await;
    order.is(200).shows("Pay for your seat");
    order
}

#[tokio::test]
async fn a_student_in_india_pays_the_tax_of_their_state_less_what_a_coupon_takes_off() {
    on_each_database(async |app: TestApp| {
        open(&app).await;
        let code =
            coupon(&app, Discount::Percent("20".parse().unwrap(), None), Limits { total: Some(1), per_person: Some(1) }).await;
        let browser = app.browser();
        let front = browser.open("/").await;
        front.is(200).shows("₹7,670.00 In all, with an address in India, with GST of ₹1,170.00.");
        front.shows("US$120.00 In all, with an address elsewhere. Nothing is added when you pay.");
        browser
            .open("/cohorts")
            .await
            .is(200)
            .shows("₹7,670.00 with an address in India")
            .shows("US$120.00 with an address elsewhere");

        let form = browser.open(COHORT).await;
        form.is(200).shows("₹7,670.00 with an address in India");
        let mut form = form.form("Continue").with("name", "Demo Student 03").with("email", STUDENT);
        for (name, value) in PLACE {
            form = form.with(name, value);
        }
        let wrong = form.with("postal_code", "EX1 1EX").with("gstin", "27ABCDE1234F1ZX").submit().await;
        wrong.is(422).shows("Enter the six digits of your PIN code").shows("Choose a State or Union territory").shows("GSTIN");
        assert!(wrong.body.contains("27ABCDE1234F1ZX") && wrong.body.contains("EX1 1EX"), "what was typed is lost");
        let asked = wrong.form("Continue").with("postal_code", "400 001").with("state", "27").with("gstin", "").submit().await;
        let order = asked.form("Continue").with("code", &app.code_for(STUDENT).await).submit().await;
        order.is(200).shows("one seat ₹6,500.00 IGST, 18 % ₹1,170.00 Total ₹7,670.00");
        order.shows("Place of supply: Maharashtra (27).").shows("12 Demonstration Road 400001, Maharashtra, India");

        let refused = order.form("Use the code").with("code", "NOT-A-CODE").submit().await;
        refused.is(422).shows("This code cannot be used for this order");
        assert!(refused.body.contains("NOT-A-CODE"), "what was typed is lost");
        let cheaper = refused.form("Use the code").with("code", &code.to_lowercase()).submit().await;
        cheaper.is(200).shows("Discount by coupon −₹1,300.00 IGST, 18 % ₹936.00 Total ₹6,136.00").hides("Coupon code");
        let hosted = cast::to_gateway(&cheaper).await;
        hosted.form("Pay ₹6,136.00").submit().await.is(200).shows("You are enrolled").shows("₹6,136.00");
        app.settle().await;
        assert_eq!(cast::count_mails(&app, STUDENT, CONFIRMED).await, 1);
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_registrations_state_decides_and_a_seat_abroad_is_sold_in_dollars_without_tax() {
    on_each_database(async |app: TestApp| {
        open(&app).await;
        let registered = [("postal_code", "400001"), ("state", "27"), ("gstin", "29abcde1234f1zw")];
        let own = order(&app, &app.browser(), STUDENT, &registered).await;
        own.shows("CGST, 9 % ₹585.00 SGST, 9 % ₹585.00 Total ₹7,670.00").shows("Place of supply: Karnataka (29).");
        own.shows("(GSTIN 29ABCDE1234F1ZW)");
        let abroad = order(&app, &app.browser(), OTHER, &[("country", "GB"), ("state", "27")]).await;
        abroad.shows("Total US$120.00").shows("under a letter of undertaking").hides("IGST");
        let hosted = cast::to_gateway(&abroad).await;
        hosted.form("Pay US$120.00").submit().await.is(200).shows("You are enrolled");
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn the_price_that_was_seen_stays_while_the_seat_is_kept() {
    on_each_database(async |app: TestApp| {
        open(&app).await;
        let browser = app.browser();
        let own = order(&app, &browser, STUDENT, &[("postal_code", "560001"), ("state", "29")]).await;
        own.shows("Total ₹7,670.00").shows("This price is yours while your seat is kept");
        app.services()
            .db
            .write(Actor::Operator, async |txn| {
                organisation::change(txn, Change::Tax(TaxRegistration::Unregistered)).await?;
                let cohort = catalogue::all_cohorts(txn).await?.pop().unwrap();
                let instructors = catalogue::instructors(txn, cohort.id).await?;
                let prices = Money::new(900_000, Currency::INR).into();
                let terms = Terms { capacity: 5, prices, window: cohort.window, instructors };
                acts::change_terms(txn, cohort.id, cohort.revision, terms).await.unwrap();
                Ok::<_, sea_orm::DbErr>(())
            })
            .await
            .unwrap();
        let same = browser.open(cast::path(&own)).await;
        same.is(200).shows("CGST, 9 % ₹585.00 SGST, 9 % ₹585.00 Total ₹7,670.00");
        app.pass(SignedDuration::from_mins(33)).await;
        browser.open(cast::path(&own)).await.is(200).shows("The time ran out");
        let form = browser.open(COHORT).await.form("Continue to payment").with("address", "Road").with("consent", "yes");
        let again = form.with("postal_code", "560001").with("state", "29").with("country", "IN").submit().await;
        again.is(200).shows("Total ₹9,000.00");
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_whole_discount_enrols_without_a_payment() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let code = coupon(&app, Discount::Percent("100".parse().unwrap(), None), Limits::default()).await;
        let browser = app.browser();
        let order = cast::hold(&app, &browser, STUDENT, "Europe/London").await;
        let enrolled = order.form("Use the code").with("code", &code).submit().await;
        enrolled.is(200).shows("You are enrolled").shows("Total ₹0.00").shows("Nothing to pay");
        app.settle().await;
        assert_eq!((app.practice().session_count(), cast::count_mails(&app, STUDENT, CONFIRMED).await), (0, 1));
        browser.open("/learn").await.is(200).shows("Week 1 opens soon");
        app.finish().await;
    })
    .await;
}

/// Guesses this many codes; the statuses of the answers.
async fn guesses(app: &TestApp, count: u32) -> Vec<u16> {
    let browser = app.browser();
    let order = cast::hold(app, &browser, STUDENT, "Europe/London").await;
    let path = format!("{}/coupon", cast::path(&order));
    let mut statuses = Vec::new();
    for number in 0..count {
        statuses.push(browser.post(&path, &[("code", &format!("GUESS{number:07}"))]).await.status.as_u16());
    }
    statuses
}

#[tokio::test]
async fn a_thousand_guesses_on_one_order_meet_its_limit_after_ten() {
    let app = TestApp::sqlite().await;
    cast::open(&app, 3).await;
    let statuses = guesses(&app, 1_000).await;
    assert!(statuses[..10].iter().all(|status| *status == 422), "{:?}", &statuses[..10]);
    assert!(statuses[10..].iter().all(|status| *status == 429), "a guess was looked at beyond the limit");
    app.finish().await;
}

#[tokio::test]
async fn guesses_meet_the_limit_of_their_address_whatever_the_order() {
    let few = |settings: &mut Settings| (settings.limits.sign_in_burst, settings.limits.sign_in_per_minute) = (6, 1);
    on_each_database_with(few, async |app: TestApp| {
        cast::open(&app, 3).await;
        // The proof of the address took two of the six.
        let statuses = guesses(&app, 20).await;
        let (first, rest) = statuses.split_at(4);
        assert!(first.iter().all(|status| *status == 422) && rest.iter().all(|status| *status == 429), "{statuses:?}");
        app.finish().await;
    })
    .await;
}
