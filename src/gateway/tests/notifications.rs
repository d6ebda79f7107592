use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use stripe_webhook::Webhook;

use super::*;
use crate::gateway::practice::{Deed, Delivery};
use crate::gateway::{About, EVENT_KINDS, MAX_NOTIFICATION, NotificationRefusal, notification};

const BODY: &str = r#"{"id":"evt_1","type":"checkout.session.completed","livemode":false,"created":1799033400,
    "data":{"object":{"object":"checkout.session","id":"cs_1","payment_intent":"pi_1"}}}"#;

fn now() -> Timestamp {
    "2027-01-04T03:30:00Z".parse().unwrap()
}

fn gateway() -> Gateway {
    client("http://127.0.0.1:9/", KEY, Duration::from_secs(1))
}

/// A signature made by Stripe's client library, not by this program.
fn signed(body: &str, secret: &str, at: Timestamp) -> String {
    Webhook::generate_test_header(body, secret, Some(at.as_second()))
}

fn verify(body: &[u8], header: &str) -> Result<Notification, NotificationRefusal> {
    gateway().verify_notification(body, header, now())
}

#[test]
fn a_signed_notification_is_read() {
    let told = verify(BODY.as_bytes(), &signed(BODY, WEBHOOK_SECRET, now())).unwrap();
    let wanted = Notification {
        id: "evt_1".to_owned(),
        kind: "checkout.session.completed".to_owned(),
        live: false,
        created: Timestamp::from_second(1_799_033_400).unwrap(),
        about: Some(About::Session("cs_1".to_owned())),
    };
    assert_eq!(told, wanted);
    assert_eq!(verify(BODY.as_bytes(), &signed(BODY, "whsec_next", now())), Ok(wanted));
}

#[test]
fn both_libraries_sign_alike() {
    assert_eq!(notification::sign(BODY.as_bytes(), &WEBHOOK_SECRET.into(), now()), signed(BODY, WEBHOOK_SECRET, now()));
}

#[test]
fn a_signature_that_is_not_ours_is_refused() {
    let good = signed(BODY, WEBHOOK_SECRET, now());
    let (time, signature) = good.split_once(',').unwrap();
    let later = format!("t={},{signature}", now().as_second() + 1);
    let cut = &good[..good.len() - 2];
    let other = signed(BODY, "whsec_of_someone_else", now());
    let test_scheme = good.replace("v1=", "v0=");
    for header in ["", "t=,v1=", "nonsense", time, signature, "t=x,v1=00", &later, cut, &other, &test_scheme] {
        assert_eq!(verify(BODY.as_bytes(), header), Err(NotificationRefusal::BadSignature), "{header}");
    }
    for end in [0, 1, BODY.len() / 2, BODY.len() - 1] {
        assert_eq!(verify(&BODY.as_bytes()[..end], &good), Err(NotificationRefusal::BadSignature), "cut at {end}");
    }
    assert_eq!(verify(format!("{BODY} ").as_bytes(), &good), Err(NotificationRefusal::BadSignature));
    assert!(verify(BODY.as_bytes(), &format!("{time},v1=00,v1=zz,v1=é,{signature}")).is_ok(), "one good signature among others");
}

#[test]
fn a_signature_has_its_time() {
    for (seconds, stale) in [(-301, true), (-300, false), (300, false), (301, true)] {
        let at = shifted(now(), SignedDuration::from_secs(seconds));
        let answer = verify(BODY.as_bytes(), &signed(BODY, WEBHOOK_SECRET, at));
        assert_eq!(answer == Err(NotificationRefusal::Stale), stale, "{seconds}");
    }
    let beyond = Webhook::generate_test_header(BODY, WEBHOOK_SECRET, Some(i64::MIN));
    assert_eq!(verify(BODY.as_bytes(), &beyond), Err(NotificationRefusal::Stale));
}

#[test]
fn a_signed_body_that_is_no_event_is_malformed_or_too_large() {
    for body in ["", "{", "[]", r#"{"id":"evt_1"}"#, &BODY.replace("1799033400", "99999999999999")] {
        assert_eq!(verify(body.as_bytes(), &signed(body, WEBHOOK_SECRET, now())), Err(NotificationRefusal::Malformed), "{body}");
    }
    let large = " ".repeat(MAX_NOTIFICATION + 1);
    assert_eq!(verify(large.as_bytes(), &signed(&large, WEBHOOK_SECRET, now())), Err(NotificationRefusal::TooLarge));
}

#[test]
fn an_event_about_something_else_names_no_session() {
    let body =
        r#"{"id":"evt_2","type":"some.kind.to.come","livemode":true,"created":1,"data":{"object":{"object":"coupon","id":"x"}}}"#;
    let told = verify(body.as_bytes(), &signed(body, WEBHOOK_SECRET, now())).unwrap();
    assert_eq!((told.live, told.about), (true, None));
}

