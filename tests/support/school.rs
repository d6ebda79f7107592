//! Two cohorts of one course with their teachers, an admin and two students: what the tests of access and of hostile input need.

use lectern::acts::enrol::{Application, enrol};
use lectern::acts::{self, NewCohort, Timetable};
use lectern::catalogue::model::{Answered, EnrolmentWindow, Rule};
use lectern::catalogue::{self, NewCourse, NewKey, NewModule};
use lectern::db::Txn;
use lectern::enrolment;
use lectern::identity::{self, Person, Role};
use lectern::kernel::ids::{OrderId, UserId};
use lectern::kernel::{Actor, Currency, Money, Slug};
use lectern::payment::{self, Method, Offline};
use lectern::readings::{self, Body, NewReading, Rights};

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

async fn fill(txn: &Txn, taint: &str) -> School {
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
        let cohort = acts::open_cohort(txn, course.id, cohort(slug, taint, teacher)).await.unwrap();
        cohorts.push(cohort.id);
    }
    let order = enrol(txn, &owner, cohorts[0], application(&owner, taint), 3).await.unwrap();
    pay(txn, order, "DEMO-1").await;
    let enrolment = enrolment::active_of_user(txn, owner.id).await.unwrap()[0].id.to_string();
    let open_order = enrol(txn, &owner, cohorts[1], application(&owner, taint), 3).await.unwrap();
    let others = enrol(txn, &other, cohorts[1], application(&other, taint), 3).await.unwrap();
    pay(txn, others, "DEMO-2").await;
    let week = catalogue::course_modules(txn, course.id).await.unwrap()[0].id.to_string();
    School { enrolment, order: order.to_string(), open_order: open_order.to_string(), reading, locked_reading, week }
}

async fn person(txn: &Txn, email: &str, name: &str, role: Role) -> Person {
    let zone = "Asia/Kolkata".parse().unwrap();
    identity::create_person(txn, &email.parse().unwrap(), name.parse().unwrap(), zone, role).await.unwrap()
}

fn application(person: &Person, taint: &str) -> Application {
    Application {
        name: person.name.clone(),
        country: "IN".parse().unwrap(),
        address: format!("12 Demonstration Road\n{taint}").parse().unwrap(),
        postal_code: None,
        zone: person.zone.clone(),
    }
}

async fn pay(txn: &Txn, order: OrderId, reference: &str) {
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
        price: Money::new(650_000, Currency::INR),
        window: EnrolmentWindow::new("2026-12-01T00:00:00Z".parse().unwrap(), "2027-01-25T00:00:00Z".parse().unwrap()).unwrap(),
        instructors: vec![teacher],
        timetable: Timetable::default(),
    }
}
