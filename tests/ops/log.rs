//! The log as a program reads it: a line for each request, by the route's pattern and under an id that the answer bears too.

use serde_json::Value;
use tracing_subscriber::EnvFilter;

use crate::security::secrets::{Kept, company};
use crate::support::app::TestApp;
use crate::support::raw::Ask;
use crate::support::school::{self, OWNER};

#[tokio::test(flavor = "current_thread")]
async fn each_request_is_a_line_with_its_id_and_nothing_of_its_query_or_address() {
    let log = Kept::default();
    // As `log.format = "json"` makes it; everything of this test runs on this thread.
    let subscriber = tracing_subscriber::fmt().json().flatten_event(true).with_env_filter(EnvFilter::new("info"));
    let guard = tracing::subscriber::set_default(subscriber.with_writer(log.clone()).finish());
    let _company = company();
    let app = TestApp::sqlite().await;
    let school = school::open(&app, "").await;
    let session = school::session(&app, OWNER).await;
    let page = Ask::get(&format!("/orders/{}?token=canary-query", school.order)).cookies(&session);
    let answer = page.header("x-request-id", "canary-id").header("referer", "https://example.org/?canary").send(&app).await;
    let id = answer.is(200).header("x-request-id").to_owned();
    let body = format!("email={}&next=%2Fcanary-next", OWNER.replace('@', "%40"));
    Ask::post("/sign-in?canary=1", &body).send(&app).await.is(303);
    app.settle().await;
    drop(guard);

    let text = log.text();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect();
    let answered: Vec<_> = lines.iter().filter(|line| line["message"] == "answered").collect();
    let ours =
        answered.iter().find(|line| line["span"]["id"] == id.as_str()).unwrap_or_else(|| panic!("no line of {id} in {text}"));
    assert_eq!((&ours["span"]["route"], &ours["span"]["method"]), (&Value::from("/orders/{order}"), &Value::from("GET")));
    assert_eq!((&ours["status"], &ours["level"]), (&Value::from(200), &Value::from("INFO")));
    assert!(ours["micros"].as_u64().is_some_and(|micros| micros > 0) && id.len() == 32, "{ours}");
    assert!(answered.iter().any(|line| line["span"]["route"] == "/sign-in" && line["status"] == 303));
    for canary in ["canary", OWNER, "127.0.0.1:", school.order.as_str()] {
        let line = text.lines().find(|line| line.contains(canary) && line.contains("answered"));
        assert_eq!(line, None, "{canary} is in the log");
    }
    assert!(!text.contains(OWNER) && !text.contains("canary"), "{text}");
    app.abandon().await;
}
