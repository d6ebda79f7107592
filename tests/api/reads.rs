//! Reads: pages of lists, tags, and the same answers as the pages give.

use std::collections::BTreeSet;

use lectern::kernel::Actor;
use lectern::kernel::time::SignedDuration;
use lectern::organisation::model::{Change, TransferHold};
use lectern::payment::TransferWay;
use lectern::tokens::Scope;
use lectern::{organisation, payment};
use serde_json::Value;

use super::{Program, read};
use crate::certificates as readers;
use crate::journeys::cast;
use crate::support::app::{TestApp, on_each_database};
use crate::support::school;

#[tokio::test]
async fn a_list_shows_everything_once_while_more_comes() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 30).await;
        // Ids of one millisecond have no order among them.
        for number in 1..=7 {
            app.age(SignedDuration::from_secs(1));
            readers::student(&app, number, &format!("Demo Student {number:02}")).await;
        }
        let program = Program::new(&app, &Scope::ALL).await;
        let path = "/api/v1/cohorts/january/roster";
        let (mut seen, mut next, mut more) = (Vec::new(), Some(format!("{path}?limit=3")), 8);
        while let Some(address) = next {
            let page = program.read(&address).await;
            seen.extend(
                page["items"].as_array().unwrap().iter().map(|item| item["student"]["name"].as_str().unwrap().to_owned()),
            );
            next = page["next"].as_str().map(|cursor| format!("{path}?limit=3&cursor={cursor}"));
            app.age(SignedDuration::from_secs(1));
            readers::student(&app, more, "Demo Latecomer").await;
            more += 1;
        }
        let expected: Vec<String> = (1..=7).rev().map(|number| format!("Demo Student {number:02}")).collect();
        assert_eq!(seen, expected);
        let all = program.all(path, 4).await;
        let ids: BTreeSet<&str> = all.iter().map(|item| item["id"].as_str().unwrap()).collect();
        assert_eq!((all.len(), ids.len()), (10, 10));
        assert_eq!(program.all(&format!("{path}?state=held"), 4).await.len(), 0);
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() {
    on_each_database(async |app: TestApp| {
        let school = school::open(&app, "").await;
        let awarded = school::award(&app).await;
        let program = Program::new(&app, &Scope::ALL).await;
        let paths = [
            format!("/api/v1/certificates/{}", awarded.certificate),
            "/api/v1/courses".to_owned(),
            "/api/v1/courses/example-course".to_owned(),
            "/api/v1/cohorts".to_owned(),
            "/api/v1/cohorts/january".to_owned(),
            "/api/v1/cohorts/january/schedule".to_owned(),
            "/api/v1/cohorts/january/roster".to_owned(),
            "/api/v1/cohorts/january/certificates".to_owned(),
            format!("/api/v1/enrolments/{}", school.enrolment),
            format!("/api/v1/enrolments/{}/access", school.enrolment),
            "/api/v1/orders".to_owned(),
            format!("/api/v1/orders/{}", school.order),
            format!("/api/v1/orders/{}/payments", school.order),
        ];
        for path in paths {
            let first = program.get(&path).send(&app).await;
            let tag = first.is(200).header("etag");
            assert_eq!((first.header("cache-control"), tag.is_empty()), ("private, no-cache", false), "{path}");
            let head = program.get(&path).head_only().send(&app).await;
            assert_eq!((head.status, head.body.as_str(), head.header("etag")), (200, "", tag), "{path}");
            let known = program.get(&path).header("if-none-match", &format!("\"other\", {tag}")).send(&app).await;
            assert_eq!((known.status, known.body.as_str(), known.header("etag")), (304, "", tag), "{path}");
            let stale = program.get(&path).header("if-none-match", "\"other\"").send(&app).await;
            assert_eq!(stale.is(200).body, first.body, "{path}");
        }
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn schedule_access_and_roster_say_what_the_pages_say() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 5).await;
        let reader = readers::student(&app, 1, "Demo Student 01").await;
        let program = Program::new(&app, &Scope::ALL).await;
        let schedule = program.read("/api/v1/cohorts/january/schedule").await;
        let first = &schedule["modules"][0];
        assert_eq!((schedule["zone"].as_str(), first["access"]["state"].as_str()), (Some("Asia/Kolkata"), Some("locked")));
        assert_eq!(first["release"]["at"], cast::WEEK_1);
        assert_eq!(first["release"]["local"], "2027-01-11T09:00:00");
        assert_eq!(first["access"]["reasons"][0]["code"], "not_yet_time");
        assert_eq!(first["required_readings_ready"], 1);
        assert_eq!(schedule["modules"].as_array().unwrap().len(), 6);

        app.pass_to(cast::release_of(2)).await;
        readers::read(&app, reader, 1).await;
        let access = program.read(&format!("/api/v1/enrolments/{}/access", reader.1)).await;
        let states: Vec<&str> =
            access["modules"].as_array().unwrap().iter().map(|module| module["access"]["state"].as_str().unwrap()).collect();
        assert_eq!(states, ["open", "open", "locked", "locked", "locked", "locked"]);
        assert_eq!(access["modules"][1]["access"]["since"], cast::WEEK_2);
        let enrolment = program.read(&format!("/api/v1/enrolments/{}", reader.1)).await;
        assert_eq!(enrolment["progress"]["modules_complete"], 1);
        assert_eq!(enrolment["progress"]["required_readings"], 6);
        assert_eq!(enrolment["progress"]["required_readings_read"], 1);
        assert_eq!(enrolment["student"]["email"], "reader001@example.org");
        assert_eq!(program.all("/api/v1/cohorts/january/roster", 10).await, [enrolment]);
        app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn orders_are_found_by_state_and_cohort() {
    on_each_database(async |app: TestApp| {
        let school = school::open(&app, "").await;
        let program = Program::new(&app, &Scope::ALL).await;
        let ids = async |query: &str| {
            let found = program.all(&format!("/api/v1/orders{query}"), 2).await;
            found.iter().map(|order| order["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let all = ids("").await;
        assert_eq!(all.len(), 3);
        assert!(all.windows(2).all(|two| two[0] > two[1]), "not newest first: {all:?}");
        assert_eq!(ids("?state=open").await, std::slice::from_ref(&school.open_order));
        assert_eq!(ids("?cohort=january").await, std::slice::from_ref(&school.order));
        assert_eq!(ids("?cohort=february&state=open").await, std::slice::from_ref(&school.open_order));
        assert_eq!(ids("?cohort=none").await, Vec::<String>::new());
        let one = program.read(&format!("/api/v1/orders/{}", school.order)).await;
        assert_eq!((&one["total"]["amount"], &one["total"]["currency"]), (&650_000.into(), &"INR".into()));
        assert_eq!(
            (&one["lines"][0]["enrolment"], &one["transfer"]),
            (&school.enrolment.as_str().into(), &serde_json::Value::Null)
        );
        chosen_transfer(&app, &school, &program).await;
        let cohort = read(program.get("/api/v1/cohorts/january").send(&app).await.is(200));
        assert_eq!((&cohort["taken"], &cohort["capacity"]), (&1.into(), &30.into()));
        app.finish().await;
    })
    .await;
}

/// The way that the open order's student chose is told with the order, in the list too, and what they said of it.
async fn chosen_transfer(app: &TestApp, school: &school::School, program: &Program<'_>) {
    let order = school.open_order.parse().unwrap();
    let services = app.services();
    let user = payment::order(&services.db.snapshot().await.unwrap(), order).await.unwrap().unwrap().user;
    let payee = Change::Payee { bank: None, upi: Some("example@exbank".parse().unwrap()), hold: TransferHold::default() };
    let change = async |txn: &lectern::db::Txn| organisation::change(txn, payee.clone()).await;
    services.db.write(Actor::Operator, change).await.unwrap();
    payment::choose_transfer(services, user, order, TransferWay::Upi).await.unwrap();
    let path = format!("/api/v1/orders/{order}");
    let chosen = program.read(&path).await["transfer"].clone();
    assert_eq!((&chosen["way"], &chosen["told"], &chosen["declined"]), (&"upi".into(), &Value::Null, &Value::Null));
    assert!(chosen["held_until"].as_str().unwrap() > chosen["chosen_at"].as_str().unwrap(), "{chosen}");
    let tell = async |txn: &lectern::db::Txn| payment::tell_reference(txn, user, order, "4123 4567 8901").await;
    services.db.write(Actor::User(user), tell).await.unwrap();
    let told = program.read(&path).await;
    assert_eq!(told["transfer"]["told"]["reference"], "412345678901");
    let listed = program.all("/api/v1/orders?state=open", 2).await;
    assert_eq!(listed, [told]);
    services.db.write(Actor::Operator, async |txn| payment::decline_transfer(txn, order).await).await.unwrap();
    let declined = program.read(&path).await["transfer"].clone();
    assert_eq!((&declined["told"], &declined["declined"]["reference"]), (&Value::Null, &"412345678901".into()));
}
