//! Who takes part, and where: a course of six weeks, one cohort of it, its staff, and students who enrol by the pages.

use lectern::acts::{self, NewCohort, Timetable};
use lectern::catalogue::model::{EnrolmentWindow, Rule};
use lectern::catalogue::{self, NewCourse, NewKey, NewModule};
use lectern::db::Txn;
use lectern::identity::{self, Role};
use lectern::jobs;
use lectern::kernel::ids::{CourseId, UserId};
use lectern::kernel::{Actor, Currency, Money, Timestamp};
use lectern::organisation::{self, model::Change};
use lectern::readings::{self, NewReading, Rights};
use lectern::work::Registries;

use crate::support::app::TestApp;
use crate::support::browser::{Browser, Page};
use crate::support::school::seller;

pub const ADMIN: &str = "admin@example.org";
/// Teaches the cohort.
pub const INSTRUCTOR: &str = "instructor@example.org";
pub const STUDENT: &str = "student03@example.org";
pub const OTHER: &str = "student04@example.org";

pub const COHORT: &str = "/cohorts/january/enrol";
pub const ROSTER: &str = "/staff/cohorts/january/roster";
pub const PRICE: &str = "₹6,500.00";
/// What the second week asks about each of its readings.
pub const PROMPT: &str = "Which sentence would you strike?";

/// The cohort's first Monday, nine in the morning in Kolkata: half past three in London.
pub const WEEK_1: &str = "2027-01-11T03:30:00Z";
pub const WEEK_2: &str = "2027-01-18T03:30:00Z";

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Nine in the morning in Kolkata on the first day of a week, from 1.
pub fn release_of(week: i64) -> Timestamp {
    lectern::kernel::time::shifted(at(WEEK_1), lectern::kernel::time::SignedDuration::from_hours(24 * 7 * (week - 1)))
}

/// The staff, the course, and its cohort of so many seats.
pub async fn open(app: &TestApp, seats: u32) {
    let db = &app.services().db;
    db.write(Actor::Operator, async |txn| {
        let (course, instructor) = school(txn).await?;
        acts::open_published(txn, course, cohort(seats, instructor)).await.unwrap();
        Ok::<_, sea_orm::DbErr>(())
    })
    .await
    .unwrap();
}

/// The staff and the course, without a cohort: the course's id, and who teaches it.
pub async fn school(txn: &Txn) -> Result<(CourseId, UserId), sea_orm::DbErr> {
    person(txn, ADMIN, "Demo Admin", Role::Admin).await;
    organisation::change(txn, Change::Identity(seller())).await?;
    let instructor = person(txn, INSTRUCTOR, "Demo Instructor", Role::Instructor).await;
    let new = course(txn).await;
    Ok((catalogue::create_course(txn, new).await.unwrap().id, instructor))
}

async fn person(txn: &Txn, email: &str, name: &str, role: Role) -> UserId {
    let zone = "Asia/Kolkata".parse().unwrap();
    identity::create_person(txn, &email.parse().unwrap(), name.parse().unwrap(), zone, role).await.unwrap().id
}

async fn course(txn: &Txn) -> NewCourse {
    let mut modules = Vec::new();
    for week in 1..=6 {
        modules.push(module(txn, week).await);
    }
    NewCourse {
        slug: "example-course".parse().unwrap(),
        title: "Example Course".to_owned(),
        dek: "How talks are read.".to_owned(),
        description: vec!["A week, a theme.".to_owned()],
        outcomes: vec!["Tell a truce from a treaty".to_owned()],
        questions: Vec::new(),
        hours_min: 3,
        hours_max: 4,
        language: "en".to_owned(),
        modules,
    }
}

/// Two readings, the first required. Only the second week asks for a reflection.
async fn module(txn: &Txn, week: u32) -> NewModule {
    let mut readings = Vec::new();
    for place in 1..=2 {
        let reading = readings::add_reading(txn, reading(week, place)).await.unwrap();
        readings.push(NewKey { reading: reading.id, required: place == 1, why: format!("Why {week}.{place} matters.") });
    }
    NewModule {
        title: format!("Theme {week}"),
        dek: format!("What theme {week} is about."),
        outcomes: vec![format!("Outcome of theme {week}")],
        questions: vec![format!("Question of theme {week}?")],
        reflection_prompt: (week == 2).then(|| PROMPT.to_owned()),
        release_rule: Rule::Always,
        readings,
    }
}

