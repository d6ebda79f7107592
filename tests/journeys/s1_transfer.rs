//! S1 without a card: a student chooses UPI or a bank transfer, pays outside, tells the reference, and is enrolled once an admin has
//! found the money; or does none of it, and the seat goes on.

use lectern::kernel::time::SignedDuration;
use lectern::kernel::{Currency, Money};
use lectern::organisation::model::upi_link;

use super::cast::{self, CONFIRMED, OTHER, PRICE, STUDENT};
use crate::support::app::{TestApp, on_each_database};
use crate::support::browser::{Browser, Page};

const RECORD: &str = "Record the payment and enrol";
const UTR: &str = "412345678901";

/// The admin, who has set where money goes.
pub async fn admin(app: &TestApp) -> Browser {
    let browser = app.browser();
    cast::sign_in(app, &browser, cast::ADMIN).await;
    let form = browser.open("/staff/settings/bank").await.form("Save").with("upi", "example@exbank");
    let form = form.with("account_name", "Example Journal").with("account_number", "000000000000").with("ifsc", "EXMP0000001");
    form.with("bank", "Example Bank").with("branch", "Example Town").submit().await.is(200);
    browser
}

/// What follows these words on a page, up to the next space.
fn after(page: &Page, words: &str) -> String {
    let text = page.text();
    let (_, rest) = text.split_once(words).unwrap_or_else(|| panic!("no {words} in {text}"));
    rest.split_whitespace().next().unwrap().to_owned()
}

