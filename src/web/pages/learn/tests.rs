//! The student's pages over the whole router: what a locked week keeps to itself, whose things are found, and how a mark goes.

use std::net::SocketAddr;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, StatusCode, header};
use tower::ServiceExt;

use crate::acts::{NewCohort, Timetable, open_published};
use crate::catalogue::model::{EnrolmentWindow, Rule};
use crate::catalogue::{NewCourse, NewKey, NewModule, create_course};
use crate::db::Txn;
use crate::identity::{Details, register_student, start_session};
use crate::kernel::ids::{CohortId, EnrolmentId};
use crate::kernel::{Actor, Currency, Money, PersonName};
use crate::readings::{NewReading, Rights, add_reading};
use crate::testing::Bench;
use crate::web::{App, router};
use crate::{enrolment, web};

/// A course of two weeks with a reading each: the first opens as the test begins, the second a week later.
struct World {
    bench: Bench,
    router: Router,
    cohort: CohortId,
}

/// Somebody signed in.
struct Student {
    cookie: String,
    enrolment: EnrolmentId,
}

struct Answer {
    status: StatusCode,
    location: String,
    text: String,
}

fn reading(week: u32) -> NewReading {
    NewReading {
        title: format!("Secret title {week}"),
        author: None,
        author_role: None,
        publisher: "Example Journal".to_owned(),
        published_on: None,
        url: Some("https://example.org/article".parse().unwrap()),
        language: "en".parse().unwrap(),
        licence: None,
        photo_credit: None,
        summary: Some("Secret summary".to_owned()),
        body: None,
        rights: Rights::LinkOnly,
        minutes: 5,
    }
}

async fn module(txn: &Txn, week: u32) -> NewModule {
    let reading = add_reading(txn, reading(week)).await.unwrap();
    NewModule {
        title: format!("Module {week}"),
        dek: "Secret dek".to_owned(),
        outcomes: vec!["Secret outcome".to_owned()],
        questions: vec!["Secret question?".to_owned()],
        reflection_prompt: Some("Secret prompt".to_owned()),
        release_rule: Rule::Always,
        readings: vec![NewKey { reading: reading.id, required: true, why: "Secret reason".to_owned() }],
    }
}

async fn course(txn: &Txn) -> CohortId {
    let modules = vec![module(txn, 1).await, module(txn, 2).await];
    let new = NewCourse {
        slug: "example-course".parse().unwrap(),
        title: "Example course".to_owned(),
        dek: "An example.".to_owned(),
        description: Vec::new(),
        outcomes: vec!["Tell one from another.".to_owned()],
        questions: Vec::new(),
        hours_min: 3,
        hours_max: 4,
        language: "en".to_owned(),
        modules,
    };
    let course = create_course(txn, new).await.unwrap();
    let window = |opens: &str, closes: &str| EnrolmentWindow::new(opens.parse().unwrap(), closes.parse().unwrap()).unwrap();
    let cohort = NewCohort {
        slug: "example-cohort".parse().unwrap(),
        name: "January 2027".to_owned(),
        zone: "Asia/Kolkata".parse().unwrap(),
        starts_on: "2027-01-04".parse().unwrap(),
        capacity: 30,
        prices: Money::new(650_000, Currency::INR).into(),
        window: window("2026-12-01T00:00:00Z", "2027-02-01T00:00:00Z"),
        instructors: Vec::new(),
        timetable: Timetable::default(),
    };
    open_published(txn, course.id, cohort).await.unwrap().id
}

impl World {
    async fn on(bench: Bench) -> Self {
        let cohort = bench.services.db.write(Actor::Operator, async |txn| Ok::<_, sea_orm::DbErr>(course(txn).await)).await;
        let router = router(App::new(bench.services.clone()));
        Self { router, bench, cohort: cohort.unwrap() }
    }

