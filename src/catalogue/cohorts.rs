//! Queries of cohorts and their own copies of modules.

use std::collections::BTreeMap;

use sea_orm::sea_query::{Expr, ExprTrait, LockType};
use sea_orm::{ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select, Set};

use super::model::{Cohort, CohortModule, EnrolmentWindow, ReadingKey};
use super::store::{from_json, integer, natural, to_json};
use crate::db::rows::catalogue::{cohort_instructors, cohort_module_readings, cohort_modules, cohorts};
use crate::db::{Conn, Txn, corrupt};
use crate::kernel::Slug;
use crate::kernel::ids::{CohortId, CourseId, ModuleId, UserId};
use crate::organisation::RefundRule;

/// The cohort that a row holds.
///
/// # Errors
/// A stored value does not parse.
pub(crate) fn to_cohort(row: cohorts::Model) -> Result<Cohort, DbErr> {
    let window = EnrolmentWindow::new(row.enrol_opens_at.into(), row.enrol_closes_at.into());
    Ok(Cohort {
        id: row.id,
        course: row.course_id,
        course_title: row.course_title,
        slug: row.slug.parse().map_err(|_| corrupt("slug"))?,
        name: row.name,
        zone: row.zone.parse().map_err(|_| corrupt("zone"))?,
        starts_on: row.starts_on.into(),
        capacity: natural(row.capacity, "capacity")?,
        prices: from_json(row.prices, "list of prices")?,
        window: window.map_err(|_| corrupt("enrolment window"))?,
        refund_rule: u16::try_from(row.refund_days)
            .ok()
            .and_then(|days| RefundRule::new(days).ok())
            .ok_or_else(|| corrupt("refund rule"))?,
        revision: row.revision,
        published_at: row.published_at.map(Into::into),
    })
}

/// Writes a new cohort with its own modules and reading keys, and who teaches it.
///
/// # Errors
/// The database's own: the slug may be taken.
pub(crate) async fn insert_cohort(
    txn: &Txn,
    cohort: &Cohort,
    modules: &[CohortModule],
    instructors: &[UserId],
) -> Result<(), DbErr> {
    let row = cohorts::ActiveModel {
        id: Set(cohort.id),
        course_id: Set(cohort.course),
        course_title: Set(cohort.course_title.clone()),
        slug: Set(cohort.slug.as_str().to_owned()),
        name: Set(cohort.name.clone()),
        zone: Set(cohort.zone.name().to_owned()),
        starts_on: Set(cohort.starts_on.into()),
        capacity: Set(integer(cohort.capacity)?),
        prices: Set(to_json(&cohort.prices)?),
        enrol_opens_at: Set(cohort.window.opens().into()),
        enrol_closes_at: Set(cohort.window.closes().into()),
        revision: Set(cohort.revision),
        created_at: Set(txn.now().into()),
        published_at: Set(cohort.published_at.map(Into::into)),
        refund_days: Set(cohort.refund_rule.days().into()),
    };
    cohorts::Entity::insert(row).exec_without_returning(&**txn).await?;
    for module in modules {
        insert_module(txn, module).await?;
    }
    insert_instructors(txn, cohort.id, instructors).await
}

async fn insert_module(txn: &Txn, module: &CohortModule) -> Result<(), DbErr> {
    let row = cohort_modules::ActiveModel {
        id: Set(module.id),
        cohort_id: Set(module.cohort),
        position: Set(integer(module.position)?),
        title: Set(module.title.clone()),
        dek: Set(module.dek.clone()),
        outcomes: Set(to_json(&module.outcomes)?),
        questions: Set(to_json(&module.questions)?),
        reflection_prompt: Set(module.reflection_prompt.clone()),
        release_rule: Set(to_json(&module.release_rule)?),
    };
    cohort_modules::Entity::insert(row).exec_without_returning(&**txn).await?;
    insert_keys(txn, module.id, &module.readings).await
}

