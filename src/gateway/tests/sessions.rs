use super::*;
use crate::gateway::{GatewayError, PaymentStatus, SessionStatus};

#[tokio::test]
async fn a_session_is_what_was_asked_for() {
    let stage = Stage::new().await;
    let request = stage.request("key-1");
    let session = stage.gateway.create_session(&request).await.unwrap();
    assert_eq!(session.url.as_deref(), Some(format!("{}/pay/{}", stage.base_url, session.id).as_str()));
    assert_eq!((session.status, session.payment_status), (SessionStatus::Open, PaymentStatus::Unpaid));
    assert_eq!((session.amount_minor, session.currency.as_deref()), (Some(650_000), Some("INR")));
    assert_eq!(session.amount(), Some(request.amount));
    assert_eq!(session.order, Some(request.order.to_string()));
    assert_eq!(session.payment, Some(request.payment.to_string()));
    assert_eq!(session.expires_at.as_second(), request.expires_at.as_second());
    assert_eq!((session.live, session.is_payment, session.intent.as_deref()), (false, true, None));
    assert_eq!(stage.fetched(&session).await, session);
}

#[tokio::test]
async fn a_paid_sessions_intent_bears_our_ids() {
    let stage = Stage::new().await;
    let request = stage.request("key-1");
    let session = stage.gateway.create_session(&request).await.unwrap();
    stage.press(&session, "pay").await;
    let paid = stage.fetched(&session).await;
    assert_eq!((paid.status, paid.payment_status, paid.url.clone()), (SessionStatus::Complete, PaymentStatus::Paid, None));
    let intent = paid.intent.unwrap();
    let intent = stripe_core::payment_intent::RetrievePaymentIntent::new(intent.as_str())
        .send(stage.gateway.client().unwrap())
        .await
        .unwrap();
    assert_eq!(intent.status, stripe_shared::PaymentIntentStatus::Succeeded);
    assert_eq!((intent.amount, intent.amount_received), (650_000, 650_000));
    assert_eq!(intent.description.as_deref(), Some(request.description.as_str()));
    assert_eq!(intent.metadata["order"], request.order.to_string());
    assert_eq!(intent.metadata["order_number"], request.order_number);
    assert_eq!(intent.metadata["payment"], request.payment.to_string());
}

#[tokio::test]
async fn a_probe_tells_the_mode_of_the_newest_event_or_that_the_key_is_refused() {
    let stage = Stage::new().await;
    assert_eq!(stage.gateway.probe().await.unwrap(), None);
    let session = stage.created("key-1").await;
    stage.press(&session, "pay").await;
    assert_eq!(stage.gateway.probe().await.unwrap(), Some(false));
    let refused = client(&stage.base_url, "sk_test_other", Duration::from_secs(20)).probe().await.unwrap_err();
    assert!(matches!(&refused, GatewayError::Unavailable(why) if why.contains("secret key")), "{refused}");
}

#[tokio::test]
async fn expiring_tells_the_state_that_a_session_ends_in() {
    let stage = Stage::new().await;
    let session = stage.created("key-1").await;
    for _ in 0..2 {
        assert_eq!(stage.gateway.expire_session(&session.id).await.unwrap().status, SessionStatus::Expired);
    }
    assert_eq!(stage.kinds().await, ["checkout.session.expired"]);
    let paid = stage.created("key-2").await;
    stage.press(&paid, "pay").await;
    let answer = stage.gateway.expire_session(&paid.id).await.unwrap();
    assert_eq!((answer.status, answer.payment_status), (SessionStatus::Complete, PaymentStatus::Paid));
    assert_eq!(stage.gateway.expire_session("cs_test_none").await, Err(GatewayError::NotFound));
}

#[tokio::test]
async fn an_id_from_outside_cannot_change_the_path() {
    let stage = Stage::new().await;
    for id in ["", "../events", "cs/../../events", "x?expand[]=customer", "x y", "é", &"x".repeat(256)] {
        assert_eq!(stage.gateway.session(id).await, Err(GatewayError::NotFound), "{id:?}");
        assert_eq!(stage.gateway.expire_session(id).await, Err(GatewayError::NotFound), "{id:?}");
    }
}

