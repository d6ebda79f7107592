//! What is posted to forms that did not ask for it: more fields, more bytes, characters that are not text.

use lectern::config::Profile;
use lectern::web::table;
use scraper::{Html, Selector};

use super::listed::forms;
use super::{ENROL, Filled, LOGO, rows};
use crate::support::app::TestApp;
use crate::support::raw::{Ask, ask_code, browser};
use crate::support::school::{self, ADMIN, OWNER};

/// What somebody would like to decide for us.
const EXTRA: [&str; 12] = [
    "role=admin",
    "paid=true",
    "price=1",
    "price_minor=1",
    "total=1",
    "state=enrolled",
    "status=paid",
    "user_id=usr_00000000000000000000000001",
    "enrolment=enr_00000000000000000000000001",
    "capacity=1000",
    "coupon=FREE",
    "_method=DELETE",
];

#[tokio::test]
async fn a_field_that_was_not_asked_is_refused_and_changes_nothing() {
    let app = TestApp::sqlite().await;
    let school = school::open(&app, "").await;
    let forms = forms(&app, &school).await;
    let before = rows(&app).await;
    for form in &forms {
        let extra = EXTRA.into_iter().chain((!form.pattern.ends_with("payments")).then_some("amount=1"));
        for extra in extra.chain(form.body.split('&').next().filter(|first| !first.is_empty())) {
            let answer = form.ask_with(extra).send(&app).await;
            assert_eq!(answer.status, 400, "{} with {extra}: {}", form.pattern, answer.body);
        }
    }
    assert_eq!(rows(&app).await, before);
    app.abandon().await;
}

#[tokio::test]
async fn query_parameters_of_others_are_ignored() {
    let app = TestApp::sqlite().await;
    let school = school::open(&app, "").await;
    let owner = school::session(&app, OWNER).await;
    let admin = school::session(&app, ADMIN).await;
    for (path, cookies) in [
        ("/", ""),
        ("/cohorts", ""),
        ("/sign-in", ""),
        ("/cohorts/january/enrol", ""),
        ("/learn", owner.as_str()),
        (&format!("/learn/{}/weeks/1", school.enrolment), &owner),
        (&format!("/orders/{}/return", school.order), &owner),
        ("/staff/cohorts/january/roster", &admin),
        ("/staff/enrolments", &admin),
        (&format!("/staff/enrolments/{}", school.enrolment), &admin),
        ("/staff/log", &admin),
    ] {
        let plain = Ask::get(path).cookies(cookies).send(&app).await;
        let asked = Ask::get(&format!("{path}?utm_source=a&role=admin&week=2&x=%ff")).cookies(cookies).send(&app).await;
        assert_eq!((plain.is(200).status, &plain.body), (asked.status, &asked.body), "{path}");
    }
    Ask::post("/sign-in?utm_source=a&role=admin", "email=demo%40example.org").send(&app).await.is(303);
    app.abandon().await;
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_and_changes_nothing() {
    let app = TestApp::sqlite().await;
    let school = school::open(&app, "").await;
    let forms = forms(&app, &school).await;
    let before = rows(&app).await;
    let more = |bytes: usize| format!("more={}", "x".repeat(bytes));
    let (long, kept, article) = (more(64 * 1024), more(1024 * 1024), more(4 * 1024 * 1024));
    // A form that may be refused for want of a confirmation is kept inside another, a longest policy among them.
    let routes = table(Profile::Development);
    let is_kept = |pattern: &str| {
        pattern.starts_with("/step-up")
            || routes.iter().any(|route| route.pattern == pattern && route.access.needs_confirmation())
    };
    // An upload is no such form: the limits of both are walked elsewhere.
    for form in forms.iter().filter(|form| form.pattern != LOGO && !form.pattern.ends_with("/upload")) {
        let takes_an_article = form.pattern.starts_with("/staff/readings") || form.pattern == "/staff/course/facts";
        let long = match takes_an_article {
            true => &article,
            false if is_kept(form.pattern) => &kept,
            false => &long,
        };
        let answer = form.ask_with(long).send(&app).await;
        assert_eq!(answer.status, 413, "{}", form.pattern);
        assert!(answer.body.contains("That is too large"), "{}", answer.body);
    }
    Ask::post("/webhooks/stripe", &"x".repeat(256 * 1024 + 1)).send(&app).await.is(413);
    assert_eq!(rows(&app).await, before);
    app.abandon().await;
}

#[tokio::test]
async fn a_body_that_is_no_form_is_refused() {
    let app = TestApp::sqlite().await;
    let school = school::open(&app, "").await;
    for form in forms(&app, &school).await {
        for (kind, body) in [
            ("application/json", "{\"email\":\"demo@example.org\"}"),
            ("text/plain", "email=demo%40example.org"),
            ("multipart/form-data; boundary=x", "--x--"),
        ] {
            let ask = Ask::post(&form.path, body).cookies(&form.cookies).header("content-type", kind);
            assert_eq!(ask.send(&app).await.status, 400, "{} as {kind}", form.pattern);
        }
    }
    app.abandon().await;
}

/// A text field: where it is posted, by whom, its name, and whether it may hold several lines.
#[derive(Clone)]
struct Field<'a> {
    form: &'a Filled,
    name: &'static str,
    lines: bool,
}

