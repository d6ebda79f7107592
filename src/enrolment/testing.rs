//! A cast that is plainly invented, and a cohort for it.

use sea_orm::{EntityTrait, Set};
use serde_json::json;

use crate::catalogue::model::Prices;
use crate::db::rows::catalogue::{cohorts, courses};
use crate::db::{Db, Txn};
use crate::identity::{self, Person, Role};
use crate::kernel::ids::{CohortId, CourseId, UserId};
use crate::kernel::time::{SignedDuration, shifted};
use crate::kernel::{Actor, Component, Currency, Money, PersonName, Zone};
use crate::testing::START;

pub(crate) const PRICE: i64 = 650_000;
pub(crate) const SYSTEM: Actor = Actor::System(Component::Worker);

/// A cohort open for enrolment until a day after [`START`].
pub(crate) async fn cohort_of(db: &Db, capacity: i32) -> CohortId {
    db.write(SYSTEM, async |txn| cohort(txn, capacity).await).await.unwrap()
}

pub(crate) async fn student_of(db: &Db, number: u32) -> UserId {
    db.write(SYSTEM, async |txn| Ok::<_, identity::CreateRefusal>(student(txn, number).await?.id)).await.unwrap()
}

pub(crate) async fn student(txn: &Txn, number: u32) -> Result<Person, identity::CreateRefusal> {
    let email = format!("demo.student.{number:03}@example.org").parse().unwrap();
    identity::create_person(txn, &email, name(number), Zone::UTC, Role::Student).await
}

pub(crate) fn name(number: u32) -> PersonName {
    format!("Demo Student {number:03}").parse().unwrap()
}

async fn cohort(txn: &Txn, capacity: i32) -> Result<CohortId, sea_orm::DbErr> {
    let (course, cohort): (CourseId, CohortId) = (txn.new_id(), txn.new_id());
    let row = courses::ActiveModel {
        version: Set(1),
        id: Set(course),
        slug: Set(format!("course-{}", course.0.simple())),
        title: Set("Demo Course".to_owned()),
        dek: Set(String::new()),
        description: Set(json!([])),
        outcomes: Set(json!([])),
        questions: Set(json!([])),
        hours_min: Set(1),
        hours_max: Set(2),
        language: Set("en".to_owned()),
        created_at: Set(txn.now().into()),
    };
    courses::Entity::insert(row).exec_without_returning(&**txn).await?;
    let row = cohorts::ActiveModel {
        course_title: Set("Example Course".to_owned()),
        id: Set(cohort),
        course_id: Set(course),
        slug: Set(format!("cohort-{}", cohort.0.simple())),
        name: Set("Demo Cohort".to_owned()),
        zone: Set("Asia/Kolkata".to_owned()),
        starts_on: Set(jiff::civil::date(2027, 2, 1).into()),
        capacity: Set(capacity),
        prices: Set(json!(Prices::from(Money::new(PRICE, Currency::INR)))),
        enrol_opens_at: Set(shifted(START, SignedDuration::from_hours(-24)).into()),
        enrol_closes_at: Set(shifted(START, SignedDuration::from_hours(24)).into()),
        revision: Set(1),
        created_at: Set(txn.now().into()),
        published_at: Set(Some(txn.now().into())),
        refund_days: Set(14),
    };
    cohorts::Entity::insert(row).exec_without_returning(&**txn).await?;
    Ok(cohort)
}
