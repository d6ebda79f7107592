//! Two servers and a worker on one PostgreSQL.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use lectern::db::Txn;
use lectern::identity::{self, Details};
use lectern::kernel::Actor;
use secrecy::ExposeSecret;
use serde_json::Value;

use super::proxy::Proxy;
use super::student::{End, Student, Wish, ends};
use super::world::{World, on_postgres};
use super::{count, truth};
use crate::journeys::webhooks;
use crate::support::browser;
use crate::support::process::free_port;

const RACE: &str = "race";
const FORM: [(&str, &str); 6] = [
    ("name", "Demo Student"),
    ("country", "NP"),
    ("address", "12 Demonstration Road"),
    ("postal_code", ""),
    ("zone", "Asia/Kolkata"),
    ("consent", "yes"),
];

/// Signed-in students: each the cookie of a session.
pub async fn sessions(world: &World, count: usize) -> Vec<String> {
    let services = world.look().await;
    let register = async |txn: &Txn| {
        let mut cookies = Vec::new();
        for number in 1..=count {
            let details = Details {
                name: format!("Demo Student {number:03}").parse().unwrap(),
                zone: "Asia/Kolkata".parse().unwrap(),
                country: "IN".parse().unwrap(),
            };
            let email = format!("racer{number:03}@example.org").parse().unwrap();
            let person = identity::register_student(txn, &email, details).await.unwrap();
            cookies.push(format!("lectern={}", identity::start_session(txn, &person, None).await?.plain()));
        }
        Ok::<_, sea_orm::DbErr>(cookies)
    };
    let cookies = services.db.write(Actor::Visitor, register).await.unwrap();
    services.db.close().await.unwrap();
    cookies
}

/// The enrol form of a cohort, as somebody signed in sends it.
pub fn application(client: &reqwest::Client, origin: &str, cohort: &str, cookie: &str) -> reqwest::RequestBuilder {
    let request = client.post(format!("{origin}/cohorts/{cohort}/enrol")).header("cookie", cookie);
    request.header("origin", origin).header("accept", "text/html").form(&FORM)
}

/// Posts every event of the gateway to each process, all at once and twice; each answer must be a yes.
async fn tell_all_everything(world: &World, ports: [u16; 2]) {
    let client = browser::client().build().unwrap();
    let secret = world.settings().gateway.webhook_secrets[0].expose_secret().to_owned();
    let now = lectern::kernel::Clocks::system().machine();
    let events: Vec<Value> = truth::listed(world, "/v1/events").await;
    let told = events.iter().flat_map(|event| ports.into_iter().chain(ports).map(move |port| (event, port)));
    let told = told.map(|(event, port)| {
        let body = event.to_string().into_bytes();
        let signature = webhooks::signature_by(&secret, &body, now);
        let request = client.post(format!("http://127.0.0.1:{port}/webhooks/stripe")).body(body);
        // The processes know themselves by the name that the world has for them.
        let request = request.header("host", format!("127.0.0.1:{}", world.public()));
        request.header("stripe-signature", signature).send()
    });
    for answer in join_all(told).await {
        assert_eq!(answer.unwrap().status().as_u16(), 200);
    }
}

/// All apply at the same moment, through both processes.
async fn race(world: &World, racers: usize, seats: usize) {
    let client = browser::client().pool_max_idle_per_host(0).build().unwrap();
    let cookies = sessions(world, racers).await;
    let origin = world.origin();
    let mut told = BTreeMap::new();
    for answer in join_all(cookies.iter().map(|cookie| application(&client, &origin, RACE, cookie).send())).await {
        *told.entry(answer.unwrap().status().as_u16()).or_insert(0) += 1;
    }
    assert_eq!(told, BTreeMap::from([(303, seats), (409, racers - seats)]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_servers_and_a_worker_share_one_database() {
    let Some(storage) = on_postgres().await else { return };
    let proxy = Proxy::start().await;
    let world = World::start(storage, proxy.port).await;
    let (racers, race_seats) = (count(200, 40), count(30, 9));
    let (students, seats) = (count(60, 16), count(25, 7));
    world.open(RACE, race_seats).await;
    world.open("shared", seats).await;
    let ports = [free_port(), free_port()];
    let (one, two) = tokio::join!(world.serve_ready(ports[0]), world.serve_ready(ports[1]));
    ports.iter().for_each(|port| proxy.add(*port));
    let worker = world.work();

    race(&world, racers, race_seats).await;
    let wish = |number: usize| if number.is_multiple_of(3) { Wish::PayAndLeave } else { Wish::Pay };
    let all: Vec<_> = (0..students).map(|number| Arc::new(Student::new(&world, number, "shared", wish(number)))).collect();
    let mut running = tokio::task::JoinSet::new();
    for (number, student) in all.iter().cloned().enumerate() {
        running.spawn(async move { (number, student.enrol().await) });
    }
    let ends = tokio::select! {
        ends = ends(&world, &all, Duration::from_secs(120), running) => ends,
        // Beside the gateway's own deliveries, again and again.
        () = async { loop { tell_all_everything(&world, ports).await } } => unreachable!("it has no end"),
    };
    tell_all_everything(&world, ports).await;
    truth::settled(&world).await;
    for process in [one, two, worker] {
        process.stop().await;
    }

    let counts = truth::told(&world).await;
    let letters = letters_by_process(&world);
    println!("{counts:?}; letters by process: {letters:?}");
    assert!(letters.values().filter(|sent| **sent > 0).count() >= 2, "one process sent all the mail: {letters:?}");
    assert_eq!((counts.seats[RACE], counts.seats["shared"]), ((race_seats, 0), (0, seats)));
    assert_eq!((counts.captured, counts.queued), (seats, 0));
    assert_eq!((counts.repeated, counts.in_doubt), (0, 0), "nobody was killed");
    let full = ends.iter().filter(|end| **end == End::Full).count();
    assert_eq!(full, students - seats, "{ends:?}");
    world.end().await;
}

/// How many letters each process has sent.
fn letters_by_process(world: &World) -> BTreeMap<String, usize> {
    world.logs().into_iter().map(|(name, said)| (name, said.matches("mail sent").count())).collect()
}
