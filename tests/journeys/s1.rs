//! S1: browse, see seats and the price, prove the address, hold, pay, enrolled.

use lectern::kernel::time::SignedDuration;

use super::cast::{self, CONFIRMED, PRICE, STUDENT};
use crate::support::app::{TestApp, on_each_database};
use crate::support::browser::Page;
use crate::support::raw::Ask;
use crate::support::school::session;

async fn seats_left(app: &TestApp, text: &str) {
    app.browser().open("/").await.is(200).shows(&format!("Seats left {text}"));
}

#[tokio::test]
async fn a_visitor_enrols_and_pays() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let browser = app.browser();
        let front = browser.open("/").await;
        front.is(200).shows("Example Course").shows(PRICE).shows("Seats left 3 of 3").shows("Starts Mon 11 Jan 2027");
        front.click("Enrol").await.is(200).shows("Enrol").shows("January");

        let order = cast::hold(&app, &browser, STUDENT, "Europe/London").await;
        order.shows("32 minutes").shows("Thu 7 Jan 2027, 06:32").shows("Europe/London, UTC").shows(PRICE);
        order.shows("12 Demonstration Road, Exampleville EX1 1EX, United Kingdom");
        assert!(order.body.contains("data-countdown"), "the script finds no countdown");
        seats_left(&app, "2 of 3").await;
        app.pass(SignedDuration::from_mins(10)).await;
        let order = browser.open(cast::path(&order)).await;
        order.is(200).shows("Your seat is kept for 22 minutes");

        let hosted = cast::to_gateway(&order).await;
        hosted.shows(PRICE).shows("Example Course, January cohort, one seat");
        let back = cast::pay(&hosted).await;
        back.is(200).shows("You are enrolled").shows("Welcome, Demo Student 03.");
        assert!(cast::path(&back).ends_with("/return"), "{}", back.url);
        // To load it again is harmless.
        browser.open(back.url.as_str()).await.is(200).shows("You are enrolled");
        app.settle().await;
        seats_left(&app, "2 of 3").await;

        confirmation(&app, &number(&back)).await;
        receipt(&app, cast::path(&order), &number(&back)).await;
        let dashboard = back.click("Go to your course").await;
        dashboard
            .is(200)
            .shows("Week 1 opens soon")
            .shows("Monday 11 January 2027 at 03:30, your time")
            .shows("0 of 12 readings");
        app.finish().await;
    })
    .await;
}

/// The order's number, as the page says it.
fn number(page: &Page) -> String {
    let text = page.text();
    text.split_once("Order ").unwrap().1.split(' ').next().unwrap().to_owned()
}

/// The receipt: on the order's page and in the mail, for its student alone.
async fn receipt(app: &TestApp, order: &str, number: &str) {
    let own = session(app, STUDENT).await;
    let page = Ask::get(order).cookies(&own).send(app).await;
    let page = page.is(200).body.clone();
    let (_, rest) = page.split_once(&format!("href=\"{order}/documents/")).expect("a document on the order's page");
    let (id, rest) = rest.split_once('"').unwrap();
    assert!(rest.starts_with(">RC/2627/00001 (PDF)"), "{rest}");
    let path = format!("{order}/documents/{id}");
    let mails = app.mails_to(STUDENT).await;
    let mail = mails.iter().find(|mail| mail.subject == CONFIRMED).unwrap();
    assert!(mail.text.as_deref().unwrap().contains(&format!("{}{path}", app.origin())), "the mail does not lead to the receipt");

    let pdf = app.client().get(format!("{}{path}", app.origin())).header("cookie", &own).send().await.unwrap();
    assert_eq!((pdf.status().as_u16(), pdf.headers()["content-type"].to_str().unwrap()), (200, "application/pdf"));
    let saved = pdf.headers()["content-disposition"].to_str().unwrap();
    assert_eq!(saved, "attachment; filename=\"RC-2627-00001.pdf\"");
    let printed = pdf_extract::extract_text_from_mem(&pdf.bytes().await.unwrap()).unwrap();
    let bare = |text: &str| text.split_whitespace().collect::<String>();
    for words in ["Receipt", "RC/2627/00001", number, PRICE, "Demo Student 03", "Exampleville", "Example Journal (demonstration)"]
    {
        assert!(bare(&printed).contains(&bare(words)), "no {words:?} in {printed}");
    }
    for words in ["Tax invoice", "Bill of supply", "GSTIN"] {
        assert!(!bare(&printed).contains(&bare(words)), "{words:?} in {printed}");
    }
    let another = session(app, cast::INSTRUCTOR).await;
    Ask::get(&path).cookies(&another).send(app).await.is(404);
    assert!(Ask::get(&path).send(app).await.is(303).header("location").starts_with("/sign-in"));
    Ask::get(&format!("{order}/documents/{}", order.rsplit('/').next().unwrap())).cookies(&own).send(app).await.is(404);
}

