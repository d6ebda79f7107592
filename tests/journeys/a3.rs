//! A3: an admin records a bank transfer with its reference: enrolled. The same reference twice is refused.

use super::cast::{self, CONFIRMED, OTHER, PRICE, STUDENT};
use crate::support::app::{TestApp, on_each_database};
use crate::support::browser::{Browser, Page};

const RECORD: &str = "Record the payment and enrol";

/// An admin, signed in, at the order of the student who has this name on the roster.
async fn admin(app: &TestApp) -> Browser {
    let browser = app.browser();
    let home = cast::sign_in(app, &browser, cast::ADMIN).await;
    home.shows("Today").click("See the cohorts").await.click("January").await.is(200).shows("Roster");
    browser
}

/// The order's page for an admin, from its student's page.
fn staff_path(order: &Page) -> String {
    format!("/staff{}", cast::path(order))
}

#[tokio::test]
async fn a_recorded_transfer_enrols_and_its_reference_counts_once() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let (student, other) = (app.browser(), app.browser());
        let order = cast::hold(&app, &student, STUDENT, "Europe/London").await;
        let admin = admin(&app).await;
        let page = admin.open(cast::ROSTER).await.click("Order of Demo Student 03").await;
        page.is(200).shows(PRICE).shows("Unpaid").shows("Seat held").shows(STUDENT).shows("Nobody has tried to pay yet");
        assert_eq!(cast::path(&page), staff_path(&order));

        let wrong = page.form(RECORD).with("reference", "UTR 0001").with("amount", "6499.99").submit().await;
        wrong.is(422).shows("The amount must be the order’s total, ₹6,500.00");
        assert!(wrong.body.contains("6499.99") && wrong.body.contains("UTR 0001"), "what was typed is lost");
        page.form(RECORD).with("reference", "").submit().await.is(422).shows("Enter the reference");
        let future = page.form(RECORD).with("reference", "UTR 0001").with("received_on", "2027-01-20").submit().await;
        future.is(422).shows("Enter a day that has come");
        page.form(RECORD).with("reference", "UTR 0001").with("state", "paid").submit().await.is(400);
        student.open(cast::path(&order)).await.shows("Pay for your seat");

        let recorded = page.form(RECORD).with("reference", "utr 0001").submit().await;
        recorded.is(200).shows("Paid").shows("Bank transfer").shows("UTR0001").shows("Received on Thu 7 Jan 2027");
        assert!(!recorded.body.contains(RECORD), "a paid order takes more money");
        app.settle().await;
        let enrolled = student.open(cast::path(&order)).await;
        enrolled.is(200).shows("You are enrolled").shows("RC/2627/00001 (PDF)");
        receipt_on_the_order(&app, &admin, &other, &order).await;
        student.open("/learn").await.shows("Week 1 opens soon");
        let mails = app.mails_to(STUDENT).await;
        let confirmed: Vec<_> = mails.iter().filter(|mail| mail.subject == CONFIRMED).collect();
        assert_eq!(confirmed.len(), 1);
        let text = confirmed[0].text.as_deref().unwrap();
        assert!(text.contains("UTR0001") && text.contains(PRICE), "{text}");

        // The same reference, however it is written, on another order.
        let second = cast::hold(&app, &other, OTHER, "Europe/London").await;
        let refused = admin.open(&staff_path(&second)).await.form(RECORD).with("reference", " Utr00 01").submit().await;
        refused.is(422).shows("This reference is already recorded, on order");
        assert!(refused.body.contains("Utr00 01"), "what was typed is lost");
        other.open(cast::path(&second)).await.shows("Pay for your seat");
        // And once more on the first, from a page that was open meanwhile.
        page.form(RECORD).with("reference", "UTR 0001").submit().await.is(422).shows("already recorded");
        page.form(RECORD).with("reference", "UTR 0002").submit().await.is(422).shows("This order is paid already");
        app.settle().await;
        assert_eq!(cast::count_mails(&app, STUDENT, CONFIRMED).await, 1);
        assert_eq!(cast::count_mails(&app, OTHER, CONFIRMED).await, 0);
        app.finish().await;
    })
    .await;
}

/// The admin finds the receipt on the order, and it says how the money came; by the student's address it is the student's alone.
async fn receipt_on_the_order(app: &TestApp, admin: &Browser, other: &Browser, order: &Page) {
    let page = admin.open(&staff_path(order)).await;
    let path = page.is(200).shows("Documents").link("Receipt RC/2627/00001 (PDF)");
    let session = crate::support::school::session(app, cast::ADMIN).await;
    let pdf = app.client().get(format!("{}{path}", app.origin())).header("cookie", session).send().await.unwrap();
    assert_eq!(pdf.status().as_u16(), 200);
    let printed = pdf_extract::extract_text_from_mem(&pdf.bytes().await.unwrap()).unwrap();
    let bare = |text: &str| text.split_whitespace().collect::<String>();
    for words in ["Bank transfer on 7 January 2027, reference UTR0001", PRICE, "Demo Student 03"] {
        assert!(bare(&printed).contains(&bare(words)), "no {words:?} in {printed}");
    }
    let own = path.strip_prefix("/staff").unwrap();
    admin.open(own).await.is(404);
    assert_eq!(cast::path(&other.open(own).await), "/sign-in");
}