    /// A student in Kathmandu with a held seat, confirmed by `confirm`.
    async fn student(&self, number: u32, confirm: impl AsyncFn(&Txn, EnrolmentId)) -> Student {
        let made = self.bench.services.db.write(Actor::Visitor, async |txn| {
            let email = format!("demo{number:02}@students.example").parse().unwrap();
            let name: PersonName = format!("Demo Student {number:02}").parse().unwrap();
            let zone = "Asia/Kathmandu".parse().unwrap();
            let details = Details { name: name.clone(), zone, country: "NP".parse().unwrap() };
            let person = register_student(txn, &email, details).await.unwrap();
            let held = enrolment::hold_seat(txn, self.cohort, person.id, name, 3).await.unwrap();
            confirm(txn, held.id).await;
            let token = start_session(txn, &person, None).await?;
            let cookie = format!("{}={}", web::session::CookieNames::new(false).session, token.plain());
            Ok::<_, sea_orm::DbErr>(Student { cookie, enrolment: held.id })
        });
        made.await.unwrap()
    }

    async fn enrolled(&self, number: u32) -> Student {
        self.student(number, async |txn, id| drop(enrolment::confirm(txn, id).await.unwrap())).await
    }

    async fn send(&self, method: Method, path: &str, cookie: &str, form: &'static str) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, self.bench.services.settings.server.public_url.authority())
            .header(header::ACCEPT, "text/html")
            .header(header::COOKIE, cookie)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .extension(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 4000))));
        let response = self.router.clone().oneshot(request.body(Body::from(form)).unwrap()).await.unwrap();
        let location = response.headers().get(header::LOCATION).map(|value| value.to_str().unwrap().to_owned());
        let status = response.status();
        let text = String::from_utf8(to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap();
        Answer { status, location: location.unwrap_or_default(), text }
    }

    async fn get(&self, path: &str, cookie: &str) -> Answer {
        self.send(Method::GET, path, cookie, "").await
    }
}

#[tokio::test]
async fn a_locked_week_and_its_readings_answer_403_and_keep_all_to_themselves() {
    for bench in Bench::each().await {
        let world = World::on(bench).await;
        let student = world.enrolled(1).await;
        let week = format!("/learn/{}/weeks/2", student.enrolment);
        for path in [week.clone(), format!("{week}/readings/secret-title-2"), format!("{week}/readings/no-such")] {
            let answer = world.get(&path, &student.cookie).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
            assert!(answer.text.contains("Monday 11 January 2027 at 09:15") && answer.text.contains("Asia/Kathmandu, UTC+05:45"));
            assert!(!answer.text.contains("Secret") && !answer.text.contains("/readings/"), "{}", answer.text);
        }
        let mark = format!("{week}/readings/secret-title-2/read");
        let answer = world.send(Method::POST, &mark, &student.cookie, "reflection=Early").await;
        assert_eq!((answer.status, answer.text.contains("Secret")), (StatusCode::FORBIDDEN, false));
        let dashboard = world.get("/learn", &student.cookie).await;
        assert!(dashboard.text.contains("0 of 2 readings read") && !dashboard.text.contains("Secret title 2"));
        world.bench.finish().await;
    }
}

#[tokio::test]
async fn a_held_seat_opens_nothing_and_says_what_to_do() {
    let world = World::on(Bench::sqlite().await).await;
    let student = world.student(1, async |_, _| ()).await;
    let week = world.get(&format!("/learn/{}/weeks/1", student.enrolment), &student.cookie).await;
    assert_eq!((week.status, week.text.contains("Secret")), (StatusCode::FORBIDDEN, false));
    let dashboard = world.get("/learn", &student.cookie).await;
    assert_eq!(dashboard.status, StatusCode::OK);
    assert!(dashboard.text.contains("Pay for your seat") && dashboard.text.contains("data-countdown"));
    world.bench.finish().await;
}

