//! Every kind of refusal is a problem with a code, whatever the program says it accepts.

use lectern::tokens::Scope;
use serde_json::json;

use super::{Program, as_program, read, refuses};
use crate::support::app::{TestApp, on_each_database};
use crate::support::raw::Ask;
use crate::support::school;

#[tokio::test]
async fn what_cannot_be_read_is_refused_by_its_kind() {
    on_each_database(async |app: TestApp| {
        let school = school::open(&app, "").await;
        let program = Program::new(&app, &Scope::ALL).await;
        let path = format!("/api/v1/orders/{}/payments", school.open_order);
        let amount = json!({ "amount": 650_000, "currency": "INR" });
        let good = json!({ "method": "upi", "reference": "DEMO-9", "amount": amount, "received_on": "2027-01-06" });

        for (query, field) in [
            ("limit=0", "limit"),
            ("limit=101", "limit"),
            ("limit=ten", "limit"),
            ("cursor=none", "cursor"),
            ("cursor=", "cursor"),
            ("state=refunded", "state"),
            ("cohort=No%20Slug", "cohort"),
            ("sort=name", "sort"),
            ("limit=1&limit=2", "limit"),
        ] {
            let problem = refuses(&program.get(&format!("/api/v1/orders?{query}")).send(&app).await, 400, "bad-parameter");
            assert_eq!(problem["errors"][0]["field"], field, "{query}: {problem}");
        }
        // A cursor of one list is none of another.
        let page = program.read("/api/v1/orders?limit=1").await;
        let foreign = format!("/api/v1/cohorts?cursor={}", page["next"].as_str().unwrap());
        refuses(&program.get(&foreign).send(&app).await, 400, "bad-parameter");

        for unknown in ["/api/v1/none", "/api/v1/orders/none", "/api/v1/cohorts/None", "/api/v1/cohorts/", "/api/v1/orders/%00"] {
            // Even to who would rather have a page.
            let answer = program.get(unknown).header("accept", "text/html").send(&app).await;
            refuses(&answer, 404, "not-found");
        }
        let mut wrong = program.get("/api/v1/orders");
        wrong.method = "DELETE".to_owned();
        let answer = wrong.send(&app).await;
        refuses(&answer, 405, "method");
        assert!(answer.header("allow").contains("GET"), "{}", answer.header("allow"));

        let mut keyless = program.get(&path).header("content-type", "application/json");
        keyless.method = "POST".to_owned();
        let keyless = keyless.send(&app).await;
        assert_eq!(refuses(&keyless, 400, "bad-parameter")["errors"][0]["field"], "Idempotency-Key");
        let long = "k".repeat(129);
        for key in ["two words", "", long.as_str()] {
            refuses(&program.post(&path, key, &good).send(&app).await, 400, "bad-parameter");
        }
        let form = program.post(&path, "k", &good).header("content-type", "application/x-www-form-urlencoded");
        refuses(&form.send(&app).await, 415, "media-type");
        let truncated = Ask::post(&path, "{\"method\":").header("authorization", &format!("Bearer {}", program.secret));
        let truncated = truncated.header("content-type", "application/json").header("idempotency-key", "k");
        refuses(&truncated.send(&app).await, 400, "malformed");
        let huge = json!({ "reference": "x".repeat(70_000) });
        refuses(&program.post(&path, "k", &huge).send(&app).await, 413, "too-large");

        // Nothing of all this was kept under the key.
        refuses(&program.post(&path, "k", &json!({})).send(&app).await, 422, "invalid");
        program.post(&path, "k", &good).send(&app).await.is(201);
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn each_field_that_cannot_be_used_is_named() {
    let app = TestApp::sqlite().await;
    let school = school::open(&app, "").await;
    let program = Program::new(&app, &Scope::ALL).await;
    let path = format!("/api/v1/orders/{}/payments", school.open_order);
    let with = |change: serde_json::Value| {
        let amount = json!({ "amount": 650_000, "currency": "INR" });
        let mut body = json!({ "method": "upi", "reference": "DEMO-9", "amount": amount, "received_on": "2027-01-06" });
        for (name, value) in change.as_object().unwrap() {
            match value.is_null() {
                true => drop(body.as_object_mut().unwrap().remove(name)),
                false => body[name] = value.clone(),
            }
        }
        body
    };
    for (change, fields) in [
        (json!({ "paid": true }), vec!["paid"]),
        (json!({ "method": null }), vec!["method"]),
        (json!({ "reference": "" }), vec!["reference"]),
        (json!({ "reference": "a\u{0}b", "received_on": "tomorrow" }), vec!["reference", "received_on"]),
        (json!({ "received_on": "2027-01-20" }), vec!["received_on"]),
        (json!({ "amount": { "amount": 1, "currency": "INR" } }), vec!["amount"]),
        (json!({ "amount": { "amount": 650_000, "currency": "USD" } }), vec!["amount"]),
        (json!({ "amount": { "amount": 650_000, "currency": "Rs" } }), vec!["amount.currency"]),
        (json!({ "amount": { "amount": 650_000, "currency": "INR", "minor": 1 } }), vec!["minor"]),
        // A number beyond all bounds, an enum's other word: the parser names no field.
        (json!({ "amount": { "amount": 1e30, "currency": "INR" } }), vec![""]),
        (json!({ "method": "card" }), vec![""]),
    ] {
        let problem = refuses(&program.post(&path, "k", &with(change.clone())).send(&app).await, 422, "invalid");
        let named: Vec<&str> =
            problem["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
        assert_eq!(named, fields, "{change}: {problem}");
    }
    let none = "/api/v1/cohorts/january/certificates";
    for body in [
        json!({ "enrolment": "none" }),
        json!({ "enrolment": school.order }),
        json!({ "enrolment": "enr_00000000000000000000000001" }),
    ] {
        refuses(&program.post(none, "k", &body).send(&app).await, 422, "invalid");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_token_has_its_limit_and_hears_of_it() {
    let app = TestApp::sqlite_with(|settings| settings.api.per_minute = 3).await;
    school::open(&app, "").await;
    let program = Program::new(&app, &[Scope::CatalogueRead]).await;
    for left in [2, 1, 0] {
        let answer = program.get("/api/v1/courses").send(&app).await;
        assert!(
            answer.is(200).header("ratelimit").starts_with(&format!("\"token\";r={left};t=")),
            "{}",
            answer.header("ratelimit")
        );
        assert_eq!(answer.header("ratelimit-policy"), "\"token\";q=3;w=60");
    }
    let refused = program.get("/api/v1/courses").send(&app).await;
    refuses(&refused, 429, "too-many");
    assert_eq!(refused.header("retry-after"), "60");
    Program::new(&app, &[Scope::CatalogueRead]).await.read("/api/v1/courses").await;
    app.age(lectern::kernel::time::SignedDuration::from_secs(60));
    program.read("/api/v1/courses").await;
    app.finish().await;
}

#[tokio::test]
async fn what_stands_before_the_gate_refuses_with_problems_too() {
    let app = TestApp::sqlite_with(|settings| (settings.limits.burst, settings.limits.per_minute) = (2, 1)).await;
    let other = Ask::get("/api/v1/courses").header("host", "evil.example");
    refuses(&other.send(&app).await, 421, "wrong-host");
    let answers = [Ask::get("/api/v1/courses"), Ask::get("/api/v1/courses"), Ask::get("/api/v1/courses")];
    let mut last = None;
    for ask in answers {
        last = Some(as_program(ask).header("accept", "text/html").send(&app).await);
    }
    let last = last.unwrap();
    refuses(&last, 429, "too-many");
    assert!(!last.header("retry-after").is_empty() && read(&last)["status"] == 429);
    app.finish().await;
}
