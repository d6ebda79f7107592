//! What stands before every handler: the host's name, where a form was sent from, and how often.

use super::listed::forms;
use super::rows;
use crate::support::app::TestApp;
use crate::support::raw::{Ask, browser};
use crate::support::school::{self, OWNER};

#[tokio::test]
async fn another_hosts_name_is_refused_and_reaches_no_mail() {
    let app = TestApp::sqlite().await;
    school::open(&app, "").await;
    let before = rows(&app).await;
    let ours = app.address().to_string();
    for host in
        ["evil.example", "127.0.0.1", "localhost", "127.0.0.1:1", &format!("{ours}.evil.example"), &format!("evil@{ours}")]
    {
        Ask::get("/").header("host", host).send(&app).await.is(421);
        Ask::post("/sign-in", &format!("email={OWNER}")).header("host", host).send(&app).await.is(421);
    }
    assert_eq!(rows(&app).await, before);

    let ask = Ask::post("/sign-in", &format!("email={OWNER}")).header("x-forwarded-host", "evil.example");
    let answer = ask.header("forwarded", "host=evil.example").header("x-forwarded-proto", "https").send(&app).await;
    assert!(answer.is(303).header("location").starts_with("/codes/"));
    app.settle().await;
    let mails = app.mails_to(OWNER).await;
    let mail = mails.last().unwrap();
    let whole = format!("{:?} {:?} {:?}", mail.headers, mail.text, mail.html);
    assert!(whole.contains(&app.origin()) && !whole.contains("evil.example"), "{whole}");
    app.finish().await;
}

#[tokio::test]
async fn a_form_sent_from_elsewhere_is_not_carried_out() {
    let app = TestApp::sqlite().await;
    let school = school::open(&app, "").await;
    let forms = forms(&app, &school).await;
    let before = rows(&app).await;
    for form in &forms {
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("origin", "http://127.0.0.1:1"),
            ("origin", &format!("{}.evil.example", app.origin())),
        ] {
            let answer = form.ask().header(name, value).send(&app).await;
            assert_eq!(answer.status, 403, "{} with {name}: {value}", form.pattern);
            assert!(answer.body.contains("That request came from elsewhere"), "{}", answer.body);
        }
    }
    assert_eq!(rows(&app).await, before);
    for form in &forms {
        for (name, value) in [("sec-fetch-site", "same-origin"), ("origin", app.origin().as_str())] {
            assert_ne!(form.ask().header(name, value).send(&app).await.status, 403, "{}", form.pattern);
        }
    }
    app.abandon().await;
}

#[tokio::test]
async fn requests_of_one_address_are_limited_whatever_they_say_of_themselves() {
    let limits = |settings: &mut lectern::config::Settings| {
        (settings.limits.burst, settings.limits.per_minute) = (5, 1);
    };
    let app = TestApp::sqlite_with(limits).await;
    for number in 0..5 {
        Ask::get("/healthz").header("x-forwarded-for", &format!("203.0.113.{number}")).send(&app).await.is(200);
    }
    let page = Ask::get("/healthz").header("x-forwarded-for", "203.0.113.9").send(&app).await;
    assert!(page.is(429).body.contains("<h1>Too many requests"), "{}", page.body);
    let wait: u64 = page.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    let program = Ask::get("/").header("accept", "application/json").send(&app).await;
    assert_eq!(program.is(429).header("content-type"), "application/problem+json");
    assert!(!program.header("retry-after").is_empty());
    app.abandon().await;
}

#[tokio::test]
async fn forms_that_send_mail_or_check_a_code_have_a_smaller_limit_together() {
    let limits = |settings: &mut lectern::config::Settings| {
        (settings.limits.sign_in_burst, settings.limits.sign_in_per_minute) = (4, 1);
    };
    let app = TestApp::sqlite_with(limits).await;
    school::open(&app, "").await;
    let code = super::ask_code(&app, OWNER, &browser(1)).await;
    Ask::post(&code, "code=none").cookies(&browser(1)).send(&app).await.is(422);
    Ask::post(&format!("{code}/again"), "").cookies(&browser(1)).send(&app).await.is(303);
    Ask::post("/cohorts/january/enrol", super::ENROL).send(&app).await.is(303);
    let before = rows(&app).await;
    for (path, body) in [
        ("/sign-in", "email=demo%40example.org"),
        (code.as_str(), "code=none"),
        (&format!("{code}/again"), ""),
        ("/cohorts/january/enrol", super::ENROL),
    ] {
        let answer = Ask::post(path, body).cookies(&browser(1)).send(&app).await;
        assert!(!answer.is(429).header("retry-after").is_empty(), "{path}");
    }
    assert_eq!(rows(&app).await, before);
    for path in ["/sign-in", &code, "/cohorts/january/enrol"] {
        Ask::get(path).cookies(&browser(1)).send(&app).await.is(200);
    }
    Ask::post("/sign-out", "").send(&app).await.is(303);
    app.abandon().await;
}
