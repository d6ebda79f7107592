//! A database with a course of six modules, a cohort and a student, and the clock in the test's hands.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use sea_orm::{ConnectionTrait, Database, EntityTrait, QueryOrder};
use sea_orm_migration::MigratorTrait;

use crate::acts::{NewCohort, Timetable, open_published};
use crate::catalogue::model::{Cohort, EnrolmentWindow, Rule};
use crate::catalogue::{NewCourse, NewKey, NewModule, create_course};
use crate::db::rows::{audit::touches, mail as outbox};
use crate::db::{Db, Location, Txn};
use crate::enrolment;
use crate::identity::{Details, register_student};
use crate::kernel::ids::{CourseId, EnrolmentId, ModuleId, ReadingId, UserId};
use crate::kernel::random::Randomness;
use crate::kernel::{Actor, Clocks, Currency, Money, Timestamp};
use crate::learning::{self, MarkReadRefusal, Marked, Place};
use crate::readings::{NewReading, Rights, add_reading};
use crate::reminders;
use crate::schedule::Plans;

pub const BEFORE: &str = "2027-01-01T00:00:00Z";
/// Nine in the morning in Kolkata on the first, the eighth and the fifteenth day.
pub const WEEK_1: &str = "2027-01-04T03:30:00Z";
pub const WEEK_2: &str = "2027-01-11T03:30:00Z";
pub const WEEK_3: &str = "2027-01-18T03:30:00Z";

pub struct World {
    pub db: Db,
    pub clocks: Clocks,
    pub plans: Plans,
    pub course: CourseId,
    pub cohort: Cohort,
    _folder: tempfile::TempDir,
}

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn reading(title: String) -> NewReading {
    NewReading {
        title,
        author: None,
        author_role: None,
        publisher: "Example Journal".to_owned(),
        published_on: None,
        url: Some("https://example.org/article".parse().unwrap()),
        language: "en".parse().unwrap(),
        licence: None,
        photo_credit: None,
        summary: None,
        body: None,
        rights: Rights::LinkOnly,
        minutes: 5,
    }
}

/// A SQLite file, or a new schema on the PostgreSQL server that `LECTERN_TEST_POSTGRES` names (a URL).
async fn location(folder: &Path) -> Location {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let Ok(url) = std::env::var("LECTERN_TEST_POSTGRES") else { return Location::File(folder.join("test.db")) };
    let schema = format!("lectern_acts_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let server = Database::connect(&url).await.unwrap();
    let create = format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}");
    server.execute_unprepared(&create).await.unwrap();
    server.close().await.unwrap();
    Location::Server { url: url.into(), schema: Some(schema) }
}

/// Six modules of two readings, the first of each required; module 3 waits for the readings of module 2.
async fn new_course(txn: &Txn) -> NewCourse {
    let mut modules = Vec::new();
    for week in 1..=6u32 {
        let mut readings = Vec::new();
        for place in 1..=2 {
            let reading = add_reading(txn, reading(format!("Week {week} reading {place}"))).await.unwrap();
            readings.push(NewKey { reading: reading.id, required: place == 1, why: "It shows how.".to_owned() });
        }
        modules.push(NewModule {
            title: format!("Week {week}"),
            dek: String::new(),
            outcomes: vec!["Tell one from another".to_owned()],
            questions: Vec::new(),
            reflection_prompt: None,
            release_rule: if week == 3 { Rule::RequiredReadingsRead { module: 2 } } else { Rule::Always },
            readings,
        });
    }
    NewCourse {
        slug: "example-course".parse().unwrap(),
        title: "Example course".to_owned(),
        dek: String::new(),
        description: Vec::new(),
        outcomes: Vec::new(),
        questions: Vec::new(),
        hours_min: 3,
        hours_max: 4,
        language: "en".to_owned(),
        modules,
    }
}

