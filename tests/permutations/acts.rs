//! What people, banks and the gateway do in a story.

use axum::body::Body;
use axum::http::Request;
use lectern::acts::enrol::enrol;
use lectern::acts::{self, Cancellation};
use lectern::gateway::SessionRequest;
use lectern::gateway::practice::Deed;
use lectern::identity::{self, Person};
use lectern::kernel::ids::OrderId;
use lectern::kernel::time::{SignedDuration, shifted};
use lectern::kernel::{Actor, Currency, Money};
use lectern::payment::{self, Back, Bank, CodeOutcome, Method, Offline, TransferWay, Wanted};
use serde_json::Value;
use tower::ServiceExt;

use super::world::{CODE, World};
use crate::journeys::cast;
use crate::support::school;

/// The reference of every transfer.
const UTR: &str = "412345678901";

/// One thing that happens. Pages are counted from 0, in the order in which they were opened. What the program has to do because of
/// an act is done when it next works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// A student fills the form: a seat is held, an order placed.
    Enrols(&'static str),
    /// Somebody is given the seat, and pays cash for it.
    SeatTaken(&'static str),
    UsesCode,
    /// The student of the newest order goes to the payment page.
    GoesToPay,
    /// A button of a payment page.
    Presses(usize, &'static str),
    /// The student comes back from a payment page, which asks the gateway.
    ComesBack(usize),
    Cancels,
    /// The student cancels, and pays on a page that is not closed yet.
    PaysWhatIsCancelled(usize),
    ChoosesTransfer,
    TellsReference,
    /// An admin has found the transfer.
    Records,
    /// An admin asks for so many paise of page 0 to go back.
    AdminRefunds(i64),
    /// Somebody does, on the dashboard: so many, or all that is left.
    DashboardRefunds(usize, Option<i64>),
    /// What becomes of the newest refund.
    RefundOnce(Deed),
    Disputes(usize),
    /// What becomes of the newest dispute.
    DisputeOnce(Deed),
    PaysOut,
    /// What becomes of the newest payout.
    PayoutOnce(Deed),
    /// Another program of the merchant's asks for money, for an order that is not ours.
    StrangePage,
    /// The same, for the newest order of ours.
    PageOfNoAttempt,
    /// Minutes pass, with nothing done.
    Waits(i64),
    /// Days pass, with all done that is to be done, the sweep included.
    DaysPass(i64),
}

/// Who and what there is in a story by now.
#[derive(Debug, Clone, Default)]
pub struct Cast {
    orders: Vec<(&'static str, OrderId)>,
    /// The gateway's sessions.
    sessions: Vec<String>,
}

fn price() -> Money {
    Money::new(650_000, Currency::INR)
}

async fn person(world: &World, email: &str) -> Person {
    let conn = world.services.db.snapshot().await.unwrap();
    identity::person_by_email(&conn, &email.parse().unwrap()).await.unwrap().expect("somebody")
}

/// What the gateway has of `kind` at `id`, or the newest.
fn known(world: &World, kind: &str, id: Option<&str>) -> Value {
    let state = world.practice.saved().to_json();
    match id {
        Some(id) => state[kind][id].clone(),
        None => state[kind].as_array().and_then(|all| all.last()).cloned().unwrap_or_default(),
    }
}

impl Cast {
    pub async fn act(&mut self, world: &World, act: Act) {
        match act {
            Act::Enrols(email) => self.enrols(world, email).await,
            Act::SeatTaken(email) => self.seat_taken(world, email).await,
            Act::UsesCode => {
                let used = payment::use_code(&world.services, self.student(world).await.id, self.order(), CODE).await.unwrap();
                assert!(matches!(used, CodeOutcome::Used), "{used:?}");
            }
            Act::GoesToPay => {
                let page = payment::begin_checkout(&world.services, self.student(world).await.id, self.order()).await.unwrap();
                self.sessions.push(page.rsplit('/').next().unwrap().to_owned());
            }
            Act::Presses(page, button) => self.presses(world, page, button).await,
            Act::ComesBack(page) => {
                let student = Actor::User(self.student(world).await.id);
                payment::settle_session(&world.services, student, &self.sessions[page], Bank::Silent).await.unwrap();
            }
            Act::Waits(minutes) => world.age(minutes),
            Act::DaysPass(days) => {
                world.age(3);
                world.sweep().await;
                world.age(days * 24 * 60);
                world.work().await;
                world.sweep().await;
            }
            Act::PaysWhatIsCancelled(page) => {
                self.student_acts(world, Act::Cancels).await;
                self.presses(world, page, "pay").await;
            }
            Act::StrangePage => self.page_of_another(world, world.services.random.id(world.now())).await,
            Act::PageOfNoAttempt => self.page_of_another(world, self.order()).await,
            Act::Cancels | Act::ChoosesTransfer | Act::TellsReference => self.student_acts(world, act).await,
            Act::Records | Act::AdminRefunds(_) => self.admin_acts(world, act).await,
            _ => self.dashboard(world, act),
        }
    }

    fn order(&self) -> OrderId {
        self.orders.last().expect("an order").1
    }

    async fn student(&self, world: &World) -> Person {
        person(world, self.orders.last().expect("an order").0).await
    }

    async fn enrols(&mut self, world: &World, email: &'static str) {
        let who = person(world, email).await;
        let apply = async |txn: &lectern::db::Txn| enrol(txn, &who, world.cohort, school::application(&who, ""), 3).await;
        let order = world.services.db.write(Actor::User(who.id), apply).await.unwrap();
        self.orders.push((email, order));
    }

    async fn seat_taken(&mut self, world: &World, email: &'static str) {
        let who = person(world, email).await;
        let admin = person(world, cast::ADMIN).await;
        let take = async |txn: &lectern::db::Txn| {
            let order = enrol(txn, &who, world.cohort, school::application(&who, ""), 3).await.unwrap();
            let offline = offline(Method::Cash, "BOOK 7");
            payment::record_offline(txn, order, offline).await.unwrap();
            Ok::<_, sea_orm::DbErr>(())
        };
        world.services.db.write(Actor::User(admin.id), take).await.unwrap();
    }

    async fn presses(&self, world: &World, page: usize, button: &str) {
        let path = format!("/pay/{}/{button}", self.sessions[page]);
        let request = Request::builder().method("POST").uri(path).body(Body::empty()).unwrap();
        let answer = world.practice.router().oneshot(request).await.unwrap();
        assert!(answer.status().is_redirection(), "{button}: {}", answer.status());
    }

    async fn page_of_another(&mut self, world: &World, order: OrderId) {
        let request = SessionRequest {
            idempotency_key: format!("another-{}", self.sessions.len()),
            order,
            payment: world.services.random.id(world.now()),
            order_number: "OTHER-1".to_owned(),
            amount: price(),
            description: "Something else".to_owned(),
            customer_email: cast::STUDENT.parse().unwrap(),
            customer: None,
            success_url: "https://example.org/thanks".to_owned(),
            cancel_url: "https://example.org/".to_owned(),
            expires_at: shifted(world.now(), SignedDuration::from_mins(31)),
        };
        self.sessions.push(world.services.gateway.create_session(&request).await.unwrap().id);
    }

    async fn student_acts(&self, world: &World, act: Act) {
        let (student, order, db) = (self.student(world).await.id, self.order(), &world.services.db);
        match act {
            Act::ChoosesTransfer => {
                payment::choose_transfer(&world.services, student, order, TransferWay::Upi).await.unwrap();
            }
            Act::TellsReference => {
                let tell = async |txn: &lectern::db::Txn| payment::tell_reference(txn, student, order, UTR).await;
                db.write(Actor::User(student), tell).await.unwrap();
            }
            _ => {
                let cancel = async |txn: &lectern::db::Txn| {
                    let seat = payment::order(txn, order).await?.and_then(|order| order.enrolment()).expect("a seat");
                    let seat = lectern::enrolment::enrolment(txn, seat).await?.expect("a seat");
                    let quote = acts::cancel_quote(txn, &seat, txn.now()).await?.expect("a seat to give back");
                    acts::cancel(txn, seat.id, &Cancellation::ByStudent { quoted: quote.policy.amount }).await
                };
                db.write(Actor::User(student), cancel).await.unwrap();
            }
        }
    }

    async fn admin_acts(&self, world: &World, act: Act) {
        let (admin, order) = (Actor::User(person(world, cast::ADMIN).await.id), self.order());
        let Act::AdminRefunds(minor) = act else {
            payment::record_payment(&world.services, admin, order, offline(Method::Upi, UTR)).await.unwrap();
            return;
        };
        let ask = async |txn: &lectern::db::Txn| {
            let payment = payment::payments_of_order(txn, order).await?[0].id;
            let amount = Money::new(minor, Currency::INR);
            let wanted = Wanted { payment, amount, back: Back::AsItCame, note: "Kindness".to_owned() };
            payment::request_refund(txn, order, wanted).await
        };
        world.services.db.write(admin, ask).await.unwrap();
        world.work().await;
    }

    fn dashboard(&self, world: &World, act: Act) {
        let practice = &world.practice;
        let newest = |kind| known(world, kind, None)["id"].as_str().expect("one").to_owned();
        match act {
            Act::DashboardRefunds(page, minor) => drop(practice.refund(&self.intent(world, page), minor).unwrap()),
            Act::Disputes(page) => drop(practice.dispute(&self.intent(world, page)).unwrap()),
            Act::PaysOut => drop(practice.pay_out().unwrap()),
            Act::RefundOnce(deed) => practice.deed(&newest("refunds"), deed).unwrap(),
            Act::DisputeOnce(deed) => practice.deed(&newest("disputes"), deed).unwrap(),
            Act::PayoutOnce(deed) => practice.deed(&newest("payouts"), deed).unwrap(),
            other => unreachable!("{other:?} is no act of the gateway's"),
        }
    }

    fn intent(&self, world: &World, page: usize) -> String {
        let session = known(world, "sessions", Some(&self.sessions[page]));
        session["progress"]["intent"].as_str().expect("a page that was paid").to_owned()
    }
}

fn offline(method: Method, reference: &str) -> Offline {
    let (reference, received_on) = (reference.parse().unwrap(), "2027-01-07".parse().unwrap());
    Offline { method, reference, amount: price(), received_on }
}
