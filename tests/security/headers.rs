//! What every answer carries, how cookies are set, and how a program is refused.

use super::{ENROL, School};
use crate::support::app::TestApp;
use crate::support::raw::{Answer, Ask, browser};
use crate::support::school::{self, ADMIN, OWNER};

/// Pages and refusals of every kind, each with the status that it shows.
async fn answers(app: &TestApp, school: &School) -> Vec<(u16, Answer)> {
    let owner = school::session(app, OWNER).await;
    let admin = school::session(app, ADMIN).await;
    let week = |number: u32| format!("/learn/{}/weeks/{number}", school.enrolment);
    let asks = [
        (200, Ask::get("/")),
        (200, Ask::get("/cohorts")),
        (200, Ask::get("/sign-in")),
        (200, Ask::get("/cohorts/january/enrol")),
        (200, Ask::get("/learn").cookies(&owner)),
        (200, Ask::get(&week(1)).cookies(&owner)),
        (403, Ask::get(&week(2)).cookies(&owner)),
        (200, Ask::get(&format!("{}/readings/{}", week(1), school.reading)).cookies(&owner)),
        (200, Ask::get(&format!("/orders/{}", school.order)).cookies(&owner)),
        (200, Ask::get(&format!("/staff/orders/{}", school.order)).cookies(&admin)),
        (200, Ask::get("/staff/cohorts/january/roster").cookies(&admin)),
        (200, Ask::get("/dev/clock")),
        (303, Ask::get("/learn")),
        (303, Ask::post("/cohorts/january/enrol", ENROL)),
        (400, Ask::post("/sign-in", "email=a&role=admin")),
        (403, Ask::get("/staff/today").cookies(&owner)),
        (403, Ask::post("/sign-out", "").header("sec-fetch-site", "cross-site")),
        (404, Ask::get("/none")),
        (404, Ask::get("//evil.example/learn")),
        (405, Ask::get("/sign-out")),
        (413, Ask::post("/sign-in", &"x".repeat(64 * 1024 + 1))),
        (421, Ask::get("/").header("host", "evil.example")),
        (422, Ask::post("/sign-in", "email=demo")),
    ];
    let mut answers = Vec::new();
    for (status, ask) in asks {
        let named = format!("{} {}", ask.method, ask.path);
        let answer = ask.send(app).await;
        assert_eq!(answer.status, status, "{named}: {}", answer.body);
        answers.push((status, answer));
    }
    answers
}

#[tokio::test]
async fn every_answer_forbids_inline_script_framing_sniffing_and_keeping() {
    let app = TestApp::sqlite().await;
    let school = school::open(&app, "").await;
    for (status, answer) in answers(&app, &school).await {
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'") && policy.contains("script-src 'self';"), "{status}: {policy}");
        assert!(!policy.contains("unsafe") && !policy.contains('*') && policy.contains("base-uri 'none'"), "{status}: {policy}");
        assert!(policy.contains("frame-ancestors 'self'") && policy.contains("form-action 'self' http://localhost:"), "{policy}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("x-frame-options", "SAMEORIGIN"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(answer.header(name), value, "{status}: {name}");
        }
        assert!(answer.header("server").is_empty() && answer.header("x-powered-by").is_empty());
        assert!(answer.header("strict-transport-security").is_empty(), "plain http cannot promise TLS");
        assert!(!answer.header("x-request-id").is_empty());
    }
    app.abandon().await;
}

#[tokio::test]
async fn a_clients_own_request_id_is_not_taken_over() {
    let app = TestApp::sqlite().await;
    let answer = Ask::get("/healthz").header("x-request-id", "evil").send(&app).await;
    assert!(!answer.is(200).header("x-request-id").is_empty() && answer.header("x-request-id") != "evil");
    app.abandon().await;
}

