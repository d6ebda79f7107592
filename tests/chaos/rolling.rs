//! A rolling restart under load: whoever was let in gets an answer, and what was answered is kept.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use lectern::db::Txn;
use lectern::db::rows::payment::{gateway_events, orders};
use lectern::identity;
use lectern::kernel::ids::OrderId;
use lectern::kernel::{Actor, Clocks};
use lectern::services::Services;
use lectern::tokens::{self, Life, NewToken, Scope, Scopes};
use sea_orm::EntityTrait;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::count;
use super::proxy::Proxy;
use super::two::{application, sessions};
use super::world::{World, on_postgres};
use crate::journeys::{cast, webhooks};
use crate::support::browser;
use crate::support::process::free_port;

const COHORT: &str = "rolling";
/// Browsers at once.
const LANES: usize = 6;

/// What all lanes have in common.
#[derive(Debug)]
struct Load {
    origin: String,
    /// A program's way in.
    token: String,
    /// By which notifications are signed.
    secret: String,
    stop: AtomicBool,
    pages: AtomicUsize,
    /// Requests that met a connection which was just being closed, and went once more over another.
    again: AtomicUsize,
}

/// How a lane's client uses connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Connections {
    /// One for each request.
    Single,
    /// As the reverse proxies in `deploy/` do: kept, and used for the next request.
    Kept,
}

/// What was answered to a lane.
#[derive(Debug, Default)]
struct Answered {
    orders: Vec<String>,
    notifications: Vec<String>,
}

impl Load {
    /// Asks until there is an answer: a kept connection may be closed at the moment at which it is used, so that nobody has read the
    /// request; then it goes once more over a new one, as a proxy sends it.
    async fn ask(&self, kept: Connections, what: &str, request: impl Fn() -> reqwest::RequestBuilder) -> reqwest::Response {
        match request().send().await {
            Ok(answer) => answer,
            Err(error) if kept == Connections::Kept && !error.is_timeout() => {
                self.again.fetch_add(1, Ordering::Relaxed);
                request().send().await.unwrap_or_else(|again| panic!("{what} was not answered twice: {error:?}, {again:?}"))
            }
            Err(error) => panic!("{what} was let in and not answered: {error:?}"),
        }
    }

    /// A notification that changes nothing, told once and kept.
    async fn notify(&self, client: &reqwest::Client, kept: Connections, id: &str) {
        let now = Clocks::system().machine();
        let event = json!({
            "id": id, "object": "event", "api_version": null, "created": now.as_second(), "livemode": false, "pending_webhooks": 0,
            "type": "payment_intent.created", "request": null, "data": { "object": { "id": "pi_rolling", "object": "payment_intent" } },
        });
        let body = event.to_string().into_bytes();
        let signature = webhooks::signature_by(&self.secret, &body, now);
        let url = format!("{}/webhooks/stripe", self.origin);
        let told = || client.post(&url).header("stripe-signature", &signature).body(body.clone());
        assert_eq!(self.ask(kept, id, told).await.status().as_u16(), 200);
    }
}

/// One browser after the other: takes a seat, looks at the order and at the course; beside it a program reads and the gateway tells
/// something.
async fn lane(load: Arc<Load>, number: usize, cookies: Vec<String>) -> Answered {
    let kept = if number.is_multiple_of(2) { Connections::Single } else { Connections::Kept };
    let client = browser::client();
    let client = if kept == Connections::Single { client.pool_max_idle_per_host(0) } else { client };
    let client = client.build().unwrap();
    let mut answered = Answered::default();
    for (turn, cookie) in cookies.into_iter().enumerate() {
        if load.stop.load(Ordering::Relaxed) {
            return answered;
        }
        let answer = load.ask(kept, "a form", || application(&client, &load.origin, COHORT, &cookie)).await;
        assert_eq!(answer.status().as_u16(), 303);
        let order = answer.headers()["location"].to_str().unwrap().to_owned();
        for path in [order.as_str(), "/", "/learn"] {
            let url = format!("{}{path}", load.origin);
            let page = load.ask(kept, path, || client.get(&url).header("cookie", &cookie).header("accept", "text/html")).await;
            let (status, body) = (page.status().as_u16(), page.text().await.expect("an answer is whole"));
            assert!(status == 200 && body.trim_end().ends_with("</html>"), "{path}: {status}\n{body}");
            load.pages.fetch_add(1, Ordering::Relaxed);
        }
        let url = format!("{}/api/v1/cohorts", load.origin);
        let read = load.ask(kept, "a program's read", || client.get(&url).bearer_auth(&load.token)).await;
        assert_eq!(read.status().as_u16(), 200);
        assert!(read.json::<Value>().await.expect("an answer is whole")["items"].is_array());
        let event = format!("evt_rolling_{number}_{turn}");
        load.notify(&client, kept, &event).await;
        answered.orders.push(order);
        answered.notifications.push(event);
    }
    panic!("more students are needed: the load ended before the restarts");
}