#[tokio::test]
async fn an_event_says_what_to_fetch_whether_sent_listed_or_kept() {
    let (receiver, url, _server) = Receiver::start().await;
    let stage = Stage::with(|settings| settings.webhook_url = Some(url)).await;
    let session = stage.created("key-1").await;
    stage.press(&session, "decline").await;
    stage.press(&session, "pay").await;
    let intent = stage.fetched(&session).await.intent;
    let charge = stage.gateway.charge_of(intent.as_ref().unwrap()).await.unwrap().unwrap().id;
    let refund = stage.practice.refund(intent.as_ref().unwrap(), Some(100)).unwrap();
    let dispute = stage.practice.dispute(intent.as_ref().unwrap()).unwrap();
    let other = stage.created("key-2").await;
    stage.press(&other, "pay").await;
    let payout = stage.practice.pay_out().unwrap();
    stage.practice.deliver_due().await.unwrap();
    let at = stage.clocks.machine();
    let sent: Vec<(Notification, String)> = receiver
        .taken()
        .into_iter()
        .map(|(signature, body)| (stage.gateway.verify_notification(body.as_bytes(), &signature, at).unwrap(), body))
        .collect();
    let about = |kind: &str| sent.iter().find(|(told, _)| told.kind == kind).unwrap().0.about.clone();
    assert_eq!(about("payment_intent.payment_failed"), None);
    assert_eq!(about("checkout.session.completed"), Some(About::Session(session.id.clone())));
    assert_eq!(about("charge.refunded"), Some(About::Charge { id: charge, intent: intent.clone() }));
    assert_eq!(about("refund.created"), Some(About::Refund { id: refund, intent: intent.clone() }));
    assert_eq!(about("charge.dispute.funds_withdrawn"), Some(About::Dispute { id: dispute, intent }));
    assert_eq!(about("payout.created"), Some(About::Payout(payout)));
    for listed in stage.events().await {
        let (told, body) = sent.iter().find(|(told, _)| told.id == listed.id).unwrap();
        assert_eq!(*told, listed);
        assert_eq!(Notification::about_kept(body.as_bytes()), listed.about);
        assert_eq!(Notification::about_kept(&listed.gist()), listed.about);
    }
}