fn reading(week: u32, place: u32) -> NewReading {
    NewReading {
        title: format!("Essay {week}-{place}"),
        author: Some("Demo Author".to_owned()),
        author_role: None,
        publisher: "Example Journal".to_owned(),
        published_on: None,
        url: Some(format!("https://example.org/essays/{week}/{place}").parse().unwrap()),
        language: "en".parse().unwrap(),
        licence: None,
        photo_credit: None,
        summary: Some(format!("What essay {week}-{place} says.")),
        body: None,
        rights: Rights::LinkOnly,
        minutes: 10,
    }
}

/// The cohort of so many seats.
pub fn cohort(seats: u32, instructor: UserId) -> NewCohort {
    NewCohort {
        slug: "january".parse().unwrap(),
        name: "January".to_owned(),
        zone: "Asia/Kolkata".parse().unwrap(),
        starts_on: "2027-01-11".parse().unwrap(),
        capacity: seats,
        prices: Money::new(650_000, Currency::INR).into(),
        window: EnrolmentWindow::new(at("2026-12-01T00:00:00Z"), at("2027-01-25T00:00:00Z")).unwrap(),
        instructors: vec![instructor],
        timetable: Timetable::default(),
    }
}

/// Lets the periodic jobs run from now on, as beside a worker.
pub async fn start_periodic_jobs(app: &TestApp) {
    let registries = Registries::all();
    let worker = Actor::System(lectern::kernel::Component::Worker);
    app.services().db.write(worker, async |txn| jobs::ensure_periodic(txn, &registries.jobs).await).await.unwrap();
}

/// The enrol form, filled and sent: the page that asks for the code.
pub async fn apply(browser: &Browser, email: &str, zone: &str) -> Page {
    let form = browser.open(COHORT).await;
    form.is(200);
    let form = form.form("Continue").with("name", "Demo Student 03").with("email", email).with("country", "GB");
    let form = form.with("address", "12 Demonstration Road\r\nExampleville").with("postal_code", "EX1 1EX");
    form.with("zone", zone).with("consent", "yes").submit().await
}

/// From the form to the held seat: the page of the order.
pub async fn hold(app: &TestApp, browser: &Browser, email: &str, zone: &str) -> Page {
    let asked = apply(browser, email, zone).await;
    let order = asked.form("Continue").with("code", &app.code_for(email).await).submit().await;
    order.is(200).shows("Pay for your seat");
    order
}

/// From the order to the gateway's page.
pub async fn to_gateway(order: &Page) -> Page {
    let hosted = order.form("Pay with card").submit().await;
    hosted.is(200).shows("no money moves");
    hosted
}

/// Presses "Pay" on the gateway's page, and goes where that leads.
pub async fn pay(hosted: &Page) -> Page {
    hosted.form(&format!("Pay {PRICE}")).submit().await
}

/// Enrols a student in London, all of it by the pages, and does what follows. The address of their course.
pub async fn enrol_and_pay(app: &TestApp, browser: &Browser, email: &str) -> String {
    enrol_and_pay_from(app, browser, email, "Europe/London").await
}

/// As [`enrol_and_pay`], for a student elsewhere.
pub async fn enrol_and_pay_from(app: &TestApp, browser: &Browser, email: &str, zone: &str) -> String {
    let order = hold(app, browser, email, zone).await;
    pay(&to_gateway(&order).await).await.is(200).shows("You are enrolled");
    app.settle().await;
    let dashboard = browser.open("/learn").await;
    let week = dashboard.link("Week 1: Theme 1");
    week.strip_suffix("/weeks/1").unwrap().to_owned()
}

/// Signs in by a code.
pub async fn sign_in(app: &TestApp, browser: &Browser, email: &str) -> Page {
    let asked = browser.open("/sign-in").await.form("Send the code").with("email", email).submit().await;
    asked.is(200).shows("Enter your code");
    let page = asked.form("Continue").with("code", &app.code_for(email).await).submit().await;
    page.is(200);
    page
}

/// How many mails to `email` have this subject.
pub async fn count_mails(app: &TestApp, email: &str, subject: &str) -> usize {
    app.mails_to(email).await.iter().filter(|mail| mail.subject == subject).count()
}

/// The subject of the confirmation.
pub const CONFIRMED: &str = "You are enrolled: Example Course";

/// The path of a page.
pub fn path(page: &Page) -> &str {
    page.url.path()
}
