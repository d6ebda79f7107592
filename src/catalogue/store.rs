//! Queries of courses, as templates.

use std::collections::BTreeMap;

use sea_orm::sea_query::{Expr, ExprTrait, LockType};
use sea_orm::{ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set, Unchanged};
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
        version: row.version,
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
        version: Set(course.version),
    };
    courses::Entity::insert(row).exec_without_returning(&**txn).await?;
    for module in modules {
        insert_module(txn, module).await?;
    }
    Ok(())
}

/// The columns of a module.
fn module_row(module: &CourseModule, version: i32) -> Result<course_modules::ActiveModel, DbErr> {
    Ok(course_modules::ActiveModel {
        id: Set(module.id),
        course_id: Set(module.course),
        position: Set(integer(module.position)?),
        title: Set(module.title.clone()),
        dek: Set(module.dek.clone()),
        outcomes: Set(to_json(&module.outcomes)?),
        questions: Set(to_json(&module.questions)?),
        reflection_prompt: Set(module.reflection_prompt.clone()),
        release_rule: Set(to_json(&module.release_rule)?),
        version: Set(version),
    })
}

pub(super) async fn insert_module(txn: &Txn, module: &CourseModule) -> Result<(), DbErr> {
    course_modules::Entity::insert(module_row(module, module.version)?).exec_without_returning(&**txn).await?;
    insert_keys(txn, module.id, &module.readings).await
}

async fn insert_keys(txn: &Txn, module: ModuleId, keys: &[ReadingKey]) -> Result<(), DbErr> {
    for key in keys {
        let row = course_module_readings::ActiveModel {
            module_id: Set(module),
            reading_id: Set(key.reading),
            position: Set(integer(key.position)?),
            required: Set(key.required),
            why: Set(key.why.clone()),
        };
        course_module_readings::Entity::insert(row).exec_without_returning(&**txn).await?;
    }
    Ok(())
}

/// The course, its row locked: edits of it and copies of it come one after the other.
pub(crate) async fn course_for_update(txn: &Txn, id: CourseId) -> Result<Option<Course>, DbErr> {
    courses::Entity::find_by_id(id).lock(LockType::NoKeyUpdate).one(&**txn).await?.map(to_course).transpose()
}

/// The course that a module belongs to.
pub(super) async fn course_of(txn: &Txn, module: ModuleId) -> Result<Option<CourseId>, DbErr> {
    Ok(course_modules::Entity::find_by_id(module).one(&**txn).await?.map(|row| row.course_id))
}

/// Writes a course's facts under its next version.
pub(super) async fn update_course(txn: &Txn, course: &Course) -> Result<(), DbErr> {
    let row = courses::ActiveModel {
        id: Unchanged(course.id),
        title: Set(course.title.clone()),
        dek: Set(course.dek.clone()),
        description: Set(to_json(&course.description)?),
        outcomes: Set(to_json(&course.outcomes)?),
        questions: Set(to_json(&course.questions)?),
        hours_min: Set(integer(course.hours_min)?),
        hours_max: Set(integer(course.hours_max)?),
        language: Set(course.language.clone()),
        version: Set(course.version + 1),
        ..Default::default()
    };
    row.update(&**txn).await?;
    Ok(())
}

/// Counts a change of the modules' order.
pub(super) async fn raise_course_version(txn: &Txn, course: CourseId) -> Result<(), DbErr> {
    courses::Entity::update_many()
        .col_expr(courses::Column::Version, Expr::col(courses::Column::Version).add(1))
        .filter(courses::COLUMN.id.eq(course))
        .exec(&**txn)
        .await?;
    Ok(())
}

/// Writes a module's texts and place under its next version.
pub(super) async fn update_module(txn: &Txn, module: &CourseModule) -> Result<(), DbErr> {
    let row = course_modules::ActiveModel { id: Unchanged(module.id), ..module_row(module, module.version + 1)? };
    row.update(&**txn).await?;
    Ok(())
}

/// Takes a module out of the numbered places, until [`update_module`] gives it one.
pub(super) async fn set_aside(txn: &Txn, module: &CourseModule) -> Result<(), DbErr> {
    course_modules::Entity::update_many()
        .col_expr(course_modules::Column::Position, Expr::value(-integer(module.position)?))
        .filter(course_modules::COLUMN.id.eq(module.id))
        .exec(&**txn)
        .await?;
    Ok(())
}

pub(super) async fn delete_module(txn: &Txn, module: ModuleId) -> Result<(), DbErr> {
    delete_keys(txn, module).await?;
    course_modules::Entity::delete_by_id(module).exec(&**txn).await?;
    Ok(())
}

async fn delete_keys(txn: &Txn, module: ModuleId) -> Result<(), DbErr> {
    let theirs = course_module_readings::Entity::delete_many().filter(course_module_readings::COLUMN.module_id.eq(module));
    theirs.exec(&**txn).await?;
    Ok(())
}

/// Writes a module's readings anew, under its next version.
pub(super) async fn replace_keys(txn: &Txn, module: ModuleId, keys: &[ReadingKey]) -> Result<(), DbErr> {
    delete_keys(txn, module).await?;
    insert_keys(txn, module, keys).await?;
    course_modules::Entity::update_many()
        .col_expr(course_modules::Column::Version, Expr::col(course_modules::Column::Version).add(1))
        .filter(course_modules::COLUMN.id.eq(module))
        .exec(&**txn)
        .await?;
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
        version: row.version,
    })
}
