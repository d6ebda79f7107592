//! Queries of courses, as templates.

use std::collections::BTreeMap;

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, Set};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::model::{Course, CourseModule, ReadingKey};
use crate::db::rows::catalogue::{course_module_readings, course_modules, courses};
use crate::db::{Conn, Txn, corrupt};
use crate::kernel::Slug;
use crate::kernel::ids::{CourseId, ModuleId};

pub(super) fn from_json<T: DeserializeOwned>(value: Value, what: &'static str) -> Result<T, DbErr> {
    serde_json::from_value(value).map_err(|_| corrupt(what))
}

pub(super) fn to_json<T: Serialize>(value: &T) -> Result<Value, DbErr> {
    serde_json::to_value(value).map_err(|error| DbErr::Json(error.to_string()))
}

pub(super) fn natural(number: i32, what: &'static str) -> Result<u32, DbErr> {
    u32::try_from(number).map_err(|_| corrupt(what))
}

pub(super) fn integer(number: u32) -> Result<i32, DbErr> {
    i32::try_from(number).map_err(|_| DbErr::Custom("a number beyond what the database holds".to_owned()))
}

fn to_course(row: courses::Model) -> Result<Course, DbErr> {
    Ok(Course {
        id: row.id,
        slug: row.slug.parse().map_err(|_| corrupt("slug"))?,
        title: row.title,
        dek: row.dek,
        description: from_json(row.description, "description")?,
        outcomes: from_json(row.outcomes, "list of outcomes")?,
        questions: from_json(row.questions, "list of questions")?,
        hours_min: natural(row.hours_min, "number of hours")?,
        hours_max: natural(row.hours_max, "number of hours")?,
        language: row.language,
    })
}

pub(super) async fn insert_course(txn: &Txn, course: &Course, modules: &[CourseModule]) -> Result<(), DbErr> {
    let row = courses::ActiveModel {
        id: Set(course.id),
        slug: Set(course.slug.as_str().to_owned()),
        title: Set(course.title.clone()),
        dek: Set(course.dek.clone()),
        description: Set(to_json(&course.description)?),
        outcomes: Set(to_json(&course.outcomes)?),
        questions: Set(to_json(&course.questions)?),
        hours_min: Set(integer(course.hours_min)?),
        hours_max: Set(integer(course.hours_max)?),
        language: Set(course.language.clone()),
        created_at: Set(txn.now().into()),
    };
    courses::Entity::insert(row).exec_without_returning(&**txn).await?;
    for module in modules {
        insert_module(txn, module).await?;
    }
    Ok(())
}

async fn insert_module(txn: &Txn, module: &CourseModule) -> Result<(), DbErr> {
    let row = course_modules::ActiveModel {
        id: Set(module.id),
        course_id: Set(module.course),
        position: Set(integer(module.position)?),
        title: Set(module.title.clone()),
        dek: Set(module.dek.clone()),
        outcomes: Set(to_json(&module.outcomes)?),
        questions: Set(to_json(&module.questions)?),
        reflection_prompt: Set(module.reflection_prompt.clone()),
        release_rule: Set(to_json(&module.release_rule)?),
    };
    course_modules::Entity::insert(row).exec_without_returning(&**txn).await?;
    for key in &module.readings {
        let row = course_module_readings::ActiveModel {
            module_id: Set(module.id),
            reading_id: Set(key.reading),
            position: Set(integer(key.position)?),
            required: Set(key.required),
            why: Set(key.why.clone()),
        };
        course_module_readings::Entity::insert(row).exec_without_returning(&**txn).await?;
    }
    Ok(())
}

/// The course.
///
/// # Errors
/// The database's own.
pub async fn course(conn: &Conn, id: CourseId) -> Result<Option<Course>, DbErr> {
    courses::Entity::find_by_id(id).one(conn).await?.map(to_course).transpose()
}

/// The course at this address.
///
/// # Errors
/// The database's own.
pub async fn course_by_slug(conn: &Conn, slug: &Slug) -> Result<Option<Course>, DbErr> {
    courses::Entity::find().filter(courses::COLUMN.slug.eq(slug.as_str())).one(conn).await?.map(to_course).transpose()
}

/// Every course, oldest first.
///
/// # Errors
/// The database's own.
pub async fn courses(conn: &Conn) -> Result<Vec<Course>, DbErr> {
    courses::Entity::find().order_by_asc(courses::Column::Id).all(conn).await?.into_iter().map(to_course).collect()
}

/// A course's modules with their reading keys, in order.
///
/// # Errors
/// The database's own.
pub async fn course_modules(conn: &Conn, course: CourseId) -> Result<Vec<CourseModule>, DbErr> {
    let modules = course_modules::Entity::find()
        .filter(course_modules::COLUMN.course_id.eq(course))
        .order_by_asc(course_modules::Column::Position)
        .all(conn)
        .await?;
    let keys = course_module_readings::Entity::find()
        .filter(course_module_readings::Column::ModuleId.is_in(modules.iter().map(|module| module.id)))
        .order_by_asc(course_module_readings::Column::Position)
        .all(conn)
        .await?;
    let mut by_module = BTreeMap::<ModuleId, Vec<ReadingKey>>::new();
    for key in keys {
        let position = natural(key.position, "position of a reading")?;
        let read = ReadingKey { reading: key.reading_id, position, required: key.required, why: key.why };
        by_module.entry(key.module_id).or_default().push(read);
    }
    modules.into_iter().map(|row| to_module(row, &mut by_module)).collect()
}

fn to_module(row: course_modules::Model, keys: &mut BTreeMap<ModuleId, Vec<ReadingKey>>) -> Result<CourseModule, DbErr> {
    Ok(CourseModule {
        id: row.id,
        course: row.course_id,
        position: natural(row.position, "position of a module")?,
        title: row.title,
        dek: row.dek,
        outcomes: from_json(row.outcomes, "list of outcomes")?,
        questions: from_json(row.questions, "list of questions")?,
        reflection_prompt: row.reflection_prompt,
        release_rule: from_json(row.release_rule, "release rule")?,
        readings: keys.remove(&row.id).unwrap_or_default(),
    })
}
