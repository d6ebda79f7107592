//! Events that are stuck: what stands on the admins' day of them, and the acts that end it.

use super::*;
use crate::gateway::practice::Fault;
use crate::gateway::{About, Notification};
use crate::kernel::time::shifted;

const WEBHOOK: SignedDuration = SignedDuration::from_hours(1);

/// A notification about the order's session, received now.
async fn told(stage: &Stage, event: &str, session: &str) {
    let notification = Notification {
        id: event.to_owned(),
        kind: "checkout.session.completed".to_owned(),
        live: false,
        created: stage.services.clocks.service(),
        about: Some(About::Session(session.to_owned())),
    };
    let receive = async |txn: &Txn| receive_notification(txn, &notification, &notification.gist()).await;
    assert_eq!(stage.services.db.write(SYSTEM, receive).await.unwrap(), Receipt::New);
}

async fn give_up(stage: &Stage) {
    let work = async |txn: &Txn| crate::jobs::store::set_aside(txn, "payment.process_event", "no answer").await;
    assert!(stage.services.db.write(SYSTEM, work).await.unwrap() > 0);
}

/// The ids and errors of what is stuck, as today's page lists it, and how many it counts.
async fn stuck(stage: &Stage) -> (Vec<(String, Option<String>)>, u64) {
    let snapshot = stage.services.db.snapshot().await.unwrap();
    let limit = shifted(stage.services.clocks.service(), -WEBHOOK);
    let listed = stuck_events(&snapshot, limit, 10).await.unwrap();
    let counted = count_stuck_events(&snapshot, limit).await.unwrap();
    (listed.into_iter().map(|event| (event.id, event.error)).collect(), counted)
}

async fn dead(stage: &Stage) -> usize {
    let snapshot = stage.services.db.snapshot().await.unwrap();
    crate::jobs::dead_of_kind(&snapshot, "payment.process_event").await.unwrap().len()
}

async fn paid_at_the_gateway(bench: Bench) -> (Stage, OrderId, String) {
    let stage = Stage::on(bench, 1).await;
    let (user, order) = stage.ordered(1).await;
    let url = stage.page(user, order.id).await.unwrap();
    stage.press(&url, "pay").await;
    let session = stage.sessions(order.id).await.remove(0);
    (stage, order.id, session)
}

#[tokio::test]
async fn an_event_is_stuck_once_its_job_is_given_up_or_after_an_hour_and_a_replay_that_ends_well_settles_it() {
    for bench in Bench::each().await {
        let (stage, order, session) = paid_at_the_gateway(bench).await;
        told(&stage, "evt_late", &session).await;
        assert_eq!(stuck(&stage).await, (vec![], 0), "it has just come");
        stage.pass(61);
        assert_eq!(stuck(&stage).await, (vec![("evt_late".to_owned(), None)], 1));
        told(&stage, "evt_given_up", &session).await;
        give_up(&stage).await;
        let error = Some("no answer".to_owned());
        let both = vec![("evt_late".to_owned(), error.clone()), ("evt_given_up".to_owned(), error.clone())];
        assert_eq!(stuck(&stage).await, (both, 2));

        stage.practice.faults(Fault::KeyRefused, 1);
        let failed = replay_event(&stage.services, SYSTEM, "evt_late").await;
        assert!(matches!(failed, Err(ReplayRefusal::Failed(_))), "{failed:?}");
        assert_eq!((stuck(&stage).await.1, dead(&stage).await), (2, 2), "as stuck as before");
        assert_eq!(replay_event(&stage.services, SYSTEM, "evt_late").await.unwrap(), Replayed::Settled);
        assert_eq!((stuck(&stage).await, dead(&stage).await), ((vec![("evt_given_up".to_owned(), error)], 1), 1));
        assert_eq!(stage.stands(order).await.0, "paid");
        let refused = replay_event(&stage.services, SYSTEM, "evt_none").await;
        assert!(matches!(refused, Err(ReplayRefusal::NoSuchEvent)));
        stage.bench.finish().await;
    }
}

#[tokio::test]
async fn an_event_that_was_put_aside_is_tried_no_more_and_can_still_be_replayed() {
    for bench in Bench::each().await {
        let (stage, order, session) = paid_at_the_gateway(bench).await;
        told(&stage, "evt_1", &session).await;
        give_up(&stage).await;
        let aside = async |id: &'static str| {
            stage.services.db.write(SYSTEM, async move |txn: &Txn| put_event_aside(txn, id, "none of ours").await).await.unwrap()
        };
        assert_eq!((aside("evt_1").await, aside("evt_1").await, aside("evt_none").await), (true, false, false));
        assert_eq!((stuck(&stage).await, dead(&stage).await), ((vec![], 0), 0));
        let snapshot = stage.services.db.snapshot().await.unwrap();
        let kept = kept_event(&snapshot, "evt_1").await.unwrap().unwrap();
        assert!(kept.processed_at.is_some() && kept.oddity.as_deref() == Some("put aside by an admin"), "{kept:?}");
        assert_eq!(count_odd_notifications(&snapshot).await.unwrap(), 0, "who put it aside has looked at it");
        drop(snapshot);
        assert_eq!(stage.stands(order).await.0, "open");
        assert_eq!(replay_event(&stage.services, SYSTEM, "evt_1").await.unwrap(), Replayed::Settled);
        let snapshot = stage.services.db.snapshot().await.unwrap();
        assert_eq!(kept_event(&snapshot, "evt_1").await.unwrap().unwrap().oddity, None);
        drop(snapshot);
        assert_eq!(stage.stands(order).await.0, "paid");
        stage.bench.finish().await;
    }
}

#[tokio::test]
async fn the_sweep_deals_with_what_was_given_up_and_leaves_nothing_of_its_job() {
    let (stage, order, session) = paid_at_the_gateway(Bench::sqlite().await).await;
    told(&stage, "evt_1", &session).await;
    give_up(&stage).await;
    stage.pass(5);
    sweep(&stage.services).await.unwrap();
    stage.work().await;
    assert_eq!((stage.stands(order).await.0, stuck(&stage).await.1), ("paid", 0));
    stage.pass(5);
    sweep(&stage.services).await.unwrap();
    assert_eq!(dead(&stage).await, 0);
}