/// An admin's token that reads the catalogue.
async fn token(world: &World) -> String {
    let services = world.look().await;
    let make = async |txn: &Txn| {
        let admin = identity::person_by_email(txn, &cast::ADMIN.parse().unwrap()).await?.unwrap();
        let scopes = Scopes::new([Scope::CatalogueRead]).unwrap();
        let new = NewToken { name: "Rolling".parse().unwrap(), scopes, life: Life::days(1).unwrap() };
        Ok::<_, sea_orm::DbErr>(tokens::create(txn, &admin, new).await.unwrap())
    };
    let (_, secret) = services.db.write(Actor::Operator, make).await.unwrap();
    services.db.close().await.unwrap();
    secret.plain().to_owned()
}

/// Each order and each notification that was answered is in the database, and no order that was not.
async fn nothing_is_lost(services: &Services, answered: &Answered) {
    let conn = services.db.snapshot().await.unwrap();
    let kept: Vec<OrderId> = orders::Entity::find().all(&*conn).await.unwrap().into_iter().map(|order| order.id).collect();
    let lost: Vec<_> = answered.orders.iter().filter(|path| !kept.iter().any(|id| path.ends_with(&id.to_string()))).collect();
    assert!(lost.is_empty(), "answered and not kept: {lost:?}");
    assert_eq!(kept.len(), answered.orders.len(), "kept and not answered");
    let events = gateway_events::Entity::find().all(&*conn).await.unwrap();
    let heard: BTreeSet<_> = events.into_iter().map(|event| event.id).collect();
    let lost: Vec<_> = answered.notifications.iter().filter(|id| !heard.contains(*id)).collect();
    assert!(lost.is_empty(), "notifications answered and not kept: {lost:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_rolling_restart_loses_no_request_that_was_accepted() {
    let Some(storage) = on_postgres().await else { return };
    let proxy = Proxy::start().await;
    let world = World::start(storage, proxy.port).await;
    let (restarts, students) = (count(8, 2), count(6000, 1800));
    world.open(COHORT, students).await;
    let cookies = sessions(&world, students).await;
    let mut port = free_port();
    let mut serving = world.serve_ready(port).await;
    proxy.add(port);

    let secret = world.settings().gateway.webhook_secrets[0].expose_secret().to_owned();
    let load = Arc::new(Load {
        origin: world.origin(),
        token: token(&world).await,
        secret,
        stop: AtomicBool::new(false),
        pages: AtomicUsize::new(0),
        again: AtomicUsize::new(0),
    });
    let part = |(number, part): (usize, &[String])| tokio::spawn(lane(load.clone(), number, part.to_vec()));
    let lanes: Vec<_> = cookies.chunks(students / LANES).enumerate().map(part).collect();
    let more = async || {
        let before = load.pages.load(Ordering::Relaxed);
        while load.pages.load(Ordering::Relaxed) < before + 30 && !lanes.iter().any(|lane| lane.is_finished()) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    for _ in 0..restarts {
        more().await;
        let next = free_port();
        let fresh = world.serve_ready(next).await;
        // From here on both get connections; the old one until nobody listens there.
        proxy.add(next);
        more().await;
        std::mem::replace(&mut serving, fresh).stop().await;
        proxy.remove(port);
        port = next;
    }
    more().await;
    load.stop.store(true, Ordering::Relaxed);
    let mut answered = Answered::default();
    for lane in lanes {
        let Answered { orders, notifications } = lane.await.unwrap_or_else(|error| panic!("{error}\n{}", world.log()));
        answered.orders.extend(orders);
        answered.notifications.extend(notifications);
    }
    serving.stop().await;

    let services = world.look().await;
    nothing_is_lost(&services, &answered).await;
    let (pages, again) = (load.pages.load(Ordering::Relaxed), load.again.load(Ordering::Relaxed));
    println!("{restarts} restarts, {} orders, {pages} pages, {again} requests sent again", answered.orders.len());
    // Only what met a connection at its end: two each restart and lane at most.
    assert!(again <= 2 * restarts * LANES, "{again} requests were not answered at first");
    services.db.close().await.unwrap();
    world.end().await;
}
