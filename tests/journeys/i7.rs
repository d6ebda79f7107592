//! I7: an instructor tries money, a refund, a role, another's cohort: refused, and logged.

use std::collections::BTreeSet;

use lectern::db::rows::audit::audit_events;
use sea_orm::EntityTrait;

use crate::support::app::{TestApp, on_each_database};
use crate::support::raw::Ask;
use crate::support::school::{self, ADMIN, OWNER, TEACHER};

/// What the log has of refusals: method, route and status of each, and who.
async fn refused(app: &TestApp) -> Vec<(String, Option<uuid::Uuid>)> {
    let events = audit_events::Entity::find().all(&*app.services().db.snapshot().await.unwrap()).await.unwrap();
    let events: Vec<_> = events.into_iter().filter(|event| event.kind == "staff.refused").collect();
    let line = |event: &audit_events::Model| {
        let part = |name: &str| event.after[name].as_str().unwrap_or_default().to_owned();
        (format!("{} {} {}", part("method"), part("route"), event.after["status"]), event.actor_id)
    };
    events.iter().map(line).collect()
}

#[tokio::test]
async fn what_is_not_an_instructors_is_refused_and_logged() {
    on_each_database(async |app: TestApp| {
        let school = school::open(&app, "").await;
        let teacher = school::session(&app, TEACHER).await;
        let payment = "method=upi&reference=DEMO-9&amount=6500.00&received_on=2027-01-06";
        for (ask, status) in [
            (Ask::get(&format!("/staff/orders/{}", school.open_order)), 403),
            (Ask::post(&format!("/staff/orders/{}/payments", school.open_order), payment), 403),
            (Ask::post(&format!("/staff/orders/{}/refund", school.order), "amount=6500.00"), 403),
            (Ask::get("/staff/people"), 403),
            (Ask::post(&format!("/staff/people/{}/role", school.owner), "role=admin"), 403),
            (Ask::get("/staff/cohorts/february/roster"), 404),
            (Ask::post("/staff/cohorts/february/enrol-free", "name=a"), 403),
        ] {
            ask.cookies(&teacher).send(&app).await.is(status);
        }
        let logged = refused(&app).await;
        let lines: BTreeSet<_> = logged.iter().map(|(line, _)| line.as_str()).collect();
        let expected = BTreeSet::from([
            "GET /staff/orders/{order} 403",
            "POST /staff/orders/{order}/payments 403",
            "POST /staff/orders/{order}/refund 403",
            "GET /staff/people 403",
            "POST /staff/people/{user}/role 403",
            "GET /staff/cohorts/{slug}/roster 404",
            "POST /staff/cohorts/{slug}/enrol-free 403",
        ]);
        assert_eq!(lines, expected);
        assert!(logged.iter().all(|(_, actor)| actor.is_some() && *actor == logged[0].1), "who it was");

        // What is theirs is not logged, nor a student who has lost their way, nor an admin's mistyped address.
        Ask::get("/staff/cohorts/january/roster").cookies(&teacher).send(&app).await.is(200);
        Ask::get("/staff/people").cookies(&school::session(&app, OWNER).await).send(&app).await.is(403);
        Ask::get("/staff/cohorts/none/roster").cookies(&school::session(&app, ADMIN).await).send(&app).await.is(404);
        assert_eq!(refused(&app).await.len(), expected.len());
        app.finish().await;
    })
    .await;
}
