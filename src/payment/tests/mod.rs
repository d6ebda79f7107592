//! Payment against the practice gateway, over a socket, with the clock in the test's hands.

mod books;
mod checkout;
mod customers;
mod discounting;
mod disputing;
mod documents;
mod exporting;
mod facts;
mod finding;
mod history;
mod offline;
mod paying_out;
mod reconcile;
mod refunds;
mod settling;
mod stuck;
mod transferring;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method as HttpMethod, Request};
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;
use tower::ServiceExt;

use super::customers::{PaysAs, introduce, pays_as};
use super::jobs::{ExpirePages, IssueDocument, LapseHold, ProcessEvent, SendRefund, Sweep};
use super::*;
use crate::db::rows::payment::payments;
use crate::enrolment;
use crate::enrolment::testing::{SYSTEM, cohort_of, name, student, student_of};
use crate::gateway::practice::{PracticeGateway, PracticeSettings};
use crate::gateway::{Gateway, GatewaySettings};
use crate::jobs::{Registry, run_due};
use crate::kernel::Actor;
use crate::kernel::ids::{CohortId, OrderId, UserId};
use crate::kernel::time::SignedDuration;
use crate::services::Services;
use crate::testing::Bench;

const KEY: &str = "sk_test_practice";

/// The jobs of payment.
fn registry() -> Registry {
    let registry = Registry::new().with::<LapseHold>().with::<ExpirePages>().with::<ProcessEvent>().with_periodic::<Sweep>();
    registry.with::<SendRefund>().with::<IssueDocument>().with::<FetchFee>()
}

/// A database, a practice gateway beside it, and one cohort.
pub(super) struct Stage {
    bench: Bench,
    services: Services,
    practice: PracticeGateway,
    cohort: CohortId,
    registry: Arc<Registry>,
    _server: AbortOnDropHandle<()>,
}

impl Stage {
    async fn new(capacity: i32) -> Self {
        Self::on(Bench::sqlite().await, capacity).await
    }

