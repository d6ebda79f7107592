//! The library as staff look through it: what is there, whether it can be read, and where it is used.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::sea_query::{Expr, ExprTrait, Func, LikeExpr, SelectStatement};
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use crate::db::Conn;
use crate::db::rows::catalogue::{cohort_module_readings, cohort_modules, course_module_readings};
use crate::db::rows::readings::readings as rows;
use crate::kernel::ids::{CohortId, ModuleId, ReadingId};
use crate::readings::{self, Card};

/// How many readings a page lists.
pub const PAGE: u64 = 25;
/// More words than that are not looked for.
const WORDS: usize = 8;

/// Which readings are wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Words that stand in the title, the author or the publisher, each in any of them. SQLite folds only ASCII letters' case.
    pub find: String,
    pub ready: Readiness,
    pub used: Used,
    /// These are not wanted.
    pub without: Vec<ReadingId>,
    /// From 1.
    pub page: u64,
}

/// Whether there is something to read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Readiness {
    #[default]
    Any,
    Ready,
    NotReady,
}

/// Where it is used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Used {
    #[default]
    Anywhere,
    InCourse,
    InCohort,
    Nowhere,
}

/// A page of the library, by title.
#[derive(Debug, Clone)]
pub struct Shelf {
    pub rows: Vec<ShelfRow>,
    /// How many are wanted in all.
    pub total: u64,
    /// Of this page, from 1.
    pub page: u64,
    pub pages: u64,
}

/// A reading in the list.
#[derive(Debug, Clone)]
pub struct ShelfRow {
    pub card: Card,
    pub in_course: bool,
    /// How many cohorts have it.
    pub cohorts: usize,
}

/// The readings that are wanted.
///
/// # Errors
/// The database's own.
pub async fn shelf(conn: &Conn, wanted: &Wanted) -> Result<Shelf, DbErr> {
    let found = rows::Entity::find().filter(condition(wanted));
    let total = found.clone().count(conn).await?;
    let pages = Ord::max(total.div_ceil(PAGE), 1);
    let page = wanted.page.clamp(1, pages);
    let ids: Vec<ReadingId> = found
        .select_only()
        .column(rows::Column::Id)
        .order_by_asc(rows::Column::Title)
        .order_by_asc(rows::Column::Id)
        .offset((page - 1) * PAGE)
        .limit(PAGE)
        .into_tuple()
        .all(conn)
        .await?;
    let cards = readings::cards(conn, &ids).await?;
    let mut cards: BTreeMap<_, _> = cards.into_iter().map(|card| (card.id, card)).collect();
    let (courses, cohorts) = (in_courses(conn, &ids).await?, in_cohorts(conn, &ids).await?);
    let row = |id: &ReadingId| {
        let card = cards.remove(id)?;
        let cohorts = cohorts.get(id).map_or(0, BTreeSet::len);
        Some(ShelfRow { in_course: courses.contains(id), cohorts, card })
    };
    Ok(Shelf { rows: ids.iter().filter_map(row).collect(), total, page, pages })
}

fn condition(wanted: &Wanted) -> Condition {
    use rows::Column as C;
    let mut all = Condition::all();
    for word in wanted.find.split_whitespace().take(WORDS) {
        let mut holds = Condition::any();
        // The databases differ in which letters beyond ASCII they make small.
        for small in BTreeSet::from([word.to_ascii_lowercase(), word.to_lowercase()]) {
            for column in [C::Title, C::Author, C::Publisher] {
                holds = holds.add(Expr::expr(Func::lower(Expr::col(column))).like(pattern(&small)));
            }
        }
        all = all.add(holds);
    }
    let ready = readings::is_ready();
    all = match wanted.ready {
        Readiness::Any => all,
        Readiness::Ready => all.add(ready),
        Readiness::NotReady => all.add(ready.not()),
    };
    all = match wanted.used {
        Used::Anywhere => all,
        Used::InCourse => all.add(C::Id.in_subquery(keyed_in_courses())),
        Used::InCohort => all.add(C::Id.in_subquery(keyed_in_cohorts())),
        Used::Nowhere => all.add(C::Id.not_in_subquery(keyed_in_courses())).add(C::Id.not_in_subquery(keyed_in_cohorts())),
    };
    if wanted.without.is_empty() { all } else { all.add(C::Id.is_not_in(wanted.without.iter().copied())) }
}

/// The word anywhere, its own `%` and `_` taken as they are.
fn pattern(word: &str) -> LikeExpr {
    let plain = word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    LikeExpr::new(format!("%{plain}%")).escape('\\')
}

fn keyed_in_courses() -> SelectStatement {
    course_module_readings::Entity::find().select_only().column(course_module_readings::Column::ReadingId).into_query()
}

fn keyed_in_cohorts() -> SelectStatement {
    cohort_module_readings::Entity::find().select_only().column(cohort_module_readings::Column::ReadingId).into_query()
}

async fn in_courses(conn: &Conn, ids: &[ReadingId]) -> Result<BTreeSet<ReadingId>, DbErr> {
    use course_module_readings::{Column, Entity};
    let keys = Entity::find().select_only().column(Column::ReadingId).filter(Column::ReadingId.is_in(ids.iter().copied()));
    Ok(keys.into_tuple::<ReadingId>().all(conn).await?.into_iter().collect())
}

async fn in_cohorts(conn: &Conn, ids: &[ReadingId]) -> Result<BTreeMap<ReadingId, BTreeSet<CohortId>>, DbErr> {
    use cohort_module_readings::{Column, Entity};
    let keys = Entity::find().filter(Column::ReadingId.is_in(ids.iter().copied())).all(conn).await?;
    let modules = cohort_modules::Entity::find()
        .select_only()
        .columns([cohort_modules::Column::Id, cohort_modules::Column::CohortId])
        .filter(cohort_modules::Column::Id.is_in(keys.iter().map(|key| key.module_id)));
    let modules: BTreeMap<ModuleId, CohortId> =
        modules.into_tuple::<(ModuleId, CohortId)>().all(conn).await?.into_iter().collect();
    let mut found = BTreeMap::<ReadingId, BTreeSet<CohortId>>::new();
    for key in keys {
        found.entry(key.reading_id).or_default().extend(modules.get(&key.module_id).copied());
    }
    Ok(found)
}
