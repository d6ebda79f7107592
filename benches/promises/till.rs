//! A database of its own with a practice gateway beside it, and students who have paid there, of which the program knows nothing yet.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit, Mac};
use lectern::acts::{self, NewCohort, Timetable};
use lectern::catalogue;
use lectern::catalogue::model::EnrolmentWindow;
use lectern::config::{self, Overrides};
use lectern::db::Txn;
use lectern::enrolment;
use lectern::gateway::practice::{Delivery, PracticeGateway, PracticeSettings};
use lectern::identity::{self, Details};
use lectern::kernel::ids::{CohortId, OrderId, UserId};
use lectern::kernel::random::Randomness;
use lectern::kernel::time::{SignedDuration, shifted};
use lectern::kernel::{Actor, Clocks, Currency, Money, PersonName, Zone};
use lectern::payment::{self, Buyer};
use lectern::services::Services;
use reqwest::Client;
use serde_json::Value;
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::subject::Subject;
use crate::{Outcome, client};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What the development profile signs notifications with.
const SECRET: &str = "whsec_practice";
const KEY: &str = "sk_test_practice";

pub struct Till {
    pub services: Services,
    pub practice: PracticeGateway,
    pub file: PathBuf,
    gateway: String,
    public: u16,
    cohort: CohortId,
    client: Client,
}

/// A notification as the gateway sends it.
pub struct Told {
    pub id: String,
    pub raw: Vec<u8>,
    pub signature: String,
}

impl Till {
    /// The demonstration in `folder`, with a cohort of so many seats more.
    pub async fn open(folder: &Path, seats: u32) -> Outcome<Self> {
        Subject::start(folder)?.stop()?;
        let public = TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let gateway = format!("http://localhost:{}", listener.local_addr()?.port());
        let settings = PracticeSettings {
            state_file: None,
            secret_key: KEY.into(),
            webhook_secret: SECRET.into(),
            webhook_url: Some(format!("http://127.0.0.1:{public}/webhooks/stripe")),
            public_url: gateway.clone(),
        };
        let practice = PracticeGateway::open(settings, Clocks::system(), Randomness::from_system())?;
        practice.webhooks(Delivery::Hold);
        tokio::spawn(axum::serve(listener, practice.router()).into_future());
        let mut environment: HashMap<_, _> = environment(&gateway, public).into_iter().collect();
        environment.insert("LECTERN_SERVER__LISTEN".to_owned(), format!("127.0.0.1:{public}"));
        environment.insert("LECTERN_PROFILE".to_owned(), "development".to_owned());
        environment.insert("LECTERN_DATABASE__DATA".to_owned(), folder.to_string_lossy().into_owned());
        let settings = config::load(&Overrides::default(), environment)?;
        let services = Services::start(settings, Clocks::system(), Randomness::from_system()).await?;
        let cohort = services.db.write(Actor::Operator, async |txn| cohort(txn, seats).await).await?;
        let file = folder.join("lectern.sqlite");
        Ok(Self { services, practice, file, gateway, public, cohort, client: client::client()? })
    }

    /// The program as a process on this database, with this gateway.
    pub fn start(&self, folder: &Path) -> Outcome<Subject> {
        Subject::start_at(folder, &format!("127.0.0.1:{}", self.public), &environment(&self.gateway, self.public))
    }

    /// Lets a student hold a seat, go to the payment page and pay there.
    pub async fn pay(&self, number: usize) -> Outcome<()> {
        let cohort = self.cohort;
        let (user, order) = self.services.db.write(Actor::Visitor, async |txn| ordered(txn, cohort, number).await).await?;
        let page = payment::begin_checkout(&self.services, user, order).await?;
        let answer = self.client.post(format!("{page}/pay")).send().await?;
        if answer.status().is_server_error() {
            return Err(format!("the payment page answers {}", answer.status()).into());
        }
        Ok(())
    }

    /// What the gateway would tell of the newest payment: that its session is complete.
    pub async fn newest(&self) -> Outcome<Told> {
        let list = format!("{}/v1/events?type=checkout.session.completed&limit=1", self.gateway);
        let list: Value = self.client.get(list).bearer_auth(KEY).send().await?.json().await?;
        let event = list.pointer("/data/0").ok_or_else(|| format!("no event in {list}"))?;
        let id = event.pointer("/id").and_then(Value::as_str).ok_or("an event without an id")?.to_owned();
        let raw = event.to_string().into_bytes();
        let now = self.services.clocks.machine().as_second().to_string();
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes())?;
        mac.update(format!("{now}.").as_bytes());
        mac.update(&raw);
        let hex: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Told { id, raw, signature: format!("t={now},v1={hex}") })
    }

    /// How many students are enrolled by now.
    pub async fn enrolled(&self) -> Outcome<u32> {
        let snapshot = self.services.db.snapshot().await?;
        let seats = enrolment::seats_by_state(&snapshot, &[self.cohort]).await?;
        Ok(seats.get(&self.cohort).map_or(0, |seats| seats.enrolled))
    }

    /// Sends the notifications that wait, and those that come, until `stop`.
    pub fn deliver(&self, stop: &CancellationToken) {
        self.practice.webhooks(Delivery::Deliver);
        let (practice, stop) = (self.practice.clone(), stop.clone());
        tokio::spawn(async move { practice.run_deliveries(stop).await });
    }
}

fn environment(gateway: &str, public: u16) -> Vec<(String, String)> {
    [
        ("SERVER__PUBLIC_URL", format!("http://127.0.0.1:{public}")),
        ("GATEWAY__KIND", "practice-apart".to_owned()),
        ("GATEWAY__BASE_URL", format!("{gateway}/")),
        ("GATEWAY__HOSTED_ORIGIN", gateway.to_owned()),
    ]
    .map(|(name, value)| (format!("LECTERN_{name}"), value))
    .into()
}

async fn cohort(txn: &Txn, seats: u32) -> Result<CohortId, Failure> {
    let course = catalogue::courses(txn).await?.into_iter().next().ok_or("no course")?;
    let day = |days: i64| shifted(txn.now(), SignedDuration::from_hours(24 * days));
    let new = NewCohort {
        slug: "money".parse()?,
        name: "Money".to_owned(),
        zone: "Asia/Kolkata".parse()?,
        starts_on: Zone::UTC.civil(day(10)).date(),
        capacity: seats,
        prices: Money::new(650_000, Currency::INR).into(),
        window: EnrolmentWindow::new(day(-1), day(9))?,
        instructors: Vec::new(),
        timetable: Timetable::default(),
    };
    Ok(acts::open_published(txn, course.id, new).await?.id)
}

async fn ordered(txn: &Txn, cohort: CohortId, number: usize) -> Result<(UserId, OrderId), Failure> {
    let name: PersonName = format!("Demo Buyer {number:04}").parse()?;
    let email = format!("buyer{number:04}@example.org").parse()?;
    let details = Details { name: name.clone(), zone: "Asia/Kolkata".parse()?, country: "IN".parse()? };
    let person = identity::register_student(txn, &email, details).await?;
    let held = enrolment::hold_seat(txn, cohort, person.id, name.clone(), 3).await?;
    let buyer = Buyer {
        name,
        email,
        country: "IN".parse()?,
        address: "1 Example Street".parse()?,
        postal_code: None,
        state: None,
        gstin: None,
    };
    let order = payment::place_order(txn, &held, "One seat", buyer).await?;
    Ok((person.id, order.id))
}