impl World {
    /// The course, and a cohort of it that takes enrolments.
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clocks = Clocks::manual(at(BEFORE));
        let location = location(folder.path()).await;
        let db = Db::connect(&location, clocks.clone(), Randomness::from_seed(7)).await.unwrap();
        migrations::Migrator::up(db.for_migrations(), None).await.unwrap();
        let (course, cohort) = db
            .write(Actor::Operator, async |txn| {
                let new = new_course(txn).await;
                let course = create_course(txn, new).await.unwrap();
                let cohort = open_published(txn, course.id, new_cohort("example-cohort")).await.unwrap();
                Ok::<_, sea_orm::DbErr>((course.id, cohort))
            })
            .await
            .unwrap();
        Self { db, clocks, plans: Plans::default(), course, cohort, _folder: folder }
    }

    pub async fn enrol(&self, number: u32) -> (UserId, EnrolmentId) {
        let held = self
            .db
            .write(Actor::Visitor, async |txn| {
                let email = format!("student{number}@example.org").parse().unwrap();
                let name: crate::kernel::PersonName = format!("Demo Student {number:02}").parse().unwrap();
                let zone = "Asia/Kolkata".parse().unwrap();
                let details = Details { name: name.clone(), zone, country: "IN".parse().unwrap() };
                let person = register_student(txn, &email, details).await.unwrap();
                let held = enrolment::hold_seat(txn, self.cohort.id, person.id, name, 3).await.unwrap();
                enrolment::confirm(txn, held.id).await.unwrap();
                Ok::<_, sea_orm::DbErr>((person.id, held.id))
            })
            .await;
        held.unwrap()
    }

    pub fn time(&self, moment: &str) {
        self.clocks.set_machine(at(moment));
    }

    pub async fn place(&self, (user, enrolment): (UserId, EnrolmentId)) -> Place {
        let snapshot = self.db.snapshot().await.unwrap();
        learning::access(&snapshot, &self.plans, user, enrolment).await.unwrap().unwrap()
    }

    pub async fn module(&self, position: u32) -> (ModuleId, Vec<ReadingId>) {
        let snapshot = self.db.snapshot().await.unwrap();
        let modules = crate::catalogue::cohort_modules(&snapshot, self.cohort.id).await.unwrap();
        let module = &modules[position as usize - 1];
        (module.id, module.readings.iter().map(|key| key.reading).collect())
    }

    pub async fn mark(&self, who: (UserId, EnrolmentId), position: u32, place: usize) -> Result<Marked, MarkReadRefusal> {
        let (module, readings) = self.module(position).await;
        let work = async |txn: &crate::db::Txn| learning::mark_read(txn, &self.plans, who, (module, readings[place]), "").await;
        self.db.write(Actor::User(who.0), work).await
    }

    /// Runs the planner until nobody is touched.
    pub async fn plan(&self) {
        for _ in 0..20 {
            self.db.write(Actor::Visitor, async |txn| reminders::plan_touched(txn, &self.plans).await).await.unwrap();
            let snapshot = self.db.snapshot().await.unwrap();
            if touches::Entity::find().all(&*snapshot).await.unwrap().is_empty() {
                return;
            }
        }
        panic!("touches are left");
    }

    /// The outbox, by due moment.
    pub async fn letters(&self) -> Vec<outbox::Model> {
        let snapshot = self.db.snapshot().await.unwrap();
        outbox::Entity::find().order_by_asc(outbox::Column::DueAt).all(&*snapshot).await.unwrap()
    }

    /// The course news in it.
    pub async fn mail(&self) -> Vec<outbox::Model> {
        let mut letters = self.letters().await;
        letters.retain(|row| matches!(row.kind.as_str(), "module_released" | "release_moved"));
        letters
    }

    /// The week and the due moment of all course news that waits.
    pub async fn waiting(&self) -> Vec<(String, Timestamp)> {
        let pending = self.mail().await.into_iter().filter(|row| row.state == outbox::State::Pending);
        pending.map(|row| (row.dedupe_key.rsplit(':').next().unwrap().to_owned(), row.due_at.into())).collect()
    }
}

pub fn new_cohort(slug: &str) -> NewCohort {
    NewCohort {
        slug: slug.parse().unwrap(),
        name: "Example cohort".to_owned(),
        zone: "Asia/Kolkata".parse().unwrap(),
        starts_on: "2027-01-04".parse().unwrap(),
        capacity: 400,
        prices: Money::new(650_000, Currency::INR).into(),
        window: EnrolmentWindow::new(at("2026-12-01T00:00:00Z"), at("2027-03-01T00:00:00Z")).unwrap(),
        instructors: Vec::new(),
        timetable: Timetable::default(),
    }
}