#[tokio::test]
async fn only_an_admin_records_money() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let student = app.browser();
        let order = cast::hold(&app, &student, STUDENT, "Europe/London").await;
        let instructor = app.browser();
        cast::sign_in(&app, &instructor, cast::INSTRUCTOR).await.shows("Cohorts");
        let roster = instructor.open(cast::ROSTER).await;
        roster.is(200).shows("Demo Student 03").hides("/staff/orders/");
        student.open(cast::ROSTER).await.is(403);
        let (order_page, payments) = (staff_path(&order), format!("{}/payments", staff_path(&order)));
        let fields =
            [("method", "bank_transfer"), ("reference", "UTR 0003"), ("amount", "6500.00"), ("received_on", "2027-01-07")];
        for browser in [&student, &instructor] {
            browser.open(&order_page).await.is(403).hides(STUDENT);
            browser.post(&payments, &fields).await.is(403);
            browser.open("/staff/today").await.is(403);
        }
        let visitor = app.browser();
        assert_eq!(cast::path(&visitor.open(&order_page).await), "/sign-in");
        assert_eq!(cast::path(&visitor.post(&payments, &fields).await), "/sign-in");
        student.open(cast::path(&order)).await.shows("Pay for your seat");
        let admin = admin(&app).await;
        admin.open("/staff/orders/ord_01arz3ndektsv4rrffq69g5fav").await.is(404);
        admin.open(&order_page).await.is(200).shows("Nobody has tried to pay yet");
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_payment_page_that_was_open_is_closed_by_the_transfer() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let student = app.browser();
        let order = cast::hold(&app, &student, STUDENT, "Europe/London").await;
        let hosted = cast::to_gateway(&order).await;
        let admin = admin(&app).await;
        let page = admin.open(&staff_path(&order)).await;
        page.shows("Payment page open").form(RECORD).with("reference", "UTR 0004").submit().await.is(200).shows("Paid");
        // At once, before any job.
        let late = cast::pay(&hosted).await;
        late.is(200).shows("This payment page has expired");
        app.settle().await;
        admin.open(&staff_path(&order)).await.shows("Left unpaid");
        admin.open("/staff/today").await.shows("Nothing waits for you");
        assert_eq!(cast::count_mails(&app, STUDENT, CONFIRMED).await, 1);
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_card_that_was_quicker_is_found_before_a_transfer_is_recorded() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let student = app.browser();
        let order = cast::hold(&app, &student, STUDENT, "Europe/London").await;
        let hosted = cast::to_gateway(&order).await;
        let admin = admin(&app).await;
        let page = admin.open(&staff_path(&order)).await;
        // Paid, and we were not told yet: to close the page says so.
        hosted.form(&format!("Pay {PRICE}")).submit_only().await;
        let refused = page.form(RECORD).with("reference", "UTR 0005").submit().await;
        refused.is(422).shows("This order is paid already");
        app.settle().await;
        admin.open(&staff_path(&order)).await.is(200).shows("Paid").hides("UTR0005");
        admin.open("/staff/today").await.is(200).shows("Nothing waits for you");
        student.open("/learn").await.shows("Week 1 opens soon");
        assert_eq!(cast::count_mails(&app, STUDENT, CONFIRMED).await, 1);
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_bank_that_confirms_after_a_transfer_was_recorded_pays_for_nothing_and_the_money_goes_back() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let student = app.browser();
        let order = cast::hold(&app, &student, STUDENT, "Europe/London").await;
        let late = cast::to_gateway(&order).await.form("Pay late, by bank").submit().await;
        app.settle().await;
        let admin = admin(&app).await;
        let page = admin.open(&staff_path(&order)).await;
        page.form(RECORD).with("reference", "UTR 0015").submit().await.is(200).shows("Paid");
        late.form("The bank confirms now").submit().await.is(200).shows("Paid.");
        app.settle().await;
        admin.open("/staff/today").await.is(200).shows("Nothing waits for you");
        admin.open(&staff_path(&order)).await.shows("Paid twice").shows("On its way");
        student.open(cast::path(&order)).await.shows("You are enrolled");
        let mails = app.mails_to(STUDENT).await;
        let told = mails.iter().find(|mail| mail.subject.starts_with("Your payment goes back: order L-")).expect("a word of why");
        assert!(told.text.as_ref().unwrap().contains("this payment is one too many"));
        assert_eq!(cast::count_mails(&app, STUDENT, CONFIRMED).await, 1);
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_lapsed_seat_is_given_again_while_there_is_room() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 1).await;
        let (student, other) = (app.browser(), app.browser());
        let order = cast::hold(&app, &student, STUDENT, "Europe/London").await;
        app.pass(lectern::kernel::time::SignedDuration::from_mins(33)).await;
        student.open(cast::path(&order)).await.shows("The time ran out");
        let second = cast::hold(&app, &other, OTHER, "Europe/London").await;
        let admin = admin(&app).await;
        let page = admin.open(&staff_path(&order)).await;
        let full = page.form(RECORD).with("reference", "UTR 0006").submit().await;
        full.is(422).shows("the cohort is full now");
        app.pass(lectern::kernel::time::SignedDuration::from_mins(33)).await;
        other.open(cast::path(&second)).await.shows("The time ran out");
        full.form(RECORD).submit().await.is(200).shows("Paid");
        app.settle().await;
        student.open(cast::path(&order)).await.shows("You are enrolled");
        app.finish().await;
    })
    .await;
}
