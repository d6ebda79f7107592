//! Every enrolment, newest first: searched, filtered, a page at a time.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement, UnionType};
use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
};
use uuid::Uuid;

use crate::db::Conn;
use crate::db::rows::catalogue::cohorts;
use crate::db::rows::enrolment::enrolments;
use crate::db::rows::identity::users;
use crate::db::rows::payment::{order_lines, orders};
use crate::enrolment::{self, Enrolment};
use crate::kernel::ids::{CohortId, EnrolmentId, OrderId, UserId};
use crate::kernel::{Money, Timestamp};
use crate::search::{self, Rarest, Scope, Start, Terms};

pub use crate::db::rows::enrolment::enrolments::{Funding, State};

/// How far a list is counted.
pub const COUNTED: u64 = 1_000;

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

/// A page of the list: of a search whose words fit many, perhaps one with few rows or none, and another after it.
#[derive(Debug, Clone)]
pub struct Page {
    pub rows: Vec<Row>,
    /// The page after begins below this.
    pub next: Option<EnrolmentId>,
}

/// A filter, with where its search begins.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// Without the words.
    among: Condition,
    words: Condition,
    /// Each word fits so many that they are not counted, and a page walks so many rows of the list.
    walked: Option<u64>,
}

/// Looks up where the search begins: a statement for each word.
///
/// # Errors
/// The database's own.
pub async fn prepare(conn: &Conn, filter: &Filter) -> Result<Prepared, DbErr> {
    let start = search::start(conn, Scope::Enrolments, &filter.terms).await?;
    Ok(prepared(filter, start))
}

fn prepared(filter: &Filter, start: Start) -> Prepared {
    use enrolments::Column as C;
    let walked = (start == Start::Anywhere && !filter.terms.is_empty()).then_some(search::WALKED);
    let (id, user) = (Expr::col((enrolments::Entity, C::Id)), Expr::col((enrolments::Entity, C::UserId)));
    let among = Condition::all()
        .add_option(filter.cohort.map(|cohort| C::CohortId.eq(cohort)))
        .add_option(filter.state.map(|state| C::State.eq(state)))
        .add_option(filter.funding.map(|funding| C::Funding.eq(funding)));
    let fit = filter.terms.fit(&[id.clone(), user]);
    let words = match start {
        Start::Anywhere => fit,
        Start::Among(rarest) => fit.add(id.in_subquery(theirs(&rarest))),
    };
    Prepared { among, words, walked }
}

/// The enrolments whom a part fits, or whose people: two looks at an index, however the planner reads an OR.
fn theirs(rarest: &Rarest) -> SelectStatement {
    let by = |column: enrolments::Column| {
        let of = Expr::col(column).in_subquery(rarest.subjects());
        Query::select().column(enrolments::Column::Id).from(enrolments::Entity).and_where(of).to_owned()
    };
    by(enrolments::Column::Id).union(UnionType::Distinct, by(enrolments::Column::UserId)).to_owned()
}

impl Prepared {
    /// Those older than `before` in the filter, whatever their words.
    fn all(&self, before: Option<EnrolmentId>) -> Select<enrolments::Entity> {
        // Always a range of the index: without one, a planner would say that it reads all.
        let end = before.unwrap_or(EnrolmentId(Uuid::max()));
        enrolments::Entity::find().filter(self.among.clone()).filter(enrolments::COLUMN.id.lt(end))
    }

    fn select(&self, before: Option<EnrolmentId>) -> Select<enrolments::Entity> {
        self.all(before).filter(self.words.clone())
    }

    /// Those older than `before` and, where the list is walked, no older than `down_to`, newest first, at most `limit`: the
    /// statement, for the test of its plan.
    pub(crate) fn page_query(
        &self,
        before: Option<EnrolmentId>,
        down_to: Option<EnrolmentId>,
        limit: u64,
    ) -> Select<enrolments::Entity> {
        let walked = down_to.map(|id| enrolments::COLUMN.id.gte(id));
        let select = self.select(before).filter(Condition::all().add_option(walked));
        select.order_by_desc(enrolments::Column::Id).limit(limit)
    }

