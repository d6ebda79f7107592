//! What people typed and articles said is text on every page and in every mail, never markup.

use scraper::{Html, Selector};

use super::School;
use crate::support::app::TestApp;
use crate::support::raw::{Ask, browser};
use crate::support::school::{self, ADMIN, OWNER, TEACHER};

const TAINTS: [&str; 3] =
    ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "'</textarea></title><svg/onload=alert(1)>"];

/// A page, who opens it, and whether something typed is on it.
async fn pages(app: &TestApp, school: &School) -> Vec<(String, String, bool)> {
    let owner = school::session(app, OWNER).await;
    let teacher = school::session(app, TEACHER).await;
    let admin = school::session(app, ADMIN).await;
    let awarded = school::award(app).await;
    let issued = format!("/staff/certificates/{}", awarded.certificate);
    let mails: serde_json::Value = serde_json::from_str(&Ask::get("/dev/mailbox.json").send(app).await.body).unwrap();
    let week = |number: u32| format!("/learn/{}/weeks/{number}", school.enrolment);
    let mut pages: Vec<(String, String, bool)> = [
        ("/".to_owned(), "", true),
        ("/cohorts".to_owned(), "", true),
        ("/cohorts/january/enrol".to_owned(), "", true),
        ("/cohorts/january/enrol".to_owned(), &teacher, true),
        ("/learn".to_owned(), &owner, true),
        (format!("/learn/{}", school.enrolment), &owner, true),
        (week(1), &owner, true),
        (week(2), &owner, true),
        (format!("{}/readings/{}", week(1), school.reading), &owner, true),
        (format!("/orders/{}", school.order), &owner, true),
        (format!("/orders/{}", school.open_order), &owner, true),
        ("/staff/cohorts".to_owned(), &teacher, true),
        ("/staff/cohorts/january/roster".to_owned(), &teacher, true),
        (format!("/staff/orders/{}", school.open_order), &admin, true),
        ("/staff/today".to_owned(), &admin, true),
        ("/staff/outbox".to_owned(), &admin, false),
        (format!("/staff/outbox/{}", school::dead_letter(app).await), &admin, true),
        (format!("/staff/outbox/{}/drop", school::dead_letter(app).await), &admin, false),
        ("/account".to_owned(), &owner, true),
        ("/staff/people".to_owned(), &admin, true),
        (format!("/staff/people/{}", school.owner), &admin, true),
        ("/staff/cohorts/january/enrol-free".to_owned(), &admin, true),
        ("/staff/cohorts/january/certificates".to_owned(), &admin, true),
        (format!("/staff/cohorts/january/certificates/{}/name", school.enrolment), &admin, true),
        (issued.clone(), &teacher, true),
        (format!("{issued}/revoke"), &admin, true),
        (format!("{issued}/successor"), &admin, false),
        (format!("/learn/{}/certificate", school.enrolment), &owner, true),
        (format!("/learn/{}/certificate", awarded.enrolment), &owner, true),
        (format!("/verify/{}", awarded.code), "", true),
        ("/dev/mailbox".to_owned(), "", true),
        ("/dev/clock".to_owned(), "", false),
    ]
    .map(|(path, who, typed)| (path, who.to_owned(), typed))
    .into();
    pages.extend(of_course(school).map(|path| (path, teacher.clone(), true)));
    for mail in mails.as_array().unwrap() {
        let path = format!("/dev/mailbox/{}", mail["id"].as_str().unwrap());
        pages.push((path.clone(), String::new(), true));
        pages.push((format!("{path}/html"), String::new(), true));
    }
    pages
}

/// The editor's pages, and the library's.
fn of_course(school: &School) -> [String; 10] {
    let week = format!("/staff/course/weeks/{}", school.week);
    [
        "/staff/course".to_owned(),
        "/staff/course/facts".to_owned(),
        week.clone(),
        format!("{week}/preview"),
        format!("{week}/remove"),
        format!("{week}/attach"),
        format!("{week}/readings/{}", school.reading),
        "/staff/readings".to_owned(),
        format!("/staff/readings/{}", school.reading),
        format!("/staff/readings/{}/correct", school.reading),
    ]
}

