//! A rolling restart under load: whoever was let in gets an answer, and what was answered is kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use lectern::db::rows::payment::orders;
use lectern::kernel::ids::OrderId;
use sea_orm::EntityTrait;

use super::count;
use super::proxy::Proxy;
use super::two::{apply, sessions};
use super::world::{World, on_postgres};
use crate::support::browser;
use crate::support::process::free_port;

const COHORT: &str = "rolling";
/// Browsers at once.
const LANES: usize = 6;

/// What all lanes have in common.
#[derive(Debug)]
struct Load {
    origin: String,
    stop: AtomicBool,
    pages: AtomicUsize,
}

/// One browser after the other, a connection for each request: takes a seat, looks at the order and at the course. The orders that
/// were answered.
async fn lane(load: Arc<Load>, cookies: Vec<String>) -> Vec<String> {
    let client = browser::client().pool_max_idle_per_host(0).build().unwrap();
    let mut orders = Vec::new();
    for cookie in cookies {
        if load.stop.load(Ordering::Relaxed) {
            return orders;
        }
        let answer = apply(&client, &load.origin, COHORT, &cookie).await.expect("a form that was let in is answered");
        assert_eq!(answer.status().as_u16(), 303);
        let order = answer.headers()["location"].to_str().unwrap().to_owned();
        for path in [order.as_str(), "/", "/learn"] {
            let page = client.get(format!("{}{path}", load.origin)).header("cookie", &cookie).header("accept", "text/html");
            let page = page.send().await.unwrap_or_else(|error| panic!("{path} was let in and not answered: {error:?}"));
            let (status, body) = (page.status().as_u16(), page.text().await.expect("an answer is whole"));
            assert!(status == 200 && body.trim_end().ends_with("</html>"), "{path}: {status}\n{body}");
            load.pages.fetch_add(1, Ordering::Relaxed);
        }
        orders.push(order);
    }
    panic!("more students are needed: the load ended before the restarts");
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

    let load = Arc::new(Load { origin: world.origin(), stop: AtomicBool::new(false), pages: AtomicUsize::new(0) });
    let lanes: Vec<_> = cookies.chunks(students / LANES).map(|part| tokio::spawn(lane(load.clone(), part.to_vec()))).collect();
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
    let mut answered = Vec::new();
    for lane in lanes {
        answered.extend(lane.await.unwrap_or_else(|error| panic!("{error}\n{}", world.log())));
    }
    serving.stop().await;

    let services = world.look().await;
    let conn = services.db.snapshot().await.unwrap();
    let kept: Vec<OrderId> = orders::Entity::find().all(&*conn).await.unwrap().into_iter().map(|order| order.id).collect();
    let lost: Vec<_> = answered.iter().filter(|path| !kept.iter().any(|id| path.ends_with(&id.to_string()))).collect();
    assert!(lost.is_empty(), "answered and not kept: {lost:?}");
    assert_eq!(kept.len(), answered.len(), "kept and not answered");
    println!("{restarts} restarts, {} orders, {} pages", answered.len(), load.pages.load(Ordering::Relaxed));
    drop(conn);
    services.db.close().await.unwrap();
    world.end().await;
}