#[tokio::test]
async fn one_key_makes_one_session_of_one_request() {
    let stage = Stage::new().await;
    let request = stage.request("key-1");
    let first = stage.gateway.create_session(&request).await.unwrap();
    // The client's maps shuffle their keys: the same request looks different on the wire.
    for _ in 0..8 {
        assert_eq!(stage.gateway.create_session(&request).await.unwrap(), first);
    }
    assert_eq!(stage.practice.session_count(), 1);
    let other = SessionRequest { amount: Money::new(1_000, Currency::INR), ..request };
    let Err(GatewayError::Refused { code, .. }) = stage.gateway.create_session(&other).await else { panic!("not refused") };
    assert_eq!(code, "idempotency_error");
    assert_eq!(stage.practice.session_count(), 1);
}

#[tokio::test]
async fn a_refused_request_leaves_its_key_free() {
    let stage = Stage::new().await;
    let request = stage.request("key-1");
    let wrong = SessionRequest { amount: Money::new(0, Currency::INR), ..request.clone() };
    let Err(GatewayError::Refused { code, .. }) = stage.gateway.create_session(&wrong).await else { panic!("not refused") };
    assert_eq!(code, "amount_too_small");
    stage.gateway.create_session(&request).await.unwrap();
}

#[tokio::test]
async fn a_key_that_is_no_header_is_refused_before_it_is_sent() {
    let stage = Stage::new().await;
    for key in ["", "a b", "a\r\nb", "é", &"k".repeat(256)] {
        let answer = stage.gateway.create_session(&stage.request(key)).await;
        assert!(matches!(answer, Err(GatewayError::Refused { .. })), "{key:?}: {answer:?}");
    }
    assert_eq!(stage.practice.session_count(), 0);
}

#[tokio::test]
async fn amounts_currencies_and_times_have_limits() {
    let stage = Stage::new().await;
    let create = async |key: &str, change: &dyn Fn(&mut SessionRequest)| {
        let mut request = stage.request(key);
        change(&mut request);
        stage.gateway.create_session(&request).await.map(|session| session.amount())
    };
    let money = |minor, currency| Money::new(minor, currency);
    let now = stage.clocks.service();
    let ahead = |seconds| shifted(now, SignedDuration::from_secs(seconds));
    assert!(create("a", &|r| r.amount = money(100_000_000, Currency::INR)).await.is_err());
    assert!(create("b", &|r| r.amount = money(-1, Currency::INR)).await.is_err());
    assert!(create("c", &|r| r.amount = money(1_001, Currency::KWD)).await.is_err());
    assert_eq!(create("d", &|r| r.amount = money(1_010, Currency::KWD)).await, Ok(Some(money(1_010, Currency::KWD))));
    assert!(create("e", &|r| r.expires_at = ahead(30 * 60 - 1)).await.is_err());
    assert!(create("f", &|r| r.expires_at = ahead(30 * 60)).await.is_ok());
    assert!(create("g", &|r| r.expires_at = ahead(24 * 3600)).await.is_ok());
    assert!(create("h", &|r| r.expires_at = ahead(24 * 3600 + 1)).await.is_err());
    assert!(create("i", &|r| r.success_url = "javascript:alert(1)".to_owned()).await.is_err());
    assert_eq!(stage.practice.session_count(), 3);
}

#[tokio::test]
async fn a_session_expires_by_service_time_once() {
    let stage = Stage::new().await;
    let session = stage.created("key-1").await;
    stage.clocks.set_offset(SignedDuration::from_mins(30));
    assert_eq!(stage.fetched(&session).await.status, SessionStatus::Open);
    stage.clocks.set_offset(SignedDuration::from_mins(31));
    assert_eq!(stage.fetched(&session).await.status, SessionStatus::Expired);
    assert_eq!(stage.fetched(&session).await.status, SessionStatus::Expired);
    let events = stage.events().await;
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].kind.as_str(), events[0].session()), ("checkout.session.expired", Some(session.id.as_str())));
}

