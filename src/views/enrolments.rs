//! Every enrolment, newest first: searched, filtered, a page at a time.

use std::collections::BTreeMap;

use sea_orm::sea_query::{Expr, ExprTrait, Query, UnionType};
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select};
use uuid::Uuid;

use crate::catalogue::{self, model::Cohort};
use crate::db::Conn;
use crate::db::rows::enrolment::enrolments;
use crate::db::rows::identity::users;
use crate::db::rows::payment::{order_lines, orders};
use crate::enrolment::{self, Enrolment};
use crate::kernel::ids::{CohortId, EnrolmentId, OrderId, UserId};
use crate::kernel::{Money, Timestamp};
use crate::search::{self, Scope, Start, Terms};

pub use crate::db::rows::enrolment::enrolments::{Funding, State};

/// How far a list is counted.
pub const COUNTED: u64 = 10_000;

/// Which enrolments are wanted; what is absent does not matter.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of name, address, the certificate's name or the order's number.
    pub terms: Terms,
    pub cohort: Option<CohortId>,
    pub state: Option<State>,
    pub funding: Option<Funding>,
}

/// How many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Total {
    Exactly(u64),
    MoreThan(u64),
    /// Each word fits so many that counting them would read them all.
    Uncounted,
}

/// An enrolment, with whose it is and what was owed for it.
#[derive(Debug, Clone)]
pub struct Row {
    pub enrolment: Enrolment,
    pub funding: Funding,
    /// Service times; the state has the one that matters now.
    pub enrolled_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub name: String,
    pub email: String,
    pub country: Option<String>,
    /// Service time.
    pub last_seen: Option<Timestamp>,
    /// The cohort's.
    pub cohort: String,
    pub slug: String,
    /// The newest, where there are several.
    pub order: Option<Owed>,
}

/// An order, as far as lists show it.
#[derive(Debug, Clone)]
pub struct Owed {
    pub id: OrderId,
    pub number: String,
    pub total: Money,
}

/// A page of the list.
#[derive(Debug, Clone)]
pub struct Page {
    pub rows: Vec<Row>,
    /// The page after begins below this.
    pub next: Option<EnrolmentId>,
}

/// A filter, with where its search begins.
#[derive(Debug, Clone)]
pub struct Prepared {
    which: Condition,
    /// Each word fits so many that they are not counted.
    many: bool,
}

/// Looks up where the search begins: a statement for each word.
///
/// # Errors
/// The database's own.
pub async fn prepare(conn: &Conn, filter: &Filter) -> Result<Prepared, DbErr> {
    use enrolments::Column as C;
    let start = search::start(conn, Scope::Enrolments, &filter.terms).await?;
    let many = start == Start::Anywhere && !filter.terms.is_empty();
    let (id, user) = (Expr::col((enrolments::Entity, C::Id)), Expr::col((enrolments::Entity, C::UserId)));
    let mut which = Condition::all()
        .add_option(filter.cohort.map(|cohort| C::CohortId.eq(cohort)))
        .add_option(filter.state.map(|state| C::State.eq(state)))
        .add_option(filter.funding.map(|funding| C::Funding.eq(funding)))
        .add(filter.terms.fit(&[id.clone(), user]));
    match start {
        Start::Anywhere => {}
        Start::Among(subjects) if subjects.is_empty() => which = which.add(Expr::cust("1 = 0")),
        Start::Among(subjects) => which = which.add(id.in_subquery(theirs(&subjects))),
    }
    Ok(Prepared { which, many })
}

/// The enrolments that these subjects are, or whose people they are: two looks at an index, however the planner reads an OR.
fn theirs(subjects: &[Uuid]) -> sea_orm::sea_query::SelectStatement {
    let by = |column: enrolments::Column| {
        let of = Expr::col(column).is_in(subjects.iter().copied());
        Query::select().column(enrolments::Column::Id).from(enrolments::Entity).and_where(of).to_owned()
    };
    by(enrolments::Column::Id).union(UnionType::Distinct, by(enrolments::Column::UserId)).to_owned()
}

impl Prepared {
    fn select(&self, before: Option<EnrolmentId>) -> Select<enrolments::Entity> {
        // Always a range of the index: without one, a planner would say that it reads all.
        let end = before.unwrap_or(EnrolmentId(Uuid::max()));
        enrolments::Entity::find().filter(self.which.clone()).filter(enrolments::COLUMN.id.lt(end))
    }

    /// Those older than `before`, newest first, at most `limit`: the statement, for the test of its plan.
    pub(crate) fn page_query(&self, before: Option<EnrolmentId>, limit: u64) -> Select<enrolments::Entity> {
        self.select(before).order_by_desc(enrolments::Column::Id).limit(limit)
    }