#[tokio::test]
async fn a_program_is_refused_in_its_own_terms() {
    let app = TestApp::sqlite().await;
    school::open(&app, "").await;
    let owner = school::session(&app, OWNER).await;
    for (status, ask) in [
        (400, Ask::post("/sign-in", "email=a&role=admin")),
        (400, Ask::post("/webhooks/stripe", "{}")),
        (403, Ask::get("/staff/today").cookies(&owner)),
        (403, Ask::post("/sign-out", "").header("sec-fetch-site", "cross-site")),
        (404, Ask::get("/none")),
        (404, Ask::get("/learn/none").cookies(&owner)),
        (405, Ask::get("/sign-out")),
        (413, Ask::post("/sign-in", &"x".repeat(64 * 1024 + 1))),
        (421, Ask::get("/").header("host", "evil.example")),
    ] {
        let named = format!("{} {}", ask.method, ask.path);
        let answer = ask.header("accept", "application/json").send(&app).await;
        assert_eq!((answer.status, answer.header("content-type")), (status, "application/problem+json"), "{named}");
        let problem: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(problem["status"], status, "{named}");
        for member in ["type", "title", "detail"] {
            assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{named}: {problem}");
        }
        assert!(problem["type"].as_str().unwrap().starts_with("/problems/"), "{problem}");
    }
    app.abandon().await;
}

fn attributes(answer: &Answer, cookie: &str) -> String {
    let all = answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap().to_owned());
    all.into_iter().find(|set| set.starts_with(&format!("{cookie}="))).unwrap_or_else(|| panic!("no {cookie}"))
}

#[tokio::test]
async fn cookies_are_for_our_pages_alone() {
    let app = TestApp::sqlite().await;
    school::open(&app, "").await;
    let asked = Ask::post("/sign-in", &format!("email={OWNER}")).send(&app).await;
    let bound = attributes(&asked, "lectern-browser");
    let code = app.code_for(OWNER).await;
    let browser = asked.cookie("lectern-browser").unwrap();
    let answer = Ask::post(asked.header("location"), &format!("code={code}")).cookies(&browser).send(&app).await;
    for set in [bound, attributes(answer.is(303), "lectern")] {
        assert!(set.contains("; HttpOnly") && set.contains("; SameSite=Lax") && set.contains("; Path=/"), "{set}");
        assert!(!set.contains("Domain"), "{set}");
    }
    app.abandon().await;
}

#[tokio::test]
async fn behind_tls_cookies_are_bound_to_the_host_and_tls_is_promised() {
    let app = TestApp::sqlite_with(|settings| {
        settings.server.public_url = serde_json::from_value("https://courses.example.org".into()).unwrap();
        settings.profile = lectern::config::Profile::Production;
    })
    .await;
    school::open(&app, "").await;
    let host = |ask: Ask| ask.header("host", "courses.example.org");
    let asked = host(Ask::post("/sign-in", &format!("email={OWNER}"))).send(&app).await;
    let bound = attributes(asked.is(303), "__Host-lectern-browser");
    // A cookie that another subdomain or plain http could have set is not looked at.
    let code = app.code_for(OWNER).await;
    let plain = browser(1);
    host(Ask::get(asked.header("location"))).cookies(&plain).send(&app).await.is(404);
    let browser = asked.cookie("__Host-lectern-browser").unwrap();
    let answer = host(Ask::post(asked.header("location"), &format!("code={code}"))).cookies(&browser).send(&app).await;
    for set in [bound, attributes(answer.is(303), "__Host-lectern")] {
        assert!(
            set.contains("; Secure") && set.contains("; HttpOnly") && set.contains("; Path=/") && !set.contains("Domain"),
            "{set}"
        );
    }
    assert!(answer.header("strict-transport-security").starts_with("max-age="));
    let stolen = answer.cookie("__Host-lectern").unwrap().replace("__Host-", "");
    host(Ask::get("/learn")).cookies(&stolen).send(&app).await.is(303);
    app.abandon().await;
}
