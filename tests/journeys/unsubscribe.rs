//! Reminders are stopped by a mail program's one click (RFC 8058), by the link in the mail, or on the preference page.

use lectern::mail::Received;

use super::cast::{self, OTHER, STUDENT};
use crate::support::app::{TestApp, on_each_database};
use crate::support::raw::Ask;

const ONE_CLICK: &str = "List-Unsubscribe=One-Click";

fn header<'a>(mail: &'a Received, name: &str) -> &'a str {
    mail.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.trim()).unwrap_or_default()
}

/// The path of the link that the newest nudge gives a mail program.
async fn link(app: &TestApp, email: &str) -> String {
    let mails = app.mails_to(email).await;
    let mail = mails.iter().rev().find(|mail| !header(mail, "List-Unsubscribe").is_empty()).expect("a nudge");
    assert_eq!(header(mail, "List-Unsubscribe-Post"), ONE_CLICK);
    let url = header(mail, "List-Unsubscribe").trim_start_matches('<').trim_end_matches('>').to_owned();
    assert!(mail.text.as_deref().unwrap().contains(&url));
    url.strip_prefix(&app.origin()).expect("our own address").to_owned()
}

async fn nudges(app: &TestApp, email: &str) -> usize {
    app.mails_to(email).await.iter().filter(|mail| !header(mail, "List-Unsubscribe").is_empty()).count()
}

async fn enrolled(app: &TestApp) {
    cast::open(app, 3).await;
    for email in [STUDENT, OTHER] {
        cast::enrol_and_pay(app, &app.browser(), email).await;
    }
    app.pass_to(cast::release_of(1)).await;
}

#[tokio::test]
async fn a_mail_program_stops_reminders_with_one_post_and_nothing_else() {
    on_each_database(async |app: TestApp| {
        enrolled(&app).await;
        let news = app.mails_to(STUDENT).await;
        let news = news.iter().find(|mail| mail.subject == "Week 1 is open: Theme 1").unwrap();
        assert_eq!(header(news, "List-Unsubscribe"), "", "course news has no one click");
        let link = link(&app, STUDENT).await;
        // Looking is not doing: mail scanners open every link.
        Ask::get(&link).send(&app).await.is(200);
        Ask::post(&link, ONE_CLICK).header("sec-fetch-site", "cross-site").send(&app).await.is(403);
        app.pass_to(cast::at("2027-01-16T08:00:00Z")).await;
        assert_eq!((nudges(&app, STUDENT).await, nudges(&app, OTHER).await), (2, 2));

        // Twice, as a form and in parts, with no cookie and no word of where from.
        Ask::post(&link, ONE_CLICK).send(&app).await.is(200);
        let parts = "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n";
        Ask::post(&link, parts).header("content-type", "multipart/form-data; boundary=x").send(&app).await.is(200);
        app.pass_to(cast::release_of(4)).await;
        assert_eq!((nudges(&app, STUDENT).await, nudges(&app, OTHER).await), (2, 6));
        assert_eq!(cast::count_mails(&app, STUDENT, "Week 3 is open: Theme 3").await, 1, "course news goes on");
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn by_browser_they_are_stopped_without_signing_in_and_wanted_again_on_the_page() {
    on_each_database(async |app: TestApp| {
        enrolled(&app).await;
        let elsewhere = app.browser();
        let asked = elsewhere.open(&link(&app, STUDENT).await).await;
        asked.is(200).shows("Stop reminders?").hides(STUDENT);
        let stopped = asked.form("Stop reminders").submit().await;
        stopped.is(200).shows("You get no more reminders").hides(STUDENT);
        elsewhere.open(cast::path(&asked)).await.is(200).shows("You get no more reminders");

        app.pass_to(cast::at("2027-01-20T12:00:00Z")).await;
        assert_eq!(nudges(&app, STUDENT).await, 1);
        let page = stopped.click("Choose which mails you get").await;
        assert_eq!(cast::path(&page), "/sign-in");
        let code = page.form("Send the code").with("email", STUDENT).submit().await;
        let page = code.form("Continue").with("code", &app.code_for(STUDENT).await).submit().await;
        page.is(200).shows("Mail you get").shows(STUDENT);
        assert_eq!(page.body.matches(" checked").count(), 1, "course news is on, reminders are off");
        let saved = page.form("Save").with("nudges", "on").submit().await;
        saved.is(200).shows("Saved");
        assert_eq!(saved.body.matches(" checked").count(), 2);

        // What fell due meanwhile does not come; what lies ahead does.
        app.pass_to(cast::at("2027-01-21T08:00:00Z")).await;
        assert_eq!(nudges(&app, STUDENT).await, 2);
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn course_news_is_turned_off_on_the_page_alone_and_confirmations_go_on() {
    on_each_database(async |app: TestApp| {
        enrolled(&app).await;
        let browser = app.browser();
        cast::sign_in(&app, &browser, STUDENT).await;
        let saved = browser.post("/account/mail", &[("nudges", "on")]).await;
        saved.is(200).shows("Saved");
        app.pass_to(cast::release_of(2)).await;
        assert_eq!(cast::count_mails(&app, STUDENT, "Week 2 is open: Theme 2").await, 0);
        assert_eq!(cast::count_mails(&app, OTHER, "Week 2 is open: Theme 2").await, 1);
        assert_eq!(nudges(&app, STUDENT).await, 2);
        browser.post("/account/mail", &[("nudges", "on"), ("everything", "on")]).await.is(400);
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_link_that_we_did_not_make_leads_nowhere() {
    on_each_database(async |app: TestApp| {
        enrolled(&app).await;
        let (one, two) = (link(&app, STUDENT).await, link(&app, OTHER).await);
        let mac = |link: &str| link.rsplit('.').next().unwrap().to_owned();
        let swapped = one.replace(&mac(&one), &mac(&two));
        let other_group = one.replace(".nudges.", ".course_news.");
        for bad in [swapped.as_str(), &other_group, "/unsubscribe/x", "/unsubscribe/1.nudges.usr_1.x", &one[..one.len() - 1]] {
            Ask::get(bad).send(&app).await.is(404);
            Ask::post(bad, ONE_CLICK).send(&app).await.is(404);
        }
        app.pass_to(cast::at("2027-01-16T08:00:00Z")).await;
        assert_eq!((nudges(&app, STUDENT).await, nudges(&app, OTHER).await), (2, 2));
        app.finish().await;
    })
    .await;
}
