//! Two cohorts of one course with their teachers, an admin and two students: what the tests of access and of hostile input need.

use lectern::acts::enrol::{Application, enrol};
use lectern::acts::{self, NewCohort, Timetable};
use lectern::catalogue::model::{Answered, EnrolmentWindow, Rule};
use lectern::catalogue::{self, NewCourse, NewKey, NewModule};
use lectern::certificates::{self, Issued, Issuer};
use lectern::db::Txn;
use lectern::db::rows::mail;
use lectern::db::rows::payment::{payment_exceptions, payments};
use lectern::documents::{self, Calendar, Draft, Kind};
use lectern::enrolment;
use lectern::identity::{self, Person, Role};
use lectern::kernel::ids::{OrderId, UserId};
use lectern::kernel::{Actor, Currency, Money, Slug};
use lectern::learning;
use lectern::organisation::{self, model::Change, model::Identity};
use lectern::payment::{self, Back, Method, Offline, Wanted};
use lectern::pricing::model::NewCoupon;
use lectern::pricing::{self, Discount, Limits};
use lectern::readings::{self, Body, NewReading, Rights};
use lectern::schedule::Plans;
use lectern::tokens::{self, Life, NewToken, Scope, Scopes};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, Set};

use super::app::TestApp;

pub const ADMIN: &str = "admin@example.org";
/// Teaches the January cohort.
pub const TEACHER: &str = "teacher@example.org";
/// Teaches the February cohort.
pub const ELSEWHERE: &str = "elsewhere@example.org";
/// Enrolled in January, holds a seat in February.
pub const OWNER: &str = "student03@example.org";
/// Enrolled in February.
pub const OTHER: &str = "student04@example.org";

/// What the owner has, by the ids that stand in paths.
#[derive(Debug, Clone)]
pub struct School {
    /// The owner, and the other student.
    pub owner: String,
    pub other: String,
    pub enrolment: String,
    /// Paid.
    pub order: String,
    /// Unpaid.
    pub open_order: String,
    /// Of week one, which is open.
    pub reading: Slug,
    /// Of week two, which is not.
    pub locked_reading: Slug,
    /// The course's own first week.
    pub week: String,
}

/// Fills an empty database. `taint` ends every text that somebody typed.
pub async fn open(app: &TestApp, taint: &str) -> School {
    let write = async |txn: &Txn| Ok::<_, sea_orm::DbErr>(fill(txn, taint).await);
    let school = app.services().db.write(Actor::Operator, write).await.unwrap();
    app.settle().await;
    school
}

/// The session cookie of a new session of `email`.
pub async fn session(app: &TestApp, email: &str) -> String {
    let email = email.parse().unwrap();
    let start = async |txn: &Txn| {
        let person = identity::person_by_email(txn, &email).await?.expect("an account");
        identity::start_session(txn, &person, None).await
    };
    let token = app.services().db.write(Actor::Operator, start).await.unwrap();
    format!("lectern={}", token.plain())
}

/// A token of the admin's for these scopes, for thirty days: its id, and its secret.
pub async fn token(app: &TestApp, scopes: &[Scope]) -> (String, String) {
    token_of(app, ADMIN, scopes).await
}

/// A token of this admin's.
pub async fn token_of(app: &TestApp, admin: &str, scopes: &[Scope]) -> (String, String) {
    let new = NewToken {
        name: "A program".parse().unwrap(),
        scopes: Scopes::new(scopes.iter().copied()).unwrap(),
        life: Life::days(30).unwrap(),
    };
    let make = async |txn: &Txn| {
        let admin = identity::person_by_email(txn, &admin.parse().unwrap()).await?.expect("an admin");
        Ok::<_, sea_orm::DbErr>(tokens::create(txn, &admin, new).await.unwrap())
    };
    let (token, secret) = app.services().db.write(Actor::Operator, make).await.unwrap();
    (token.id.to_string(), secret.plain().to_owned())
}

/// The owner's confirmation, as if its server had refused it for good: its id.
pub async fn dead_letter(app: &TestApp) -> String {
    let dead = app.services().db.write(Actor::Operator, async |txn| {
        let find = mail::Entity::find().filter(mail::Column::Kind.eq("enrolment_confirmed"));
        let letter = find.filter(mail::Column::Recipient.eq(OWNER)).one(&**txn).await?.expect("a confirmation");
        let changed = mail::ActiveModel { id: Set(letter.id), state: Set(mail::State::Dead), ..Default::default() };
        changed.update(&**txn).await?;
        Ok::<_, sea_orm::DbErr>(letter.id.to_string())
    });
    dead.await.unwrap()
}