async fn insert_keys(txn: &Txn, module: ModuleId, keys: &[ReadingKey]) -> Result<(), DbErr> {
    for key in keys {
        let row = cohort_module_readings::ActiveModel {
            module_id: Set(module),
            reading_id: Set(key.reading),
            position: Set(integer(key.position)?),
            required: Set(key.required),
            why: Set(key.why.clone()),
        };
        cohort_module_readings::Entity::insert(row).exec_without_returning(&**txn).await?;
    }
    Ok(())
}

/// Gives a module these reading keys in place of those it had. The caller raises the cohort's revision with it.
pub(crate) async fn set_keys(txn: &Txn, module: ModuleId, keys: &[ReadingKey]) -> Result<(), DbErr> {
    let had = cohort_module_readings::Entity::delete_many().filter(cohort_module_readings::COLUMN.module_id.eq(module));
    had.exec(&**txn).await?;
    insert_keys(txn, module, keys).await
}

async fn insert_instructors(txn: &Txn, cohort: CohortId, instructors: &[UserId]) -> Result<(), DbErr> {
    for &user_id in instructors {
        let row = cohort_instructors::ActiveModel { cohort_id: Set(cohort), user_id: Set(user_id) };
        cohort_instructors::Entity::insert(row).exec_without_returning(&**txn).await?;
    }
    Ok(())
}

/// Gives a cohort these instructors in place of those it had.
pub(crate) async fn set_instructors(txn: &Txn, cohort: CohortId, instructors: &[UserId]) -> Result<(), DbErr> {
    let had = cohort_instructors::Entity::delete_many().filter(cohort_instructors::COLUMN.cohort_id.eq(cohort));
    had.exec(&**txn).await?;
    insert_instructors(txn, cohort, instructors).await
}

/// Writes what of a cohort may change after its opening: capacity, prices, window, refund rule, publication, revision.
pub(crate) async fn save_cohort(txn: &Txn, cohort: &Cohort) -> Result<(), DbErr> {
    let row = cohorts::ActiveModel {
        id: Set(cohort.id),
        capacity: Set(integer(cohort.capacity)?),
        prices: Set(to_json(&cohort.prices)?),
        enrol_opens_at: Set(cohort.window.opens().into()),
        enrol_closes_at: Set(cohort.window.closes().into()),
        revision: Set(cohort.revision),
        published_at: Set(cohort.published_at.map(Into::into)),
        refund_days: Set(cohort.refund_rule.days().into()),
        ..Default::default()
    };
    row.update(&**txn).await?;
    Ok(())
}

/// The cohort.
///
/// # Errors
/// The database's own.
pub async fn cohort(conn: &Conn, id: CohortId) -> Result<Option<Cohort>, DbErr> {
    cohorts::Entity::find_by_id(id).one(conn).await?.map(to_cohort).transpose()
}

/// The cohort, its row locked: whoever changes its plan waits for whoever did before.
pub(crate) async fn cohort_for_update(txn: &Txn, id: CohortId) -> Result<Option<Cohort>, DbErr> {
    let row = cohorts::Entity::find_by_id(id).lock(LockType::NoKeyUpdate).one(&**txn).await?;
    row.map(to_cohort).transpose()
}

/// The cohort at this address.
///
/// # Errors
/// The database's own.
pub async fn cohort_by_slug(conn: &Conn, slug: &Slug) -> Result<Option<Cohort>, DbErr> {
    cohorts::Entity::find().filter(cohorts::COLUMN.slug.eq(slug.as_str())).one(conn).await?.map(to_cohort).transpose()
}

async fn list(conn: &Conn, which: Select<cohorts::Entity>) -> Result<Vec<Cohort>, DbErr> {
    let in_order = which.order_by_asc(cohorts::Column::StartsOn).order_by_asc(cohorts::Column::Id);
    in_order.all(conn).await?.into_iter().map(to_cohort).collect()
}