    fn count_query(&self) -> sea_orm::sea_query::SelectStatement {
        let some = self.select(None).select_only().expr_as(Expr::cust("1"), "one").limit(COUNTED + 1).into_query();
        Query::select().expr_as(Expr::cust("COUNT(*)"), "many").from_subquery(some, "some").to_owned()
    }

    /// Those older than `before`, newest first, at most `limit`. Five statements.
    ///
    /// # Errors
    /// The database's own.
    pub async fn page(&self, conn: &Conn, before: Option<EnrolmentId>, limit: u64) -> Result<Page, DbErr> {
        let size = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut found = self.page_query(before, limit + 1).all(conn).await?;
        let more = found.len() > size;
        found.truncate(size);
        let next = found.last().filter(|_| more).map(|row| row.id);
        Ok(Page { rows: rows(conn, found).await?, next })
    }

    /// How many there are in all, as far as it is counted.
    ///
    /// # Errors
    /// The database's own.
    pub async fn total(&self, conn: &Conn) -> Result<Total, DbErr> {
        use sea_orm::ConnectionTrait;
        if self.many {
            return Ok(Total::Uncounted);
        }
        let found = conn.query_one(&self.count_query()).await?;
        let many: i64 = found.map_or(Ok(0), |row| row.try_get("", "many"))?;
        let many = u64::try_from(many).unwrap_or_default();
        Ok(if many > COUNTED { Total::MoreThan(COUNTED) } else { Total::Exactly(many) })
    }
}

/// The enrolment of this id, whosever it is.
///
/// # Errors
/// The database's own.
pub async fn one(conn: &Conn, id: EnrolmentId) -> Result<Option<Row>, DbErr> {
    let found = enrolments::Entity::find_by_id(id).all(conn).await?;
    Ok(rows(conn, found).await?.pop())
}

async fn rows(conn: &Conn, found: Vec<enrolments::Model>) -> Result<Vec<Row>, DbErr> {
    let people = found.iter().map(|row| row.user_id);
    let people = users::Entity::find().filter(users::Column::Id.is_in(people)).all(conn).await?;
    let people: BTreeMap<UserId, users::Model> = people.into_iter().map(|user| (user.id, user)).collect();
    let owed = owed(conn, &found.iter().map(|row| row.id).collect::<Vec<_>>()).await?;
    let cohorts: BTreeMap<CohortId, Cohort> =
        catalogue::all_cohorts(conn).await?.into_iter().map(|cohort| (cohort.id, cohort)).collect();
    let row = |row: enrolments::Model| {
        let (user, cohort) = (people.get(&row.user_id), cohorts.get(&row.cohort_id));
        Ok(Row {
            funding: row.funding,
            enrolled_at: row.enrolled_at.map(Into::into),
            ended_at: row.ended_at.map(Into::into),
            name: user.map(|user| user.name.clone()).unwrap_or_default(),
            email: user.map(|user| user.email.clone()).unwrap_or_default(),
            country: user.and_then(|user| user.country.clone()),
            last_seen: user.and_then(|user| user.last_seen_at).map(Into::into),
            cohort: cohort.map(|cohort| cohort.name.clone()).unwrap_or_default(),
            slug: cohort.map(|cohort| cohort.slug.to_string()).unwrap_or_default(),
            order: owed.get(&row.id).cloned(),
            enrolment: enrolment::to_enrolment(row)?,
        })
    };
    found.into_iter().map(row).collect()
}

/// The newest order of each of these enrolments, in one statement.
pub(super) async fn owed(conn: &Conn, enrolments: &[EnrolmentId]) -> Result<BTreeMap<EnrolmentId, Owed>, DbErr> {
    let lines = order_lines::Entity::find()
        .filter(order_lines::Column::EnrolmentId.is_in(enrolments.iter().copied()))
        .find_also_related(orders::Entity)
        .all(conn)
        .await?;
    let mut newest = BTreeMap::<EnrolmentId, Owed>::new();
    for (line, order) in lines {
        let (Some(enrolment), Some(order)) = (line.enrolment_id, order) else { continue };
        if newest.get(&enrolment).is_some_and(|known| known.id > order.id) {
            continue;
        }
        let currency = order.currency.parse().map_err(|_| crate::db::corrupt("currency"))?;
        let total = Money::new(order.total_minor, currency);
        newest.insert(enrolment, Owed { id: order.id, number: order.number, total });
    }
    Ok(newest)
}

#[cfg(test)]
#[path = "enrolments_tests.rs"]
mod tests;