/// Work on the paid order that was given up, and succeeds when it is tried again: its id.
pub async fn dead_job(app: &TestApp, school: &School) -> String {
    let dead = app.services().db.write(Actor::Operator, async |txn| {
        let order = school.order.parse().unwrap();
        lectern::jobs::enqueue(txn, &lectern::payment::jobs::ExpirePages { order }).await?;
        lectern::jobs::store::set_aside(txn, "payment.expire_pages", "the gateway did not answer").await?;
        let found = lectern::jobs::dead_jobs(txn, "payment.process_event", 1).await?;
        Ok::<_, sea_orm::DbErr>(found[0].id.to_string())
    });
    dead.await.unwrap()
}

/// An entry of the admin's queue about money that nobody knows: its id.
pub async fn exception(app: &TestApp) -> String {
    let queued = app.services().db.write(Actor::Operator, async |txn| {
        let id: lectern::kernel::ids::ExceptionId = txn.new_id();
        let row = payment_exceptions::ActiveModel {
            id: Set(id),
            dedupe_key: Set(id.to_string()),
            gateway_reference: Set(Some("cs_test_demo".to_owned())),
            reason: Set("unknown_order".to_owned()),
            detail: Set(serde_json::json!({})),
            created_at: Set(txn.now().into()),
            ..Default::default()
        };
        payment_exceptions::Entity::insert(row).exec_without_returning(&**txn).await?;
        Ok::<_, sea_orm::DbErr>(id.to_string())
    });
    queued.await.unwrap()
}

/// The receipt of a paid order: its id.
pub async fn receipt(app: &TestApp, order: &str) -> String {
    let conn = app.services().db.snapshot().await.unwrap();
    documents::of_order(&conn, order.parse().unwrap()).await.unwrap()[0].id.to_string()
}

/// A second document of an order, with a name that the font has no letters for: its id.
pub async fn unprintable(app: &TestApp, order: &str) -> String {
    let order: OrderId = order.parse().unwrap();
    let issue = async |txn: &Txn| {
        let first = documents::of_order(txn, order).await?.remove(0);
        let mut facts = first.facts;
        facts.buyer.name = "डेमो छात्र".to_owned();
        let (key, calendar) = (format!("again:{order}"), Calendar::IndianFinancialYear);
        documents::issue(txn, Draft { key, kind: Kind::Receipt, order, calendar, facts }).await
    };
    let issued = app.services().db.write(Actor::Operator, issue).await.unwrap();
    app.settle().await;
    issued.id.to_string()
}

/// A refund of the owner's paid order that an admin is to send by hand: its id.
pub async fn refund(app: &TestApp) -> String {
    let conn = app.services().db.snapshot().await.unwrap();
    let admin = identity::person_by_email(&conn, &ADMIN.parse().unwrap()).await.unwrap().expect("an admin");
    let owner = identity::person_by_email(&conn, &OWNER.parse().unwrap()).await.unwrap().expect("the owner");
    let paid = payments::Entity::find().all(&*conn).await.unwrap();
    let mut found = None;
    for row in paid {
        if payment::order_of_user(&conn, owner.id, row.order_id).await.unwrap().is_some() {
            found = Some(row);
        }
    }
    let paid = found.expect("a payment of the owner");
    drop(conn);
    let wanted =
        Wanted { payment: paid.id, amount: Money::new(100, Currency::INR), back: Back::ByHand, note: "Demonstration".to_owned() };
    let ask = async |txn: &Txn| payment::request_refund(txn, paid.order_id, wanted.clone()).await;
    app.services().db.write(Actor::User(admin.id), ask).await.unwrap().id.to_string()
}

/// Who sells the course.
pub fn seller() -> Identity {
    Identity {
        legal_name: "Example Journal (demonstration)".parse().unwrap(),
        short_name: "Example Journal".parse().unwrap(),
        address: "1 Example Street\nExample Town 000000".parse().unwrap(),
        contact: "office@example.org".parse().unwrap(),
        phone: None,
    }
}