/// A course's published cohorts, by their start: what the public may know.
///
/// # Errors
/// The database's own.
pub async fn cohorts(conn: &Conn, course: CourseId) -> Result<Vec<Cohort>, DbErr> {
    let published = cohorts::Entity::find().filter(cohorts::COLUMN.published_at.is_not_null());
    list(conn, published.filter(cohorts::COLUMN.course_id.eq(course))).await
}

/// Every published cohort of every course, by its start.
///
/// # Errors
/// The database's own.
pub async fn published(conn: &Conn) -> Result<Vec<Cohort>, DbErr> {
    list(conn, cohorts::Entity::find().filter(cohorts::COLUMN.published_at.is_not_null())).await
}

/// Every cohort of every course, by its start, whether published or not.
///
/// # Errors
/// The database's own.
pub async fn all_cohorts(conn: &Conn) -> Result<Vec<Cohort>, DbErr> {
    list(conn, cohorts::Entity::find()).await
}

/// The cohorts that a person teaches, by their start.
///
/// # Errors
/// The database's own.
pub async fn cohorts_of_instructor(conn: &Conn, user: UserId) -> Result<Vec<Cohort>, DbErr> {
    let taught = cohort_instructors::Entity::find()
        .select_only()
        .column(cohort_instructors::Column::CohortId)
        .filter(cohort_instructors::COLUMN.user_id.eq(user))
        .into_query();
    list(conn, cohorts::Entity::find().filter(cohorts::Column::Id.in_subquery(taught))).await
}

/// Who teaches a cohort.
///
/// # Errors
/// The database's own.
pub async fn instructors(conn: &Conn, cohort: CohortId) -> Result<Vec<UserId>, DbErr> {
    let rows = cohort_instructors::Entity::find().filter(cohort_instructors::COLUMN.cohort_id.eq(cohort));
    Ok(rows.all(conn).await?.into_iter().map(|row| row.user_id).collect())
}

/// A cohort's own modules with their reading keys, in order.
///
/// # Errors
/// The database's own.
pub async fn cohort_modules(conn: &Conn, cohort: CohortId) -> Result<Vec<CohortModule>, DbErr> {
    let modules = cohort_modules::Entity::find()
        .filter(cohort_modules::COLUMN.cohort_id.eq(cohort))
        .order_by_asc(cohort_modules::Column::Position)
        .all(conn)
        .await?;
    let keys = cohort_module_readings::Entity::find()
        .filter(cohort_module_readings::Column::ModuleId.is_in(modules.iter().map(|module| module.id)))
        .order_by_asc(cohort_module_readings::Column::Position)
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

/// How many weeks each of these cohorts has, in one statement; one without any is absent.
///
/// # Errors
/// The database's own.
pub async fn weeks_of(conn: &Conn, cohorts: &[CohortId]) -> Result<BTreeMap<CohortId, u32>, DbErr> {
    use cohort_modules::Column as C;
    let rows: Vec<(CohortId, i64)> = cohort_modules::Entity::find()
        .select_only()
        .column(C::CohortId)
        .column_as(C::Id.count(), "weeks")
        .filter(C::CohortId.is_in(cohorts.iter().copied()))
        .group_by(C::CohortId)
        .into_tuple()
        .all(conn)
        .await?;
    let weeks = |(cohort, weeks)| Ok((cohort, u32::try_from(weeks).map_err(|_| corrupt("number of weeks"))?));
    rows.into_iter().map(weeks).collect()
}

fn to_module(row: cohort_modules::Model, keys: &mut BTreeMap<ModuleId, Vec<ReadingKey>>) -> Result<CohortModule, DbErr> {
    Ok(CohortModule {
        id: row.id,
        cohort: row.cohort_id,
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

/// Counts a change of a cohort's plan.
pub(crate) async fn raise_revision(txn: &Txn, cohort: CohortId) -> Result<(), DbErr> {
    cohorts::Entity::update_many()
        .col_expr(cohorts::Column::Revision, Expr::col(cohorts::Column::Revision).add(1))
        .filter(cohorts::COLUMN.id.eq(cohort))
        .exec(&**txn)
        .await?;
    Ok(())
}