fn told(text: Option<&str>) -> String {
    text.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_student_pays_by_upi_and_is_enrolled_once_an_admin_has_found_it() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let (admin, student) = (admin(&app).await, app.browser());
        let order = cast::hold(&app, &student, STUDENT, "Europe/London").await;
        let path = cast::path(&order).to_owned();
        let page = order.shows("Your seat is kept for 3 days then").form("Pay by UPI").submit().await;
        page.is(200)
            .shows("Pay by UPI")
            .shows(PRICE)
            .shows("example@exbank")
            .shows("Sun 10 Jan 2027, 06:00")
            .shows("PI/2627/00001");
        assert_eq!(cast::path(&page), path);
        let number = after(&page, "Reference to give");
        let link = upi_link("example@exbank", "Example Journal", Money::new(650_000, Currency::INR), &number, None);
        assert_eq!(page.link("open it in your app"), link);
        let picture = student.open(&format!("{path}/upi.svg")).await;
        picture.is(200);
        assert_eq!(picture.body, lectern::pdf::qr_picture(&link).unwrap());
        assert_eq!(cast::path(&app.browser().open(&format!("{path}/upi.svg")).await), "/sign-in");

        app.settle().await;
        let subject = format!("How to pay for your seat: order {number}");
        let mails = app.mails_to(STUDENT).await;
        let mail = mails.iter().find(|mail| mail.subject == subject).unwrap();
        for part in [told(mail.text.as_deref()), told(mail.html.as_deref())] {
            for words in [&number, PRICE, "example@exbank", "Sunday 10 January 2027 at 06:00", "Europe/London", "/documents/"] {
                assert!(part.contains(words), "no {words:?} in {part}");
            }
        }

        let wrong = page.form("I have paid").with("reference", "4123 4567").submit().await;
        wrong.is(422).shows("Enter the 12 digits").has("reference", "4123 4567");
        let looked = wrong.form("I have paid").with("reference", "4123-4567-8901").submit().await;
        looked.is(200).shows("We look for your payment").shows(UTR).shows("Do not pay a second time").hides("Pay with card");
        assert_eq!(cast::path(&looked), path);

        let today = admin.open("/staff/today").await;
        today.is(200).shows("Transfers to match").shows(UTR).shows("Demo Student 03").shows(PRICE);
        let sheet = admin.open(&format!("/staff{path}")).await;
        sheet.shows("Chosen instead of the card").shows("A transfer to match").has("reference", UTR);
        sheet.form(RECORD).submit().await.is(200).shows("Paid");
        app.settle().await;
        student.open(&path).await.is(200).shows("You are enrolled").shows("PI/2627/00001").shows("RC/2627/00001");
        assert_eq!((cast::count_mails(&app, STUDENT, CONFIRMED).await, cast::count_mails(&app, STUDENT, &subject).await), (1, 1));
        admin.open("/staff/today").await.shows("Nothing waits for you");
        app.pass_to(cast::at("2027-01-10T07:00:00Z")).await;
        assert_eq!(cast::count_mails(&app, STUDENT, &format!("Your seat is kept for one more day: order {number}")).await, 0);
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_transfer_of_which_nothing_is_told_is_reminded_of_by_day_and_its_seat_goes_on() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 1).await;
        let (_, student, other) = (admin(&app).await, app.browser(), app.browser());
        let order = cast::hold(&app, &student, STUDENT, "Europe/London").await;
        let page = order.form("Pay by bank transfer").submit().await;
        page.is(200).shows("Account number").shows("000000000000").shows("EXMP0000001").shows("Example Bank, Example Town");
        let reminder = format!("Your seat is kept for one more day: order {}", after(&page, "Reference to give"));
        let form = other.open("/cohorts/january/waitlist").await.form("Continue").with("name", "Demo Student 04");
        let form = form.with("email", OTHER).with("country", "GB").with("zone", "Europe/London").with("consent", "yes");
        let asked = form.submit().await;
        let place = asked.form("Continue").with("code", &app.code_for(OTHER).await).submit().await;
        place.is(200).shows("You are number 1 in line");

        // A day before the end it is six in the morning.
        app.pass_to(cast::at("2027-01-09T07:59:00Z")).await;
        assert_eq!(cast::count_mails(&app, STUDENT, &reminder).await, 0);
        app.pass_to(cast::at("2027-01-09T08:01:00Z")).await;
        assert_eq!(cast::count_mails(&app, STUDENT, &reminder).await, 1);
        student.open(cast::path(&order)).await.is(200).shows("Pay by bank transfer");

        app.pass_to(cast::at("2027-01-10T06:01:00Z")).await;
        student.open(cast::path(&order)).await.is(200).shows("The time ran out");
        assert_eq!(cast::count_mails(&app, OTHER, "A seat is free for you: Example Course").await, 1);
        assert_eq!(cast::count_mails(&app, STUDENT, &reminder).await, 1);
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_reference_under_which_nothing_came_is_cleared_and_can_be_told_right() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let (admin, student) = (admin(&app).await, app.browser());
        let order = cast::hold(&app, &student, STUDENT, "Europe/London").await;
        let page = order.form("Pay by UPI").submit().await;
        let number = after(&page, "Reference to give");
        page.form("I have paid").with("reference", UTR).submit().await.shows("We look for your payment");
        let staff = format!("/staff{}", cast::path(&order));
        let asks = admin.open(&staff).await.click("say that it did not come").await;
        asks.is(200).shows("Has it not come?").shows(UTR).form("It did not come: tell the student").submit().await.is(200);
        admin.open("/staff/today").await.shows("Nothing waits for you");
        app.settle().await;
        let subject = format!("We have not found your payment: order {number}");
        let mails = app.mails_to(STUDENT).await;
        let mail = mails.iter().find(|mail| mail.subject == subject).unwrap();
        assert!(
            told(mail.text.as_deref()).contains(UTR) && told(mail.text.as_deref()).contains("Sunday 10 January 2027 at 06:00")
        );
        let again = student.open(cast::path(&order)).await;
        again.is(200).shows("We have not found your payment").shows(UTR);
        again.form("I have paid").with("reference", "412345678902").submit().await.shows("412345678902");
        admin.open(&staff).await.shows("Not received").has("reference", "412345678902");
        app.pass(SignedDuration::from_hours(1)).await;
        admin.open("/staff/today").await.shows("Transfers to match").shows("412345678902").hides(UTR);
        app.finish().await;
    })
    .await;
}
