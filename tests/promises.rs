//! The promises about seats and money, under whatever students, banks, clocks and the gateway do: random walks over HTTP.
//!
//! A walk is repeated by its seed, which a failure names: `LECTERN_SEED=7 cargo test --test main promises`.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use lectern::db::rows::payment::refunds;
use lectern::gateway::practice::{Delivery, Fault};
use lectern::kernel::Zone;
use lectern::kernel::random::Randomness;
use lectern::kernel::time::SignedDuration;
use lectern::ledger::Account;
use sea_orm::EntityTrait;

use crate::journeys::cast::{self, CONFIRMED, PRICE};
use crate::journeys::webhooks;
use crate::support::app::{TestApp, on_each_database};
use crate::support::books;
use crate::support::browser::Browser;
use crate::support::runs::{count, seeds};

const STUDENTS: usize = 5;
const STEPS: usize = 50;

/// What is decided by chance.
pub struct Chance(pub Randomness);

impl Chance {
    pub fn below(&self, limit: usize) -> usize {
        usize::from(u16::from_le_bytes(self.0.bytes())) % limit
    }

    pub fn of<'a, T>(&self, choices: &'a [T]) -> Option<&'a T> {
        if choices.is_empty() { None } else { choices.get(self.below(choices.len())) }
    }
}

/// A student with a browser, and the pages that it still knows.
struct Student {
    email: String,
    browser: Browser,
    orders: Vec<String>,
    hosted: Vec<String>,
}

impl Student {
    /// Fills the form where it is offered; otherwise the cohort is full, or leads to what the student has already.
    async fn enrol(&mut self) {
        let page = self.browser.open(cast::COHORT).await;
        page.is(200);
        if !page.offers("Continue to payment") {
            return;
        }
        let form = page.form("Continue to payment").with("address", "12 Demonstration Road").with("country", "NP");
        let answer = form.with("consent", "yes").submit().await;
        if answer.status.as_u16() == 200 {
            self.orders.push(cast::path(&answer).to_owned());
        } else {
            answer.is(409);
        }
    }

    /// Goes to the payment page, where the order offers one.
    async fn checkout(&mut self, order: &str) {
        let page = self.browser.open(order).await;
        page.is(200);
        let Some(button) = ["Pay with card", "Try again"].into_iter().find(|button| page.offers(button)) else { return };
        let hosted = page.form(button).submit().await;
        assert!(matches!(hosted.status.as_u16(), 200 | 409 | 503), "{}:\n{}", hosted.status, hosted.body);
        if hosted.url.path().starts_with("/pay/") {
            self.hosted.push(hosted.url.to_string());
        }
    }

    /// Presses any button of a payment page.
    async fn press(&self, hosted: &str, chance: &Chance) {
        let page = self.browser.open(hosted).await;
        page.is(200);
        let pay = format!("Pay {PRICE}");
        let buttons = [
            pay.as_str(),
            "Have the card declined",
            "Pay late, by bank",
            "Go back without paying",
            "The bank confirms now",
            "The bank refuses",
        ];
        let offered: Vec<&str> = buttons.into_iter().filter(|button| page.offers(button)).collect();
        let Some(button) = chance.of(&offered) else { return };
        let form = page.form(button);
        // Some close the tab.
        if chance.below(2) == 0 {
            form.submit().await.is(200);
        } else {
            form.submit_only().await;
        }
    }
}

async fn students(app: &TestApp) -> Vec<Student> {
    let mut students = Vec::new();
    for number in 0..STUDENTS {
        let email = format!("walker{number}@example.org");
        let browser = app.browser();
        let order = cast::hold(app, &browser, &email, "Asia/Kolkata").await;
        students.push(Student { email, browser, orders: vec![cast::path(&order).to_owned()], hosted: Vec::new() });
        // So that the next one finds a seat, too.
        app.pass(SignedDuration::from_mins(33)).await;
    }
    students
}

async fn step(app: &TestApp, students: &mut [Student], chance: &Chance) {
    let student = &mut students[chance.below(STUDENTS)];
    match chance.below(12) {
        0..=2 => {
            student.enrol().await;
            if let Some(order) = student.orders.last().cloned() {
                student.checkout(&order).await;
            }
        }
        3 => {
            if let Some(order) = chance.of(&student.orders).cloned() {
                student.checkout(&order).await;
            }
        }
        4..=6 => {
            if let Some(hosted) = student.hosted.last() {
                student.press(hosted, chance).await;
            }
        }
        7 => {
            if let Some(hosted) = chance.of(&student.hosted) {
                student.press(hosted, chance).await;
            }
        }
        8 => app.settle().await,
        9 => pass(app, chance).await,
        10 => app.practice().webhooks(*chance.of(&[Delivery::Deliver, Delivery::Hold, Delivery::Drop]).unwrap()),
        _ => {
            let faults = [Fault::HtmlInstead, Fault::HtmlAfterWork, Fault::DropAfterWork];
            app.practice().faults(*chance.of(&faults).unwrap(), 1);
        }
    }
}

