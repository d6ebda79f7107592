//! Every request that the client can make, recorded on its way and held against what Stripe's API accepts.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use axum::extract::{Request as Incoming, State};
use axum::middleware::{Next, from_fn_with_state};

use super::accepted::{check, endpoints};
use super::*;

/// A request as it came over the wire.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) body: String,
    pub(super) content_type: String,
    pub(super) has_key: bool,
}

type Record = Arc<Mutex<Vec<Sent>>>;

async fn record(State(record): State<Record>, request: Incoming, next: Next) -> Response<Body> {
    let (head, body) = request.into_parts();
    let bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let text = |name: &str| head.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    record.lock().unwrap().push(Sent {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        body: String::from_utf8(bytes.to_vec()).unwrap(),
        content_type: text("content-type").unwrap_or_default(),
        has_key: text("idempotency-key").is_some(),
    });
    next.run(Incoming::from_parts(head, Body::from(bytes))).await
}

/// A stage whose client is listened to.
async fn recorded() -> (Stage, Gateway, Record, AbortOnDropHandle<()>) {
    let stage = Stage::new().await;
    let record_of = Record::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let router = stage.practice.router().layer(from_fn_with_state(record_of.clone(), record));
    let server = serve(listener, router);
    (stage, client(&base_url, KEY, Duration::from_secs(20)), record_of, server)
}

/// A buyer's whole story in one currency, with every call of the client.
async fn story(stage: &Stage, gateway: &Gateway, total: Money, part: i64) {
    let key = format!("{}-{}", total.currency, total.minor);
    let customer = gateway.create_customer(&stage.customer(&format!("customer-{key}"))).await.unwrap();
    let session = SessionRequest { amount: total, customer: Some(customer), ..stage.request(&format!("a-{key}")) };
    let session = gateway.create_session(&session).await.unwrap();
    let other = SessionRequest { amount: total, ..stage.request(&format!("b-{key}")) };
    let other = gateway.create_session(&other).await.unwrap();
    gateway.expire_session(&other.id).await.unwrap();
    stage.press(&session, "pay").await;
    let intent = gateway.session(&session.id).await.unwrap().intent.unwrap();
    assert_eq!(gateway.session_of(&intent).await.unwrap().map(|found| found.id), Some(session.id));
    assert_eq!(gateway.charge_of(&intent).await.unwrap().unwrap().amount, Some(total));
    let wanted = stage.refund_request(&format!("c-{key}"), &intent, Money::new(part, total.currency));
    let refund = gateway.refund(&wanted).await.unwrap();
    assert_eq!(gateway.refund_by_id(&refund.id).await.unwrap().amount, Some(wanted.amount));
    gateway.refunds_of(&intent).await.unwrap();
    let dispute = stage.practice.dispute(&intent).unwrap();
    gateway.dispute(&dispute).await.unwrap();
    gateway.disputes_of(&intent).await.unwrap();
    // A dispute takes more than was paid: only what follows makes a balance to pay out.
    stage.practice.deed(&dispute, crate::gateway::practice::Deed::DisputeWon).unwrap();
}

#[tokio::test]
async fn every_request_is_one_that_stripes_api_accepts() {
    let (stage, gateway, record, _server) = recorded().await;
    gateway.probe().await.unwrap();
    story(&stage, &gateway, Money::new(650_000, Currency::INR), 100).await;
    story(&stage, &gateway, Money::new(6_500, Currency::JPY), 1).await;
    story(&stage, &gateway, Money::new(65_010, Currency::KWD), 1_010).await;
    let payout = stage.practice.pay_out().unwrap();
    gateway.payout(&payout).await.unwrap();
    gateway.transactions_of(&payout).await.unwrap();
    // More than one page of a list.
    let session = stage.created("declined").await;
    for _ in 0..101 {
        stage.press(&session, "decline").await;
    }
    gateway.events_since(Timestamp::UNIX_EPOCH).await.unwrap();
    // The hosted pages are no API.
    let sent: Vec<Sent> = record.lock().unwrap().clone();
    let mut seen = BTreeSet::new();
    for sent in &sent {
        seen.insert(check(sent).unwrap_or_else(|wrong| panic!("{wrong}: {sent:#?}")));
    }
    let known: BTreeSet<String> = endpoints().into_iter().collect();
    assert_eq!(seen, known, "the table has what is used, and no more");
    assert!(sent.iter().any(|sent| sent.query.contains("starting_after=")), "a second page was asked for");
    assert!(sent.iter().any(|sent| sent.body.contains("=jpy")) && sent.iter().any(|sent| sent.body.contains("=kwd")));
}

#[tokio::test]
async fn amounts_go_out_in_minor_units_of_their_currency() {
    let (stage, gateway, record, _server) = recorded().await;
    for (minor, currency) in [(650_000, Currency::INR), (6_500, Currency::JPY), (65_010, Currency::KWD)] {
        let request = SessionRequest { amount: Money::new(minor, currency), ..stage.request(&format!("key-{currency}")) };
        gateway.create_session(&request).await.unwrap();
        let sent = record.lock().unwrap().last().unwrap().clone();
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(&sent.body).unwrap();
        let value = |name: &str| pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        assert_eq!(value("line_items[0][price_data][unit_amount]"), Some(minor.to_string().as_str()), "{currency}");
        assert_eq!(value("line_items[0][price_data][currency]"), Some(currency.code().to_ascii_lowercase().as_str()));
    }
}