impl<'a> Field<'a> {
    fn of(forms: &'a [Filled], pattern: &str, name: &'static str, lines: bool) -> Self {
        Self { form: forms.iter().find(|form| form.pattern == pattern).unwrap(), name, lines }
    }
}

/// What visitors and students type.
fn fields_of_people(forms: &[Filled]) -> Vec<Field<'_>> {
    let (line, lines) =
        (|pattern, name| Field::of(forms, pattern, name, false), |pattern, name| Field::of(forms, pattern, name, true));
    vec![
        line("/sign-in", "email"),
        line("/cohorts/{slug}/enrol", "name"),
        line("/cohorts/{slug}/enrol", "email"),
        lines("/cohorts/{slug}/enrol", "address"),
        line("/cohorts/{slug}/enrol", "postal_code"),
        line("/cohorts/{slug}/waitlist", "name"),
        line("/cohorts/{slug}/waitlist", "email"),
        lines("/learn/{enrolment}/weeks/{week}/readings/{reading}/read", "reflection"),
        line("/account/details", "name"),
    ]
}

/// What staff type.
fn fields_of_staff(forms: &[Filled]) -> Vec<Field<'_>> {
    let (line, lines) =
        (|pattern, name| Field::of(forms, pattern, name, false), |pattern, name| Field::of(forms, pattern, name, true));
    vec![
        line("/staff/cohorts/new", "name"),
        line("/staff/cohorts/new", "slug"),
        line("/staff/cohorts/new", "price"),
        line("/staff/coupons/new", "code"),
        line("/staff/coupons/new", "value"),
        line("/staff/cohorts/{slug}/board/weeks/{week}/readings/{reading}", "why"),
        line("/staff/people/new", "name"),
        line("/staff/people/new", "email"),
        line("/staff/people/{user}/email", "email"),
        line("/staff/cohorts/{slug}/enrol-free", "name"),
        line("/staff/cohorts/{slug}/enrol-free", "email"),
        line("/staff/cohorts/{slug}/enrol-free", "reason"),
        line("/staff/waitlist/{wait}/remove", "reason"),
        line("/staff/today/{exception}/resolve", "resolution"),
        line("/staff/outbox/{letter}/drop", "reason"),
        line("/staff/today/jobs/{job}/drop", "reason"),
        line("/staff/today/events/{event}/aside", "reason"),
        line("/staff/course/facts", "title"),
        lines("/staff/course/facts", "outcomes"),
        line("/staff/course/weeks/{week}", "title"),
        lines("/staff/course/weeks/{week}/readings/{reading}", "why"),
        line("/staff/readings/new", "title"),
        line("/staff/readings/new", "author"),
        lines("/staff/readings/new", "text"),
        line("/staff/readings/{reading}/correct", "publisher"),
        line("/staff/settings/rates", "rate"),
        line("/staff/settings/rates", "source"),
        line("/staff/orders/{order}/payments", "reference"),
        line("/staff/orders/{order}/payments", "amount"),
        line("/staff/orders/{order}/payments", "received_on"),
    ]
}