    /// Where the walk of a page ends, if the list goes on after it: the statement, as above.
    pub(crate) fn end_query(&self, before: Option<EnrolmentId>, walked: u64) -> Select<enrolments::Entity> {
        let ids = self.all(before).select_only().column(enrolments::Column::Id);
        ids.order_by_desc(enrolments::Column::Id).offset(walked.saturating_sub(1)).limit(1)
    }

    fn count_query(&self) -> SelectStatement {
        let some = self.select(None).select_only().expr_as(Expr::cust("1"), "one").limit(COUNTED + 1).into_query();
        Query::select().expr_as(Expr::cust("COUNT(*)"), "many").from_subquery(some, "some").to_owned()
    }

    /// Those older than `before`, newest first, at most `limit`. Five statements, and one where the list is walked.
    ///
    /// # Errors
    /// The database's own.
    pub async fn page(&self, conn: &Conn, before: Option<EnrolmentId>, limit: u64) -> Result<Page, DbErr> {
        let size = usize::try_from(limit).unwrap_or(usize::MAX);
        let end: Option<EnrolmentId> = match self.walked {
            Some(walked) => self.end_query(before, walked).into_tuple().one(conn).await?,
            None => None,
        };
        let mut found = self.page_query(before, end, limit + 1).all(conn).await?;
        let more = found.len() > size;
        found.truncate(size);
        let next = if more { found.last().map(|row| row.id) } else { end };
        Ok(Page { rows: rows(conn, found).await?, next })
    }

    /// How many there are in all, as far as it is counted.
    ///
    /// # Errors
    /// The database's own.
    pub async fn total(&self, conn: &Conn) -> Result<Total, DbErr> {
        use sea_orm::ConnectionTrait;
        if self.walked.is_some() {
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
    let names = cohort_names(conn, Some(found.iter().map(|row| row.cohort_id).collect())).await?;
    let cohorts: BTreeMap<CohortId, CohortName> = names.into_iter().map(|cohort| (cohort.id, cohort)).collect();
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
            slug: cohort.map(|cohort| cohort.slug.clone()).unwrap_or_default(),
            order: owed.get(&row.id).cloned(),
            enrolment: enrolment::to_enrolment(row)?,
        })
    };
    found.into_iter().map(row).collect()
}

/// A cohort, as far as lists name it.
#[derive(Debug, Clone, FromQueryResult)]
pub struct CohortName {
    pub id: CohortId,
    pub slug: String,
    pub name: String,
}

/// The names of these cohorts, or of all, by their start.
///
/// # Errors
/// The database's own.
pub async fn cohort_names(conn: &Conn, which: Option<BTreeSet<CohortId>>) -> Result<Vec<CohortName>, DbErr> {
    use cohorts::Column as C;
    let these = which.map(|ids| C::Id.is_in(ids));
    let select = cohorts::Entity::find().select_only().columns([C::Id, C::Slug, C::Name]);
    let select = select.filter(Condition::all().add_option(these));
    select.order_by_asc(C::StartsOn).order_by_asc(C::Id).into_model().all(conn).await
}

/// The newest order of each of these enrolments, in one statement.
pub(super) async fn owed(conn: &Conn, enrolments: &[EnrolmentId]) -> Result<BTreeMap<EnrolmentId, Owed>, DbErr> {
    use orders::Column as C;
    let found: Vec<(EnrolmentId, OrderId, String, String, i64)> = order_lines::Entity::find()
        .select_only()
        .column(order_lines::Column::EnrolmentId)
        .columns([C::Id, C::Number, C::Currency, C::TotalMinor])
        .inner_join(orders::Entity)
        .filter(order_lines::Column::EnrolmentId.is_in(enrolments.iter().copied()))
        .order_by_asc(C::Id)
        .into_tuple()
        .all(conn)
        .await?;
    let mut newest = BTreeMap::new();
    for (enrolment, id, number, currency, minor) in found {
        let currency = currency.parse().map_err(|_| crate::db::corrupt("currency"))?;
        newest.insert(enrolment, Owed { id, number, total: Money::new(minor, currency) });
    }
    Ok(newest)
}

#[cfg(test)]
#[path = "enrolments_tests.rs"]
mod tests;