#[tokio::test]
async fn what_is_anothers_or_nobodys_is_not_found() {
    for bench in Bench::each().await {
        let world = World::on(bench).await;
        let (student, other) = (world.enrolled(1).await, world.enrolled(2).await);
        let home = format!("/learn/{}", student.enrolment);
        for below in ["", "/weeks/1", "/weeks/2", "/weeks/1/readings/secret-title-1"] {
            let path = format!("{home}{below}");
            assert_eq!(world.get(&path, &other.cookie).await.status, StatusCode::NOT_FOUND, "{path}");
            assert_eq!(world.get(&path, "").await.status, StatusCode::SEE_OTHER, "{path}");
        }
        let mark = format!("{home}/weeks/1/readings/secret-title-1/read");
        let answer = world.send(Method::POST, &mark, &other.cookie, "reflection=Mine").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        for below in ["/weeks/3", "/weeks/0", "/weeks/x", "/weeks/1/readings/secret-title-2", "/weeks/1/readings/A%00"] {
            let path = format!("{home}{below}");
            assert_eq!(world.get(&path, &student.cookie).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        assert_eq!(world.get("/learn/x", &student.cookie).await.status, StatusCode::NOT_FOUND);
        world.bench.finish().await;
    }
}

#[tokio::test]
async fn a_reading_is_marked_once_with_the_reflection_that_its_week_asks_for() {
    for bench in Bench::each().await {
        let world = World::on(bench).await;
        let student = world.enrolled(1).await;
        let week = format!("/learn/{}/weeks/1", student.enrolment);
        let (page, mark) = (format!("{week}/readings/secret-title-1"), format!("{week}/readings/secret-title-1/read"));
        let send = async |form| world.send(Method::POST, &mark, &student.cookie, form).await;

        let empty = send("reflection=+").await;
        assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(empty.text.contains("<title>Error: ") && empty.text.contains("Secret prompt"));
        let control = send("reflection=Kept%07words").await;
        assert_eq!(control.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(control.text.contains("words</textarea>"));
        assert_eq!(send("reflection=x&read_at=2020-01-01").await.status, StatusCode::BAD_REQUEST);
        assert!(world.get(&week, &student.cookie).await.text.contains("0 of 1 readings read"));

        for form in ["reflection=It+shows+how.", "reflection=Otherwise."] {
            let done = send(form).await;
            assert_eq!((done.status, done.location.as_str()), (StatusCode::SEE_OTHER, week.as_str()));
        }
        let read = world.get(&page, &student.cookie).await.text;
        assert!(read.contains("It shows how.") && !read.contains("Otherwise.") && !read.contains("<textarea"));
        assert!(world.get(&week, &student.cookie).await.text.contains("1 of 1 readings read"));
        world.bench.finish().await;
    }
}

#[tokio::test]
async fn the_page_of_a_week_costs_two_statements() {
    let world = World::on(Bench::sqlite().await).await;
    let student = world.enrolled(1).await;
    let week = format!("/learn/{}/weeks/1", student.enrolment);
    assert_eq!(world.get(&week, &student.cookie).await.status, StatusCode::OK);
    let before = world.bench.services.db.statements();
    assert!(world.get(&week, &student.cookie).await.text.contains("Secret title 1"));
    let cost = world.bench.services.db.statements() - before;
    assert_eq!(cost, 2, "the session, and what access is decided by");
    world.bench.finish().await;
}

#[tokio::test]
async fn anybody_sees_the_course_its_weeks_and_its_cohorts() {
    for bench in Bench::each().await {
        let empty = router(App::new(bench.services.clone()));
        let nothing = World { router: empty, cohort: CohortId(uuid::Uuid::nil()), bench };
        for (path, says) in [("/", "No course yet"), ("/cohorts", "No dates are set yet")] {
            let answer = nothing.get(path, "").await;
            assert!(answer.status == StatusCode::OK && answer.text.contains(says), "{path}");
        }
        let world = World::on(nothing.bench).await;
        let front = world.get("/", "").await.text;
        for says in ["Secret title 2", "Mon 11 Jan 2027, 09:00", "₹6,500.00", "30 of 30", "/cohorts/example-cohort/enrol"] {
            assert!(front.contains(says), "{says}");
        }
        assert!(front.contains("Full refund until 14 days after the start; none after a certificate."));
        let student = world.enrolled(1).await;
        let cohorts = world.get("/cohorts", &student.cookie).await.text;
        assert!(cohorts.contains("29 of 30") && cohorts.contains("/cohorts/example-cohort/enrol"));
        world.bench.services.clocks.set_machine("2027-02-01T00:00:00Z".parse().unwrap());
        let closed = world.get("/", "").await.text;
        assert!(closed.contains("No cohort has a free seat now") && closed.contains("Secret title 1"));
        assert!(world.get("/cohorts", "").await.text.contains("Finished"));
        world.bench.finish().await;
    }
}