async fn fill(txn: &Txn, taint: &str) -> School {
    organisation::change(txn, Change::Identity(seller())).await.unwrap();
    person(txn, ADMIN, &format!("Demo Admin {taint}"), Role::Admin).await;
    let teacher = person(txn, TEACHER, &format!("Demo Teacher {taint}"), Role::Instructor).await.id;
    let elsewhere = person(txn, ELSEWHERE, "Demo Elsewhere", Role::Instructor).await.id;
    let owner = person(txn, OWNER, &format!("Demo Student 03 {taint}"), Role::Student).await;
    let other = person(txn, OTHER, "Demo Student 04", Role::Student).await;
    let (reading, first) = module(txn, "One", taint).await;
    let (locked_reading, second) = module(txn, "Two", taint).await;
    let course = catalogue::create_course(txn, course(taint, vec![first, second])).await.unwrap();
    let mut cohorts = Vec::new();
    for (slug, teacher) in [("january", teacher), ("february", elsewhere)] {
        let cohort = acts::open_published(txn, course.id, cohort(slug, taint, teacher)).await.unwrap();
        cohorts.push(cohort.id);
    }
    let order = enrol(txn, &owner, cohorts[0], application(&owner, taint), 3).await.unwrap();
    pay(txn, order, "DEMO-1").await;
    let enrolment = enrolment::active_of_user(txn, owner.id).await.unwrap()[0].id.to_string();
    let open_order = enrol(txn, &owner, cohorts[1], application(&owner, taint), 3).await.unwrap();
    let others = enrol(txn, &other, cohorts[1], application(&other, taint), 3).await.unwrap();
    pay(txn, others, "DEMO-2").await;
    let week = catalogue::course_modules(txn, course.id).await.unwrap()[0].id.to_string();
    let (owner, other) = (owner.id.to_string(), other.id.to_string());
    School {
        owner,
        other,
        enrolment,
        order: order.to_string(),
        open_order: open_order.to_string(),
        reading,
        locked_reading,
        week,
    }
}

/// What the owner has from a cohort that is over, taught by the teacher.
#[derive(Debug, Clone)]
pub struct Awarded {
    pub enrolment: String,
    pub certificate: String,
    pub code: String,
}

/// Opens the cohort in `november`, in which the owner has completed everything and has a certificate.
pub async fn award(app: &TestApp) -> Awarded {
    let plans = Plans::default();
    let work = async |txn: &Txn| {
        let teacher = identity::person_by_email(txn, &TEACHER.parse().unwrap()).await?.expect("a teacher");
        let owner = identity::person_by_email(txn, &OWNER.parse().unwrap()).await?.expect("an owner");
        let course = catalogue::courses(txn).await?.remove(0);
        let over = NewCohort { starts_on: "2026-11-02".parse().unwrap(), ..cohort("november", "", teacher.id) };
        let over = acts::open_published(txn, course.id, over).await.unwrap();
        let order = enrol(txn, &owner, over.id, application(&owner, ""), 3).await.unwrap();
        pay(txn, order, "DEMO-3").await;
        let id = enrolment::of_cohort(txn, over.id).await?[0].id;
        for module in catalogue::cohort_modules(txn, over.id).await? {
            let (whose, reading) = ((owner.id, id), module.readings[0].reading);
            learning::mark_read(txn, &plans, whose, (module.id, reading), "Kept.").await.unwrap();
        }
        Ok::<_, sea_orm::DbErr>(id)
    };
    let id = app.services().db.write(Actor::Operator, work).await.unwrap();
    let issuer = Issuer { legal_name: "Example Journal".to_owned(), signers: Vec::new() };
    let issued = certificates::issue(app.services(), &plans, Actor::Operator, id, &issuer).await.unwrap();
    let Issued::Now(certificate) = issued else { panic!("it was issued before") };
    app.settle().await;
    Awarded { enrolment: id.to_string(), certificate: certificate.id.to_string(), code: certificate.code.to_string() }
}

/// Opens the cohort in `march`, whose only seat the other student has: the owner waits for one, and the teacher behind them. Their
/// places, by id.
pub async fn waits(app: &TestApp) -> (String, String) {
    let work = async |txn: &Txn| {
        let [teacher, owner, other] = [TEACHER, OWNER, OTHER].map(|email| email.parse().unwrap());
        let teacher = identity::person_by_email(txn, &teacher).await?.expect("a teacher");
        let owner = identity::person_by_email(txn, &owner).await?.expect("an owner");
        let other = identity::person_by_email(txn, &other).await?.expect("another student");
        let course = catalogue::courses(txn).await?.remove(0);
        let full = NewCohort { starts_on: "2027-03-01".parse().unwrap(), capacity: 1, ..cohort("march", "", teacher.id) };
        let full = acts::open_published(txn, course.id, full).await.unwrap();
        let order = enrol(txn, &other, full.id, application(&other, ""), 3).await.unwrap();
        pay(txn, order, "DEMO-4").await;
        let first = enrolment::join(txn, full.id, owner.id).await.unwrap();
        let second = enrolment::join(txn, full.id, teacher.id).await.unwrap();
        Ok::<_, sea_orm::DbErr>((first.id.to_string(), second.id.to_string()))
    };
    let waits = app.services().db.write(Actor::Operator, work).await.unwrap();
    app.settle().await;
    waits
}

