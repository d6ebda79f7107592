//! `/metrics`: for those whom the setting names, of all that is asked for, and of nobody by name.

use lectern::config::Settings;

use crate::support::app::TestApp;
use crate::support::raw::Ask;
use crate::support::school::{self, ADMIN, OWNER};

fn allow(settings: &mut Settings, who: &str) {
    settings.metrics.allow = vec![serde_json::from_value(who.into()).unwrap()];
}

#[tokio::test]
async fn nobody_sees_metrics_unless_the_setting_names_their_address() {
    let app = TestApp::sqlite().await;
    Ask::get("/metrics").send(&app).await.is(404);
    app.abandon().await;

    let app = TestApp::sqlite_with(|settings| allow(settings, "192.0.2.0/24")).await;
    Ask::get("/metrics").send(&app).await.is(404);
    // Nobody but a proxy of ours is believed about where a request is from.
    Ask::get("/metrics").header("x-forwarded-for", "192.0.2.9").send(&app).await.is(404);
    app.abandon().await;

    let app = TestApp::sqlite_with(|settings| {
        allow(settings, "192.0.2.0/24");
        settings.server.trusted_proxies = vec![serde_json::from_value("127.0.0.1".into()).unwrap()];
    })
    .await;
    Ask::get("/metrics").header("x-forwarded-for", "192.0.2.9").send(&app).await.is(200);
    Ask::get("/metrics").header("x-forwarded-for", "192.0.2.9, 198.51.100.1").send(&app).await.is(404);
    // A scraper asks the machine by whatever name it has.
    Ask::get("/metrics").header("x-forwarded-for", "192.0.2.9").header("host", "10.0.0.7:8000").send(&app).await.is(200);
    app.abandon().await;
}

/// Name, labels and value.
type Sample = (String, Vec<(String, String)>, f64);

/// Each line that is no comment is a sample.
fn samples(text: &str) -> Vec<Sample> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let (named, value) = line.rsplit_once(' ').unwrap();
            let (name, labels) =
                named.split_once('{').map_or((named, ""), |(name, rest)| (name, rest.strip_suffix('}').unwrap()));
            let labels = labels.split("\",").filter(|label| !label.is_empty()).map(|label| {
                let (key, value) = label.split_once("=\"").unwrap();
                (key.to_owned(), value.trim_end_matches('"').to_owned())
            });
            (name.to_owned(), labels.collect(), value.parse().unwrap_or_else(|_| panic!("no number: {line}")))
        })
        .collect()
}

#[tokio::test]
async fn metrics_tell_what_is_asked_for_and_hold_no_name_address_or_id() {
    let app = TestApp::sqlite_with(|settings| allow(settings, "127.0.0.1")).await;
    let school = school::open(&app, "canary").await;
    let session = school::session(&app, OWNER).await;
    let page = format!("/learn/{}/weeks/1", school.enrolment);
    Ask::get(&format!("{page}?canary=query")).cookies(&session).send(&app).await.is(200);
    Ask::get("/none/canary-path").send(&app).await.is(404);
    let mut invented = Ask::get("/");
    invented.method = "CANARY".to_owned();
    invented.send(&app).await;
    Ask::post("/webhooks/stripe", "{}").send(&app).await.is(400);
    Ask::post("/sign-in", &format!("email={}", ADMIN.replace('@', "%40"))).send(&app).await.is(303);
    app.settle().await;
    let statements = app.services().db.statements();

    let answer = Ask::get("/metrics").send(&app).await;
    answer.is(200);
    assert!(answer.header("content-type").starts_with("text/plain"));
    assert!(app.services().db.statements() - statements < 12, "a scrape is dear");
    let samples = samples(&answer.body);
    let value = |name: &str, wanted: &[(&str, &str)]| {
        let has = |labels: &[(String, String)]| {
            wanted.iter().all(|(key, value)| labels.iter().any(|(k, v)| (k.as_str(), v.as_str()) == (*key, *value)))
        };
        samples.iter().find(|(known, labels, _)| known == name && has(labels)).map(|(.., value)| *value)
    };
    let week = [("method", "GET"), ("route", "/learn/{enrolment}/weeks/{week}"), ("status", "2xx")];
    assert!(value("lectern_http_requests_total", &week) >= Some(1.0), "{}", answer.body);
    assert!(value("lectern_http_requests_total", &[("route", "none"), ("status", "4xx")]) >= Some(1.0));
    assert!(value("lectern_http_requests_total", &[("method", "other")]) >= Some(1.0));
    assert!(value("lectern_http_request_seconds_count", &week[1..]) >= Some(1.0));
    assert!(value("lectern_webhooks_total", &[("outcome", "bad_signature")]) >= Some(1.0));
    assert!(value("lectern_mails_total", &[("kind", "sign_in_code"), ("ending", "sent")]) >= Some(1.0), "{}", answer.body);
    assert!(value("lectern_jobs_total", &[("ending", "done")]) >= Some(1.0));
    assert_eq!(value("lectern_seats", &[("state", "enrolled")]), Some(2.0));
    assert_eq!(value("lectern_seats", &[("state", "held")]), Some(1.0));
    assert_eq!(value("lectern_outbox_letters", &[("state", "dead")]), Some(0.0));
    for name in [
        "lectern_outbox_overdue_seconds",
        "lectern_jobs",
        "lectern_jobs_overdue_seconds",
        "lectern_sessions",
        "lectern_payment_queue",
        "lectern_db_statements_total",
        "lectern_build_info",
    ] {
        assert!(value(name, &[]).is_some(), "no {name} in {}", answer.body);
    }
    let order = school.order.split_once('_').unwrap().1;
    let enrolment = school.enrolment.split_once('_').unwrap().1;
    for canary in ["canary", "CANARY", "@", "example.org", "Demo", "127.0.0.1", order, enrolment] {
        assert!(!answer.body.contains(canary), "{canary} in {}", answer.body);
    }
    app.abandon().await;
}
