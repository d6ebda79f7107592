//! A2: an event of the gateway that is stuck stands on the admin's day; replayed it ends well, or is put aside for a reason.

use lectern::db::rows::audit::audit_events;
use lectern::db::rows::payment::payments;
use lectern::gateway::About;
use lectern::gateway::practice::Fault;
use sea_orm::EntityTrait;

use super::cast::{self, ADMIN, STUDENT};
use crate::support::app::{TestApp, on_each_database};
use crate::support::stuck;

const TODAY: &str = "/staff/today";

#[tokio::test]
async fn a_stuck_event_is_replayed_or_put_aside_and_then_nothing_waits() {
    on_each_database(async |app: TestApp| {
        cast::open(&app, 3).await;
        let student = app.browser();
        let order = cast::hold(&app, &student, STUDENT, "Europe/London").await;
        cast::to_gateway(&order).await;
        let rows = payments::Entity::find().all(&*app.services().db.snapshot().await.unwrap()).await.unwrap();
        let session = rows[0].gateway_session_id.clone().unwrap();
        stuck::event(&app, "evt_demo_1", Some(About::Session(session.clone()))).await;
        stuck::event(&app, "evt_demo_2", Some(About::Session("cs_test_nobodys".to_owned()))).await;

        let admin = app.browser();
        cast::sign_in(&app, &admin, ADMIN).await;
        let today = admin.open(TODAY).await;
        today.is(200).shows("2 things wait for you").shows("Stuck events").shows("does not accept our secret key");
        today.hides("Work that was given up");
        let event = today.follow_link("/staff/today/events/evt_demo_1").await;
        event.is(200).shows("Stuck").shows(&session).shows("does not accept our secret key").shows("UTC+");
        app.practice().faults(Fault::KeyRefused, 1);
        let failed = event.form("Replay it now").submit().await;
        failed.is(422).shows("The replay did not end well").shows("does not accept our secret key");
        let done = failed.form("Replay it now").submit().await;
        done.is(200).shows("was replayed").shows("Dealt with").hides("Put it aside");

        let event = admin
            .open(TODAY)
            .await
            .shows("1 thing waits for you")
            .hides("evt_demo_1")
            .follow_link("/staff/today/events/evt_demo_2")
            .await;
        event.form("Put it aside").submit().await.is(422).shows("Say why it is put aside");
        let done = event.form("Put it aside").with("reason", "Of our other shop").submit().await;
        done.is(200).shows("put aside").shows("Nothing waits for you").hides("Stuck events");
        admin.open("/staff/today/events/evt_none").await.is(404);

        let events = audit_events::Entity::find().all(&*app.services().db.snapshot().await.unwrap()).await.unwrap();
        let of = |kind: &str| events.iter().filter(|event| event.kind == kind && event.actor_kind == "user").count();
        assert_eq!((of("payment.notification_replayed"), of("payment.notification_put_aside")), (2, 1));
        app.finish().await;
    })
    .await;
}