/// Some minutes, or more than a bank may take.
async fn pass(app: &TestApp, chance: &Chance) {
    // Machine time, too: what failed is tried again by it.
    app.age(SignedDuration::from_secs(i64::try_from(chance.below(60)).unwrap()));
    let minutes = if chance.below(8) == 0 { 8 * 24 * 60 } else { 1 + chance.below(20) };
    app.pass(SignedDuration::from_mins(i64::try_from(minutes).unwrap())).await;
}

/// How many payment pages were paid.
async fn captured(students: &[Student]) -> usize {
    let mut paid = 0;
    for student in students {
        let mut hosted = student.hosted.clone();
        hosted.sort();
        hosted.dedup();
        for page in hosted {
            paid += usize::from(student.browser.open(&page).await.text().contains("Paid."));
        }
    }
    paid
}

/// No nudge goes twice or at night, by the clocks of the walkers' zone.
async fn nudges_keep_their_rules(app: &TestApp, email: &str) {
    let zone: Zone = "Asia/Kolkata".parse().unwrap();
    let mut seen = BTreeSet::new();
    for mail in app.mails_to(email).await {
        if mail.headers.iter().any(|(name, _)| name == "List-Unsubscribe") {
            let hour = zone.civil(mail.received_at).hour();
            assert!((8..21).contains(&hour), "{} came at {}", mail.subject, mail.received_at);
            assert!(seen.insert((mail.subject, mail.text)), "a reminder came twice to {email}");
        }
    }
}

/// Lets the gateway commit the faults that are still planned.
async fn recover(app: &TestApp) {
    for _ in 0..STEPS {
        if webhooks::try_events(app).await.is_some() {
            return;
        }
    }
    panic!("the gateway does not recover");
}

/// How many payments went back, each once and whole.
async fn returned(app: &TestApp) -> usize {
    let conn = app.services().db.snapshot().await.unwrap();
    let refunds = refunds::Entity::find().all(&*conn).await.unwrap();
    let payments: BTreeSet<_> = refunds.iter().map(|refund| refund.payment_id).collect();
    assert_eq!(payments.len(), refunds.len(), "a payment went back twice: {refunds:#?}");
    assert!(refunds.iter().all(|refund| refund.state == refunds::State::Succeeded), "on their way for ever: {refunds:#?}");
    refunds.len()
}

/// One walk; how many payments there were in it.
async fn walk(app: TestApp, seed: u64) -> usize {
    let chance = Chance(Randomness::from_seed(seed));
    let seats = if seed.is_multiple_of(2) { 1 } else { 2 };
    cast::open(&app, seats).await;
    cast::start_periodic_jobs(&app).await;
    let admin = app.browser();
    cast::sign_in(&app, &admin, cast::ADMIN).await;
    let mut students = students(&app).await;
    for _ in 0..STEPS {
        step(&app, &mut students, &chance).await;
        let roster = admin.open(cast::ROSTER).await.text();
        assert!(roster.matches("Enrolled").count() <= seats as usize, "oversold: {roster}");
    }
    // The gateway is well again, and the sweep has time to find everything.
    recover(&app).await;
    app.practice().webhooks(Delivery::Deliver);
    for _ in 0..4 {
        app.age(SignedDuration::from_mins(16));
        app.pass(SignedDuration::from_mins(30)).await;
    }
    for student in &students {
        for order in &student.orders {
            student.browser.open(&format!("{order}/return")).await.is(200);
        }
    }
    app.settle().await;

    let enrolled = admin.open(cast::ROSTER).await.text().matches("Enrolled").count();
    let queue = admin.open("/staff/today").await;
    let queued = queue.text().matches(PRICE).count() / 2;
    let paid = captured(&students).await;
    let returned = returned(&app).await;
    assert_eq!(paid, enrolled + queued + returned, "paid, and neither enrolled, sent back nor in the queue: {}", queue.text());
    let mut confirmed = 0;
    for student in &students {
        let mails = cast::count_mails(&app, &student.email, CONFIRMED).await;
        assert!(mails <= 1, "{} was confirmed {mails} times", student.email);
        confirmed += mails;
    }
    assert_eq!(confirmed, enrolled);
    for student in &students {
        nudges_keep_their_rules(&app, &student.email).await;
    }
    // And in the books: what the gateway holds, what nobody is enrolled by, and that nobody who is enrolled owes anything.
    let money = |payments: usize| i64::try_from(payments).unwrap() * 650_000;
    let fees = money(paid) / 50;
    assert_eq!(books::held(&app, Account::GatewayClearing).await, money(paid - returned) - fees);
    assert_eq!(books::held(&app, Account::Fees).await, fees);
    assert_eq!(books::held(&app, Account::Suspense).await, -money(queued));
    assert_eq!(books::held(&app, Account::Revenue).await, -money(enrolled));
    assert_eq!(books::held(&app, Account::Receivable).await, 0);
    println!("seed {seed}: {paid} paid, {enrolled} enrolled, {returned} sent back, {queued} with an admin");
    app.finish().await;
    paid
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn seats_and_money_hold_whatever_happens() {
    let paid = AtomicUsize::new(0);
    for seed in seeds(count(6, 2)) {
        println!("LECTERN_SEED={seed}");
        on_each_database(async |app: TestApp| _ = paid.fetch_add(walk(app, seed).await, Ordering::Relaxed)).await;
    }
    assert!(paid.into_inner() > 0, "no walk came as far as a payment");
}
