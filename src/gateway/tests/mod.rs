//! The client against the practice gateway, over a socket.

mod accepted;
mod customers;
mod dashboard;
mod faults;
mod money;
mod notifications;
mod pages;
mod requests;
mod sessions;

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, Response, header};
use jiff::SignedDuration;
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;
use tower::ServiceExt;

use super::practice::{PracticeGateway, PracticeSettings};
use super::{
    CheckoutSession, CustomerAddress, CustomerRequest, Gateway, GatewaySettings, Notification, RefundRequest, SessionRequest,
};
use crate::kernel::random::Randomness;
use crate::kernel::time::shifted;
use crate::kernel::{Clocks, Currency, Money, Timestamp};

const KEY: &str = "sk_test_canary_7f3a";
const WEBHOOK_SECRET: &str = "whsec_canary_91bc";

/// A practice gateway on a port of its own, a client of it, and a clock that the test moves.
struct Stage {
    practice: PracticeGateway,
    gateway: Gateway,
    clocks: Clocks,
    randomness: Randomness,
    base_url: String,
    _server: AbortOnDropHandle<()>,
}

impl Stage {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(adjust: impl FnOnce(&mut PracticeSettings)) -> Self {
        let clocks = Clocks::manual("2027-01-04T03:30:00.25Z".parse().unwrap());
        Self::at(clocks, Randomness::from_seed(1), adjust).await
    }

    async fn at(clocks: Clocks, randomness: Randomness, adjust: impl FnOnce(&mut PracticeSettings)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let mut settings = PracticeSettings {
            state_file: None,
            secret_key: KEY.into(),
            webhook_secret: WEBHOOK_SECRET.into(),
            webhook_url: None,
            public_url: base_url.clone(),
        };
        adjust(&mut settings);
        let practice = PracticeGateway::open(settings, clocks.clone(), randomness.clone()).unwrap();
        let server = serve(listener, practice.router());
        let gateway = client(&base_url, KEY, Duration::from_secs(20));
        Self { practice, gateway, clocks, randomness, base_url, _server: server }
    }

    fn pass(&self, duration: SignedDuration) {
        self.clocks.set_machine(shifted(self.clocks.machine(), duration));
    }

    fn request(&self, key: &str) -> SessionRequest {
        let now = self.clocks.service();
        SessionRequest {
            idempotency_key: key.to_owned(),
            order: self.randomness.id(now),
            payment: self.randomness.id(now),
            order_number: "L-2027-0001".to_owned(),
            amount: Money::new(650_000, Currency::INR),
            description: "Certificate Course in International Relations".to_owned(),
            customer_email: "demo.03@example.org".parse().unwrap(),
            customer: None,
            success_url: "http://127.0.0.1:8000/enrol/return?session={CHECKOUT_SESSION_ID}".to_owned(),
            cancel_url: "http://127.0.0.1:8000/enrol/pay".to_owned(),
            expires_at: shifted(now, SignedDuration::from_mins(31)),
        }
    }

    fn customer(&self, key: &str) -> CustomerRequest {
        CustomerRequest {
            idempotency_key: key.to_owned(),
            order: self.randomness.id(self.clocks.service()),
            order_number: "L-2027-0001".to_owned(),
            name: "Demo Student".to_owned(),
            email: "demo.03@example.org".parse().unwrap(),
            address: CustomerAddress {
                street: "1 Demo Road\nSecond floor\n\nDemo Nagar\n".to_owned(),
                city: Some("New Delhi".to_owned()),
                state: Some("DL".to_owned()),
                postal_code: Some("110001".to_owned()),
                country: "IN".to_owned(),
            },
        }
    }

    fn refund_request(&self, key: &str, intent: &str, amount: Money) -> RefundRequest {
        RefundRequest {
            idempotency_key: key.to_owned(),
            intent: intent.to_owned(),
            amount,
            refund: self.randomness.id(self.clocks.service()),
            order_number: "L-2027-0001".to_owned(),
        }
    }

    async fn created(&self, key: &str) -> CheckoutSession {
        self.gateway.create_session(&self.request(key)).await.unwrap()
    }

    async fn fetched(&self, session: &CheckoutSession) -> CheckoutSession {
        self.gateway.session(&session.id).await.unwrap()
    }

    async fn events(&self) -> Vec<Notification> {
        self.gateway.events_since(Timestamp::UNIX_EPOCH).await.unwrap()
    }

    async fn kinds(&self) -> Vec<String> {
        self.events().await.into_iter().map(|event| event.kind).collect()
    }

    /// A request as a browser would make it.
    async fn visit(&self, method: Method, path: &str) -> Response<Body> {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        self.practice.router().oneshot(request).await.unwrap()
    }

    /// Presses a button of the hosted page; tells where it leads.
    async fn press(&self, session: &CheckoutSession, button: &str) -> String {
        let answer = self.visit(Method::POST, &format!("/pay/{}/{button}", session.id)).await;
        assert_eq!(answer.status(), 303, "{button}");
        answer.headers()[header::LOCATION].to_str().unwrap().to_owned()
    }
}

fn client(base_url: &str, key: &str, timeout: Duration) -> Gateway {
    Gateway::new(GatewaySettings {
        base_url: base_url.to_owned(),
        secret_key: key.into(),
        webhook_secrets: vec![WEBHOOK_SECRET.into(), "whsec_next".into()],
        live: false,
        timeout,
    })
    .unwrap()
}

fn serve(listener: TcpListener, router: Router) -> AbortOnDropHandle<()> {
    AbortOnDropHandle::new(tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }))
}

async fn text(answer: Response<Body>) -> String {
    let bytes = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}