#[tokio::test]
async fn a_restart_forgets_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("practice.json");
    let first = Stage::with(|settings| settings.state_file = Some(file.clone())).await;
    let request = first.request("key-1");
    let session = first.gateway.create_session(&request).await.unwrap();
    first.press(&session, "decline").await;
    first.press(&session, "pay").await;
    let (paid, events) = (first.fetched(&session).await, first.events().await);
    let (clocks, randomness) = (first.clocks.clone(), first.randomness.clone());
    drop(first);

    let second = Stage::at(clocks, randomness, |settings| settings.state_file = Some(file.clone())).await;
    assert_eq!(second.fetched(&session).await, paid);
    assert_eq!(second.events().await, events);
    assert_eq!(second.gateway.create_session(&request).await.unwrap(), session);
    assert_eq!(second.practice.session_count(), 1);
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(files, ["practice.json"]);
}

#[tokio::test]
async fn a_change_that_cannot_be_kept_did_not_happen() {
    let folder = tempfile::tempdir().unwrap();
    let gone = folder.path().join("gone").join("practice.json");
    let stage = Stage::with(|settings| settings.state_file = Some(gone)).await;
    let answer = stage.gateway.create_session(&stage.request("key-1")).await;
    assert!(matches!(answer, Err(GatewayError::OutcomeUnknown(_))), "{answer:?}");
    assert_eq!(stage.practice.session_count(), 0);
}

#[tokio::test]
async fn no_secret_is_in_an_error_or_a_debug_print() {
    let stage = Stage::new().await;
    let stranger = client(&stage.base_url, "sk_test_other_canary", Duration::from_secs(20));
    let error = stranger.session("cs_test_none").await.unwrap_err();
    assert!(matches!(&error, GatewayError::Unavailable(reason) if reason.contains("secret key")), "{error:?}");
    let shown = format!("{error} {error:?} {:?} {:?} {stranger:?}", stage.practice, stage.gateway);
    assert!(!shown.contains("canary"), "{shown}");
    assert_eq!(stage.gateway.scrubbed(&format!("Invalid API Key provided: {KEY}")), "Invalid API Key provided: [secret]");
}

#[tokio::test]
async fn one_key_at_the_same_moment_makes_one_session() {
    let stage = Stage::new().await;
    let request = stage.request("key-1");
    let made = futures_util::future::join_all((0..20).map(|_| stage.gateway.create_session(&request))).await;
    let ids: std::collections::HashSet<_> = made.into_iter().map(|session| session.unwrap().id).collect();
    assert_eq!((ids.len(), stage.practice.session_count()), (1, 1));
}

#[tokio::test]
async fn sessions_are_listed_by_status_newest_first() {
    let stage = Stage::new().await;
    let mut made = Vec::new();
    for key in ["key-1", "key-2", "key-3"] {
        made.push(stage.created(key).await.id);
        stage.pass(SignedDuration::from_secs(1));
    }
    stage.gateway.expire_session(&made[1]).await.unwrap();
    let list = async |status: &str| {
        let list = stripe_checkout::checkout_session::ListCheckoutSession::new();
        let page = list.status(status.parse::<stripe_shared::CheckoutSessionStatus>().unwrap()).limit(1);
        let mut sessions = page.paginate().stream(stage.gateway.client().unwrap());
        let mut ids = Vec::new();
        while let Some(session) = futures_util::StreamExt::next(&mut sessions).await {
            ids.push(session.unwrap().id.to_string());
        }
        ids
    };
    assert_eq!(list("open").await, [made[2].clone(), made[0].clone()]);
    assert_eq!(list("expired").await, [made[1].clone()]);
    assert_eq!(list("complete").await, [""; 0]);
}