pub async fn person(txn: &Txn, email: &str, name: &str, role: Role) -> Person {
    let zone = "Asia/Kolkata".parse().unwrap();
    identity::create_person(txn, &email.parse().unwrap(), name.parse().unwrap(), zone, role).await.unwrap()
}

pub fn application(person: &Person, taint: &str) -> Application {
    Application {
        name: person.name.clone(),
        country: "IN".parse().unwrap(),
        address: format!("12 Demonstration Road\n{taint}").parse().unwrap(),
        postal_code: None,
        state: None,
        gstin: None,
        zone: person.zone.clone(),
    }
}

/// A coupon of a fifth off every seat, by its id.
pub async fn coupon(app: &TestApp) -> String {
    let new = NewCoupon {
        code: None,
        discount: Discount::Percent("20".parse().unwrap(), None),
        cohort: None,
        opens: None,
        closes: None,
        limits: Limits::default(),
    };
    let made = app.services().db.write(Actor::Operator, async |txn| pricing::make_coupon(txn, new.clone()).await);
    made.await.unwrap().id.to_string()
}

pub async fn pay(txn: &Txn, order: OrderId, reference: &str) {
    let offline = Offline {
        method: Method::Upi,
        reference: reference.parse().unwrap(),
        amount: Money::new(650_000, Currency::INR),
        received_on: "2027-01-06".parse().unwrap(),
    };
    payment::record_offline(txn, order, offline).await.unwrap();
}

async fn module(txn: &Txn, name: &str, taint: &str) -> (Slug, NewModule) {
    let reading = readings::add_reading(txn, reading(name, taint)).await.unwrap();
    let module = NewModule {
        title: format!("Theme {name} {taint}"),
        dek: format!("Dek {taint}"),
        outcomes: vec![format!("Outcome {taint}")],
        questions: vec![format!("Question {taint}")],
        reflection_prompt: Some(format!("Prompt {taint}")),
        release_rule: Rule::Always,
        readings: vec![NewKey { reading: reading.id, required: true, why: format!("Why {taint}") }],
    };
    (reading.slug, module)
}

fn reading(name: &str, taint: &str) -> NewReading {
    let text = |field: &str| Some(format!("{field} {taint}"));
    NewReading {
        title: format!("Essay {name} {taint}"),
        author: text("Author"),
        author_role: text("Role"),
        publisher: format!("Publisher {taint}"),
        published_on: None,
        url: Some("https://example.org/essay?a=%22%3E%3Cscript%3E".parse().unwrap()),
        language: "en".parse().unwrap(),
        licence: text("Licence"),
        photo_credit: text("Photo"),
        summary: text("Summary"),
        body: Some(Body::new([format!("Paragraph of {name} {taint}")]).unwrap()),
        rights: Rights::Own,
        minutes: 10,
    }
}

fn course(taint: &str, modules: Vec<NewModule>) -> NewCourse {
    NewCourse {
        slug: "example-course".parse().unwrap(),
        title: format!("Example Course {taint}"),
        dek: format!("Dek {taint}"),
        description: vec![format!("Description {taint}")],
        outcomes: vec![format!("Outcome {taint}")],
        questions: vec![Answered { question: format!("Asked {taint}"), answer: format!("Answered {taint}") }],
        hours_min: 3,
        hours_max: 4,
        language: "en".to_owned(),
        modules,
    }
}

/// Under way: week one opened on Monday, week two opens next Monday.
fn cohort(slug: &str, taint: &str, teacher: UserId) -> NewCohort {
    NewCohort {
        slug: slug.parse().unwrap(),
        name: format!("The {slug} {taint}"),
        zone: "Asia/Kolkata".parse().unwrap(),
        starts_on: "2027-01-04".parse().unwrap(),
        capacity: 30,
        prices: Money::new(650_000, Currency::INR).into(),
        window: EnrolmentWindow::new("2026-12-01T00:00:00Z".parse().unwrap(), "2027-01-25T00:00:00Z".parse().unwrap()).unwrap(),
        instructors: vec![teacher],
        timetable: Timetable::default(),
    }
}