#[tokio::test]
async fn events_are_listed_over_several_pages_oldest_first() {
    let stage = Stage::new().await;
    let session = stage.created("key-1").await;
    for _ in 0..205 {
        stage.press(&session, "decline").await;
    }
    let middle = shifted(stage.clocks.service(), SignedDuration::from_mins(1));
    stage.pass(SignedDuration::from_mins(1));
    stage.press(&session, "pay").await;
    let events = stage.events().await;
    let mut ids: Vec<_> = events.iter().map(|event| &event.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((events.len(), ids.len()), (208, 208));
    assert!(events[..205].iter().all(|event| event.kind == "payment_intent.payment_failed"));
    assert_eq!(events[206].kind, "checkout.session.completed");
    assert_eq!(stage.gateway.events_since(middle).await.unwrap(), events[205..]);
    stage.pass(SignedDuration::from_hours(31 * 24));
    assert_eq!(stage.events().await, []);
}

/// Takes webhooks and keeps them; answers with a status that the test chooses.
#[derive(Clone)]
struct Receiver(Arc<Mutex<Answering>>);

/// What it answers with, and what it has received.
type Answering = (StatusCode, Vec<(String, String)>);

impl Receiver {
    async fn start() -> (Self, String, AbortOnDropHandle<()>) {
        let receiver = Self(Arc::new(Mutex::new((StatusCode::OK, Vec::new()))));
        let kept = receiver.clone();
        let take = move |headers: HeaderMap, body: Bytes| async move {
            let mut kept = kept.0.lock().unwrap();
            let signature = headers["stripe-signature"].to_str().unwrap().to_owned();
            kept.1.push((signature, String::from_utf8(body.to_vec()).unwrap()));
            kept.0
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        (receiver, url, serve(listener, Router::new().route("/hook", post(take))))
    }

    fn answer(&self, status: StatusCode) {
        self.0.lock().unwrap().0 = status;
    }

    fn taken(&self) -> Vec<(String, String)> {
        std::mem::take(&mut self.0.lock().unwrap().1)
    }
}

#[tokio::test]
async fn a_webhook_is_signed_and_reads_as_stripes() {
    let (receiver, url, _server) = Receiver::start().await;
    let stage = Stage::with(|settings| settings.webhook_url = Some(url)).await;
    let session = stage.created("key-1").await;
    stage.press(&session, "pay").await;
    let intent = stage.fetched(&session).await.intent.unwrap();
    let refund = stage.practice.refund(&intent, Some(100)).unwrap();
    stage.practice.deed(&refund, Deed::RefundFails).unwrap();
    let dispute = stage.practice.dispute(&intent).unwrap();
    stage.practice.deed(&dispute, Deed::DisputeAnswered).unwrap();
    stage.practice.deed(&dispute, Deed::DisputeWon).unwrap();
    let payout = stage.practice.pay_out().unwrap();
    stage.practice.deed(&payout, Deed::PayoutArrives).unwrap();
    stage.practice.deed(&payout, Deed::PayoutFails).unwrap();
    assert_eq!(stage.practice.deliver_due().await.unwrap(), 18);
    let taken = receiver.taken();
    let at = stage.clocks.machine();
    let kinds: Vec<_> = taken
        .iter()
        .map(|(signature, body)| {
            // The library reads each as its own type of event, the objects inside too.
            let event = Webhook::construct_event_with_timestamp(body, signature, WEBHOOK_SECRET, at.as_second()).unwrap();
            assert_eq!(stage.gateway.verify_notification(body.as_bytes(), signature, at).unwrap().id, event.id.as_str());
            event.type_.to_string()
        })
        .collect();
    let paid = ["charge.succeeded", "payment_intent.succeeded", "checkout.session.completed", "charge.updated"];
    assert_eq!(kinds[..4], paid);
    let told = |start: &str| kinds.iter().filter(|kind| kind.starts_with(start)).count();
    assert_eq!((told("refund."), told("charge.refunded"), told("charge.dispute."), told("payout.")), (3, 1, 5, 5));
    assert_eq!(stage.practice.deliver_due().await.unwrap(), 0);
    assert_eq!(receiver.taken().len(), 0);
}

#[tokio::test]
async fn a_webhook_not_taken_is_sent_again_later_also_after_a_restart() {
    let (receiver, url, _server) = Receiver::start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("practice.json");
    let adjust = |settings: &mut PracticeSettings| {
        settings.webhook_url = Some(url.clone());
        settings.state_file = Some(file.clone());
    };
    let stage = Stage::with(adjust).await;
    let session = stage.created("key-1").await;
    stage.gateway.expire_session(&session.id).await.unwrap();
    receiver.answer(StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(stage.practice.deliver_due().await.unwrap(), 0);
    assert_eq!(stage.practice.deliver_due().await.unwrap(), 0);
    let first = receiver.taken();
    assert_eq!(first.len(), 1, "a failed webhook waits");
    let (clocks, randomness) = (stage.clocks.clone(), stage.randomness.clone());
    drop(stage);

    let stage = Stage::at(clocks, randomness, adjust).await;
    receiver.answer(StatusCode::OK);
    stage.pass(SignedDuration::from_secs(2));
    assert_eq!(stage.practice.deliver_due().await.unwrap(), 1);
    let second = receiver.taken();
    assert_eq!(second[0].1, first[0].1, "the same event");
    assert_ne!(second[0].0, first[0].0, "signed anew");
    assert_eq!(stage.practice.deliver_due().await.unwrap(), 0);
}

#[tokio::test]
async fn webhooks_are_held_or_dropped_on_demand() {
    let (receiver, url, _server) = Receiver::start().await;
    let stage = Stage::with(|settings| settings.webhook_url = Some(url)).await;
    let dropped = stage.created("key-1").await;
    stage.practice.webhooks(Delivery::Drop);
    stage.gateway.expire_session(&dropped.id).await.unwrap();
    stage.practice.webhooks(Delivery::Hold);
    let held = stage.created("key-2").await;
    stage.gateway.expire_session(&held.id).await.unwrap();
    assert_eq!(stage.practice.deliver_due().await.unwrap(), 0);
    stage.practice.webhooks(Delivery::Deliver);
    assert_eq!(stage.practice.deliver_due().await.unwrap(), 1);
    let taken = receiver.taken();
    assert!(taken.len() == 1 && taken[0].1.contains(&held.id) && !taken[0].1.contains(&dropped.id), "{taken:?}");
    assert_eq!(stage.kinds().await.len(), 2, "both are listed");
}

#[tokio::test]
async fn the_background_task_delivers_and_stops() {
    let (receiver, url, _server) = Receiver::start().await;
    let stage = Stage::with(|settings| settings.webhook_url = Some(url)).await;
    let stop = tokio_util::sync::CancellationToken::new();
    let (practice, stopped) = (stage.practice.clone(), stop.clone());
    let task = tokio::spawn(async move { practice.run_deliveries(stopped).await });
    let session = stage.created("key-1").await;
    // Nobody asks for it: the task itself finds that the session's time is over.
    stage.pass(SignedDuration::from_mins(31));
    let taken = tokio::time::timeout(Duration::from_secs(30), async {
        loop {
            let taken = receiver.taken();
            if !taken.is_empty() {
                break taken;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let taken = taken.await.expect("the webhook comes");
    assert!(taken[0].1.contains("checkout.session.expired") && taken[0].1.contains(&session.id));
    stop.cancel();
    tokio::time::timeout(Duration::from_secs(30), task).await.expect("the task ends").unwrap();
}

#[test]
fn the_readme_lists_every_kind_of_event_that_is_wanted() {
    let readme = include_str!("../../../README.md");
    for kind in EVENT_KINDS {
        assert!(readme.contains(&format!("`{kind}`")), "{kind}");
    }
}