/// Nothing on it runs or loads but what is ours.
#[track_caller]
fn is_clean(path: &str, body: &str) {
    let html = Html::parse_document(body);
    let none = |selector: &str| {
        let found: Vec<_> = html.select(&Selector::parse(selector).unwrap()).map(|element| element.html()).collect();
        assert!(found.is_empty(), "{path}: {found:?}");
    };
    none("img, object, embed, base[href], svg script, script:not([src^=\"/assets/\"]), link:not([href^=\"/assets/\"])");
    for element in html.select(&Selector::parse("*").unwrap()) {
        for (name, value) in element.value().attrs() {
            assert!(!name.starts_with("on"), "{path}: {}", element.html());
            assert!(!value.trim_start().to_lowercase().starts_with("javascript:"), "{path}: {}", element.html());
        }
    }
}

#[tokio::test]
async fn typed_markup_is_shown_as_it_was_typed() {
    for taint in TAINTS {
        let app = TestApp::sqlite().await;
        let school = school::open(&app, taint).await;
        for (path, cookies, typed) in pages(&app, &school).await {
            let page = Ask::get(&path).cookies(&cookies).send(&app).await;
            assert!(matches!(page.status, 200 | 403), "{path}: {}", page.status);
            is_clean(&path, &page.body);
            assert!(!page.body.contains(taint), "{path} holds it as it is");
            let shown: String = Html::parse_document(&page.body).root_element().text().collect();
            assert_eq!(shown.contains("alert(1)"), typed, "{path}: {shown}");
        }
        app.abandon().await;
    }
}

#[tokio::test]
async fn markup_in_a_form_comes_back_as_text() {
    let app = TestApp::sqlite().await;
    let school = school::open(&app, "").await;
    let owner = school::session(&app, OWNER).await;
    let admin = school::session(&app, ADMIN).await;
    let code = super::ask_code(&app, OWNER, &browser(1)).await;
    let read = format!("/learn/{}/weeks/1/readings/{}/read", school.enrolment, school.reading);
    for taint in TAINTS {
        let text: String = url::form_urlencoded::byte_serialize(taint.as_bytes()).collect();
        let long: String = url::form_urlencoded::byte_serialize(taint.repeat(200).as_bytes()).collect();
        for (path, body, cookies) in [
            ("/sign-in", format!("email={text}&next={text}"), ""),
            (code.as_str(), format!("code={text}"), &browser(1)),
            ("/cohorts/january/enrol", format!("name={text}&email={text}&address={text}&postal_code={text}&zone={text}"), ""),
            (&read, format!("reflection={long}"), &owner),
            (
                &format!("/staff/orders/{}/payments", school.open_order),
                format!("method={text}&reference={text}&amount={text}&received_on={text}"),
                &admin,
            ),
            ("/dev/clock", format!("to={text}"), ""),
            ("/staff/course/facts", format!("title={long}&language={text}&hours_min={text}&questions={text}"), &admin),
            ("/staff/readings/new", format!("title={text}&url={text}&text={text}&rights={text}"), &admin),
            ("/staff/readings/new/paste", format!("text={text}"), &admin),
        ] {
            let answer = Ask::post(path, &body).cookies(cookies).send(&app).await;
            is_clean(path, &answer.is(422).body);
            assert!(!answer.body.contains(taint), "{path}: {}", answer.body);
        }
        let unknown = Ask::post("/sign-in", &format!("email=a&{text}=1")).send(&app).await;
        is_clean("/sign-in", &unknown.is(400).body);
        is_clean("a path", &Ask::get(&format!("/{text}")).send(&app).await.is(404).body);
    }
    app.abandon().await;
}