/// The one confirmation, as its reader has it.
async fn confirmation(app: &TestApp, number: &str) {
    assert_eq!(cast::count_mails(app, STUDENT, CONFIRMED).await, 1);
    let mails = app.mails_to(STUDENT).await;
    let mail = mails.iter().find(|mail| mail.subject == CONFIRMED).unwrap();
    assert!(mail.to.contains("Demo Student 03"), "{}", mail.to);
    assert!(mail.from.contains("Example Journal"), "{}", mail.from);
    for part in [mail.text.as_deref().unwrap(), mail.html.as_deref().unwrap()] {
        let part = part.split_whitespace().collect::<Vec<_>>().join(" ");
        for words in ["Monday 11 January 2027 at 03:30", "Europe/London", PRICE, number, "Demo Student 03", "/learn", "14 days"] {
            assert!(part.contains(words), "no {words:?} in {part}");
        }
        assert!(!part.contains("05:30"), "the cohort's zone in a student's mail: {part}");
    }
}

#[tokio::test]
async fn only_the_code_from_the_mail_in_the_same_browser_holds_a_seat() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let browser = app.browser();
        let asked = cast::apply(&browser, STUDENT, "Europe/London").await;
        asked.is(200).shows("Enter your code").shows(STUDENT);
        let code = app.code_for(STUDENT).await;
        assert!(code.len() == 6 && code.bytes().all(|digit| digit.is_ascii_digit()), "{code}");
        seats_left(&app, "3 of 3").await;

        let other = app.browser();
        other.open(cast::path(&asked)).await.is(404);
        other.post(cast::path(&asked), &[("code", &code)]).await.is(404);

        let wrong = if code == "000000" { "000001" } else { "000000" };
        let refused = asked.form("Continue").with("code", wrong).submit().await;
        refused.is(422).shows("That code is not right. You have 4 more tries");
        assert!(refused.body.contains(wrong), "what was typed is lost");
        let order = refused.form("Continue").with("code", &code).submit().await;
        order.is(200).shows("Pay for your seat");

        // A code works once.
        asked.form("Continue").with("code", &code).submit().await.is(422).shows("no longer works");
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_code_dies_of_guessing_and_of_age() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let browser = app.browser();
        let asked = cast::apply(&browser, STUDENT, "Europe/London").await;
        let code = app.code_for(STUDENT).await;
        let wrong = if code == "000000" { "000001" } else { "000000" };
        for _ in 0..5 {
            asked.form("Continue").with("code", wrong).submit().await.is(422);
        }
        let dead = asked.form("Continue").with("code", &code).submit().await;
        dead.is(422).shows("no longer works");

        let again = dead.form("Send a new code").submit().await;
        again.is(200).shows("Enter your code");
        let code = app.code_for(STUDENT).await;
        app.age(SignedDuration::from_secs(601));
        again.form("Continue").with("code", &code).submit().await.is(422).shows("no longer works");
        seats_left(&app, "3 of 3").await;
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_known_and_an_unknown_address_are_answered_alike() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let mut answers = Vec::new();
        for email in [cast::ADMIN, "nobody@example.org"] {
            let browser = app.browser();
            let asked = browser.open("/sign-in").await.form("Send the code").with("email", email).submit().await;
            asked.is(200);
            let challenge = cast::path(&asked).to_owned();
            answers.push(asked.body.replace(email, "ADDRESS").replace(&challenge, "CHALLENGE"));
        }
        assert_eq!(answers[0], answers[1]);
        app.settle().await;
        let mails = app.mails_to("nobody@example.org").await;
        assert_eq!(mails.iter().map(|mail| mail.subject.as_str()).collect::<Vec<_>>(), ["There is no account with this address"]);
        assert_eq!(app.mails_to(cast::ADMIN).await.len(), 1);
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_bad_form_is_told_and_keeps_what_was_typed() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let browser = app.browser();
        let form = browser.open(cast::COHORT).await.form("Continue");
        let refused =
            form.with("name", "Demo Student 03").with("email", "student03@").with("address", "Kept Street 1").submit().await;
        refused
            .is(422)
            .shows("There is a problem")
            .shows("Enter an email address")
            .shows("Choose your country")
            .shows("Tick the box");
        assert!(refused.body.contains("student03@") && refused.body.contains("Kept Street 1"), "what was typed is lost");
        for (extra, value) in [("role", "admin"), ("paid", "true"), ("price", "1")] {
            browser.open(cast::COHORT).await.form("Continue").with(extra, value).submit().await.is(400);
        }
        assert!(app.mails_to("student03@").await.is_empty());
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_declined_card_is_told_and_may_be_tried_again() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let browser = app.browser();
        let order = cast::hold(&app, &browser, STUDENT, "Europe/London").await;
        let hosted = cast::to_gateway(&order).await;
        let declined = hosted.form("Have the card declined").submit().await;
        declined.is(200).shows("The card was declined");
        // Back at the order, the seat is kept, and the same payment page is still open.
        let order = declined.form("Go back without paying").submit().await;
        order.is(200).shows("Pay for your seat");
        app.settle().await;
        let order = browser.open(cast::path(&order)).await;
        let hosted = cast::to_gateway(&order).await;
        cast::pay(&hosted).await.is(200).shows("You are enrolled");
        app.settle().await;
        assert_eq!(app.practice().session_count(), 1);
        assert_eq!(cast::count_mails(&app, STUDENT, CONFIRMED).await, 1);
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn who_abandons_the_payment_page_comes_back_to_the_same_one() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let browser = app.browser();
        let order = cast::hold(&app, &browser, STUDENT, "Europe/London").await;
        let hosted = cast::to_gateway(&order).await;
        let back = hosted.form("Go back without paying").submit().await;
        back.is(200).shows("Pay for your seat").shows("32 minutes");
        assert_eq!(cast::path(&back), cast::path(&order));
        // The dashboard and the enrol form lead back to the order, too.
        browser.open("/learn").await.is(200).shows("Pay for your seat").click("Go to the order").await.shows("Pay for your seat");
        assert_eq!(cast::path(&browser.open(cast::COHORT).await), cast::path(&order));
        app.pass(SignedDuration::from_mins(20)).await;
        let again = cast::to_gateway(&browser.open(cast::path(&order)).await).await;
        assert_eq!(again.url, hosted.url);
        cast::pay(&again).await.is(200).shows("You are enrolled");
        app.settle().await;
        assert_eq!(app.practice().session_count(), 1);
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_hold_that_nobody_pays_lapses_and_frees_the_seat() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 1).await;
        let browser = app.browser();
        let order = cast::hold(&app, &browser, STUDENT, "Europe/London").await;
        let hosted = cast::to_gateway(&order).await;
        let other = app.browser();
        other.open(cast::COHORT).await.shows("This cohort is full");
        app.pass(SignedDuration::from_mins(30)).await;
        other.open(cast::COHORT).await.shows("This cohort is full");
        app.pass(SignedDuration::from_mins(3)).await;

        let lapsed = browser.open(cast::path(&order)).await;
        lapsed.is(200).shows("The time ran out").shows("Nothing was charged").shows("Seats left now 1 of 1");
        browser.open(hosted.url.as_str()).await.is(200).shows("This payment page has expired");
        // The old page's button pays nothing any more.
        let late = hosted.form(&format!("Pay {PRICE}")).submit().await;
        late.is(200).shows("This payment page has expired");
        app.settle().await;
        browser.open(cast::path(&order)).await.shows("The time ran out");
        assert_eq!(cast::count_mails(&app, STUDENT, CONFIRMED).await, 0);

        cast::enrol_and_pay(&app, &other, cast::OTHER).await;
        browser.open(cast::path(&order)).await.shows("All seats are taken now");
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn who_lapsed_enrols_again_while_there_are_seats() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 1).await;
        let browser = app.browser();
        let order = cast::hold(&app, &browser, STUDENT, "Europe/London").await;
        app.pass(SignedDuration::from_mins(33)).await;
        let form = browser.open(cast::path(&order)).await.click("Enrol again").await;
        form.is(200).shows("You are signed in as");
        let form = form.form("Continue to payment").with("address", "12 Demonstration Road").with("consent", "yes");
        let second = form.submit().await;
        second.is(200).shows("Pay for your seat").shows("32 minutes");
        assert_ne!(cast::path(&second), cast::path(&order));
        cast::pay(&cast::to_gateway(&second).await).await.shows("You are enrolled");
        app.settle().await;
        browser.open(cast::path(&order)).await.shows("The time ran out");
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_bank_that_takes_its_time_keeps_the_seat_and_confirms_later() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 1).await;
        let browser = app.browser();
        let order = cast::hold(&app, &browser, STUDENT, "Europe/London").await;
        let late = cast::to_gateway(&order).await.form("Pay late, by bank").submit().await;
        late.is(200).shows("The bank is working on the payment");
        let waiting = late.click("Return to the merchant").await;
        waiting.is(200).shows("We are waiting for the bank").shows("Do not pay a second time");
        app.settle().await;
        app.pass(SignedDuration::from_hours(3)).await;
        browser.open(cast::path(&order)).await.is(200).shows("We are waiting for the bank");
        app.browser().open(cast::COHORT).await.shows("This cohort is full");

        let confirmed = browser.open(late.url.as_str()).await.form("The bank confirms now").submit().await;
        confirmed.is(200).shows("Paid.");
        app.settle().await;
        browser.open(cast::path(&order)).await.is(200).shows("You are enrolled");
        assert_eq!(cast::count_mails(&app, STUDENT, CONFIRMED).await, 1);
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_bank_that_refuses_after_a_while_is_told() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 1).await;
        let browser = app.browser();
        let order = cast::hold(&app, &browser, STUDENT, "Europe/London").await;
        let late = cast::to_gateway(&order).await.form("Pay late, by bank").submit().await;
        app.settle().await;
        late.form("The bank refuses").submit().await.is(200).shows("The bank refused the payment");
        app.settle().await;
        let declined = browser.open(cast::path(&order)).await;
        declined.is(200).shows("The payment was declined").shows("your seat is still kept");
        let hosted = declined.form("Try again").submit().await;
        cast::pay(&hosted).await.is(200).shows("You are enrolled");
        app.settle().await;
        assert_eq!(app.practice().session_count(), 2);
        app.finish().await;
    })
    .await;
}