    async fn on(bench: Bench, capacity: i32) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let settings = PracticeSettings {
            state_file: None,
            secret_key: KEY.into(),
            webhook_secret: "whsec_practice".into(),
            webhook_url: None,
            public_url: base_url.clone(),
        };
        let (clocks, random) = (bench.services.clocks.clone(), bench.services.random.clone());
        let practice = PracticeGateway::open(settings, clocks, random).unwrap();
        let router = practice.router();
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let gateway = Gateway::new(GatewaySettings {
            base_url,
            secret_key: KEY.into(),
            webhook_secrets: vec!["whsec_practice".into()],
            live: false,
            timeout: Duration::from_secs(2),
        });
        let services = Services { gateway: gateway.unwrap(), ..bench.services.clone() };
        let cohort = cohort_of(&services.db, capacity).await;
        let registry = Arc::new(registry().with::<crate::documents::jobs::SetPdf>());
        Self { bench, services, practice, cohort, registry, _server: AbortOnDropHandle::new(server) }
    }

    fn pass(&self, minutes: i64) {
        self.bench.pass(SignedDuration::from_mins(minutes));
    }

    /// A seat held and an order placed, as the enrolment form does it; the gateway knows its buyer.
    async fn ordered(&self, number: u32) -> (UserId, Order) {
        let user = student_of(&self.services.db, number).await;
        let order = self.order_for(user, number).await.unwrap();
        let asked = self.services.db.write(SYSTEM, async |txn| pays_as(txn, &order, false).await).await.unwrap();
        if let PaysAs::Ask { order, key } = asked {
            introduce(&self.services, SYSTEM, &order, key).await.unwrap();
        }
        (user, order)
    }

    /// Orders of this many students, placed in one transaction.
    async fn many_ordered(&self, count: u32) -> Vec<(UserId, OrderId)> {
        let work = async |txn: &Txn| {
            let mut placed = Vec::new();
            for number in 1..=count {
                let user = student(txn, number).await.unwrap().id;
                let held = enrolment::hold_seat(txn, self.cohort, user, name(number), 2).await.unwrap();
                let order = place_order(txn, &held, "Demo Course, Demo Cohort", buyer(number)).await.unwrap();
                placed.push((user, order.id));
            }
            Ok::<_, DbErr>(placed)
        };
        self.services.db.write(SYSTEM, work).await.unwrap()
    }

    async fn order_for(&self, user: UserId, number: u32) -> Result<Order, enrolment::HoldRefusal> {
        let work = async |txn: &Txn| {
            let held = enrolment::hold_seat(txn, self.cohort, user, name(number), 2).await?;
            let order = place_order(txn, &held, "Demo Course, Demo Cohort", buyer(number)).await;
            Ok(order.unwrap())
        };
        self.services.db.write(Actor::User(user), work).await
    }

    async fn page(&self, user: UserId, order: OrderId) -> Result<String, CheckoutRefusal> {
        begin_checkout(&self.services, user, order).await
    }

    /// Presses a button of the hosted page at `url`.
    async fn press(&self, url: &str, button: &str) -> u16 {
        let path = format!("{}/{button}", &url[url.find("/pay/").unwrap()..]);
        let request = Request::builder().method(HttpMethod::POST).uri(path).body(Body::empty()).unwrap();
        self.practice.router().oneshot(request).await.unwrap().status().as_u16()
    }

    /// Does all that is due.
    async fn work(&self) {
        while run_due(&self.services, &self.registry, 50).await.unwrap() > 0 {}
    }

    /// Where the order stands: its state, its seat's, its payments', and how much is in the queue.
    async fn stands(&self, order: OrderId) -> (&'static str, &'static str, Vec<&'static str>, usize) {
        let snapshot = self.services.db.snapshot().await.unwrap();
        let order = super::order(&snapshot, order).await.unwrap().unwrap();
        let seat = enrolment::enrolment(&snapshot, order.enrolment().unwrap()).await.unwrap().unwrap();
        let payments = payments_of_order(&snapshot, order.id).await.unwrap();
        let states = payments.iter().map(Payment::state_word).collect();
        (order.state.word(), seat.state.word(), states, queue(&snapshot).await.unwrap().len())
    }

    async fn held_until(&self, order: &Order) -> crate::kernel::Timestamp {
        let snapshot = self.services.db.snapshot().await.unwrap();
        let seat = enrolment::enrolment(&snapshot, order.enrolment().unwrap()).await.unwrap().unwrap();
        let EnrolmentState::Held { until, .. } = seat.state else { panic!("{seat:?}") };
        until
    }

    async fn reasons(&self) -> Vec<Reason> {
        let snapshot = self.services.db.snapshot().await.unwrap();
        queue(&snapshot).await.unwrap().into_iter().map(|exception| exception.reason).collect()
    }

    /// Each refund of an order by the word of its state, for those of one moment have no order: the state, its amount, why.
    async fn refunds(&self, order: OrderId) -> Vec<(&'static str, i64, model::Cause)> {
        let snapshot = self.services.db.snapshot().await.unwrap();
        let refunds = refunds_of_order(&snapshot, order).await.unwrap();
        let mut told: Vec<_> = refunds.iter().map(|refund| (refund.state.word(), refund.amount.minor, refund.cause)).collect();
        told.sort_by_key(|(state, minor, _)| (*state, *minor));
        told
    }

    async fn sessions(&self, order: OrderId) -> Vec<String> {
        let snapshot = self.services.db.snapshot().await.unwrap();
        let payments = payments_of_order(&snapshot, order).await.unwrap();
        payments.iter().filter_map(|payment| payment.card()?.session.clone()).collect()
    }

    async fn settle(&self, session: &str) -> Decision {
        match settle_session(&self.services, SYSTEM, session, Bank::Silent).await.unwrap() {
            Settled::Decided { decision, .. } => decision,
            Settled::NotOurs => panic!("not ours"),
        }
    }

    /// Makes a stored amount other than what the gateway was asked for.
    async fn tamper(&self, order: OrderId, minor: i64) {
        use sea_orm::sea_query::Expr;
        use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
        let work = async |txn: &Txn| {
            payments::Entity::update_many()
                .col_expr(payments::Column::AmountMinor, Expr::value(minor))
                .filter(payments::Column::OrderId.eq(order))
                .exec(&**txn)
                .await
        };
        self.services.db.write(SYSTEM, work).await.unwrap();
    }

    async fn letters(&self) -> usize {
        let snapshot = self.services.db.snapshot().await.unwrap();
        crate::mail::left(&snapshot, self.services.clocks.service()).await.unwrap().len()
    }
}

fn buyer(number: u32) -> Buyer {
    Buyer {
        name: name(number),
        email: format!("demo.student.{number:03}@example.org").parse().unwrap(),
        country: "IN".parse().unwrap(),
        address: "1 Example Street\nExample Town".parse().unwrap(),
        postal_code: Some("110001".parse().unwrap()),
        state: Some("07".parse().unwrap()),
        gstin: None,
    }
}