/// What an admin types of the organisation.
fn fields_of_settings(forms: &[Filled]) -> Vec<Field<'_>> {
    let (line, lines) =
        (|pattern, name| Field::of(forms, pattern, name, false), |pattern, name| Field::of(forms, pattern, name, true));
    vec![
        line("/staff/settings/identity", "legal_name"),
        line("/staff/settings/identity", "short_name"),
        lines("/staff/settings/identity", "address"),
        line("/staff/settings/identity", "contact"),
        line("/staff/settings/identity", "phone"),
        line("/staff/settings/officer", "name"),
        line("/staff/settings/officer", "designation"),
        line("/staff/settings/bank", "account_name"),
        line("/staff/settings/bank", "account_number"),
        line("/staff/settings/bank", "ifsc"),
        line("/staff/settings/bank", "upi"),
        line("/staff/settings/signers", "title_1"),
        line("/staff/settings/mail", "sender"),
        line("/staff/settings/mail", "reply_to"),
        line("/staff/settings/waitlist", "hours"),
        lines("/staff/settings/terms", "text"),
        line("/staff/settings/refunds", "days"),
    ]
}

#[tokio::test]
async fn a_character_that_is_not_text_is_refused_with_the_input_kept_and_the_field_marked() {
    let app = TestApp::sqlite_with(|settings| {
        (settings.limits.codes_per_hour, settings.limits.codes_per_hour_of_address) = (1_000, 1_000)
    })
    .await;
    let school = school::open(&app, "").await;
    let forms = forms(&app, &school).await;
    let fields = [fields_of_people(&forms), fields_of_staff(&forms), fields_of_settings(&forms)].concat();
    let before = rows(&app).await;
    for Field { form, name, lines } in &fields {
        for bad in ["%0D%0ABcc", "%0A", "%0D", "%00", "%1B%5B2J", "%E2%80%AE", "%D8%9C", "%E2%81%A6", "%E2%80%A8", "%EF%BB%BF"] {
            if *lines && bad.starts_with("%0") && bad != "%00" {
                continue;
            }
            let body = with(form.body, name, &format!("kept{bad}words"));
            let answer = Ask::post(&form.path, &body).cookies(&form.cookies).send(&app).await;
            assert_eq!(answer.status, 422, "{name} with {bad} at {}: {}", form.path, answer.body);
            let (marked, typed) = control(&answer.body, name);
            assert!(marked, "{name} is not marked: {}", answer.body);
            assert!(typed.starts_with("kept") && typed.ends_with("words"), "{name} is not kept: {typed:?}");
        }
    }
    assert_eq!(rows(&app).await, before);
    app.abandon().await;
}

#[tokio::test]
async fn what_is_no_choice_of_the_form_is_refused() {
    let app = TestApp::sqlite().await;
    school::open(&app, "").await;
    for (name, value) in
        [("country", "XX"), ("country", "in"), ("zone", "Mars%2FOlympus"), ("zone", "..%2F..%2Fetc"), ("consent", "1")]
    {
        let answer = Ask::post("/cohorts/january/enrol", &with(ENROL, name, value)).send(&app).await;
        answer.is(422);
        assert!(control(&answer.body, name).0, "{name} is not marked: {}", answer.body);
    }
    app.abandon().await;
}

#[tokio::test]
async fn a_code_of_any_characters_is_wrong_and_kept() {
    let app = TestApp::sqlite().await;
    school::open(&app, "").await;
    for typed in ["kept%0D%0Awords", "kept%00words", "kept%E2%80%AEwords", "kept%F0%9F%98%80words"] {
        let page = ask_code(&app, &format!("{}@example.org", typed.len()), &browser(1)).await;
        let answer = Ask::post(&page, &format!("code={typed}")).cookies(&browser(1)).send(&app).await;
        let (marked, kept) = control(&answer.is(422).body, "code");
        assert!(marked && kept.starts_with("kept"), "{}", answer.body);
    }
    app.abandon().await;
}

/// The body with one field's value replaced; values are encoded already.
fn with(body: &str, name: &str, value: &str) -> String {
    let pairs = body.split('&').map(|pair| match pair.split_once('=') {
        Some((known, _)) if known == name => format!("{name}={value}"),
        _ => pair.to_owned(),
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// Whether a control is marked as wrong, and what stands in it.
fn control(body: &str, name: &str) -> (bool, String) {
    let html = Html::parse_document(body);
    let selector = Selector::parse(&format!("[name={name}]")).unwrap();
    let control = html.select(&selector).next().unwrap_or_else(|| panic!("no {name} in {body}"));
    let typed = match control.value().name() {
        "textarea" => control.text().collect(),
        _ => control.value().attr("value").unwrap_or_default().to_owned(),
    };
    (control.value().attr("aria-invalid") == Some("true"), typed)
}
