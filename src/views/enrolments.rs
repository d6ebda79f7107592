//! Every enrolment, newest first: searched, filtered, a page at a time.

use sea_orm::sea_query::{Expr, ExprTrait, JoinType, Order, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QueryResult, QuerySelect, QueryTrait,
    Select,
};
use uuid::Uuid;

use super::listed::{self, Listed};
use crate::db::Conn;
use crate::db::rows::catalogue::cohorts;
use crate::db::rows::enrolment::enrolments;
use crate::enrolment::{self, Enrolment};
use crate::kernel::Timestamp;
use crate::kernel::ids::{CohortId, EnrolmentId};
use crate::search::{self, Scope, Start, Terms};

pub use super::listed::Owed;
pub use crate::db::rows::enrolment::enrolments::{Funding, State};

/// How far a list is counted.
pub const COUNTED: u64 = 500;

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
    /// How many there are, where looking up the words has told.
    known: Option<u64>,
}

/// Looks up where the search begins: one statement, if there are words.
///
/// # Errors
/// The database's own.
pub async fn prepare(conn: &Conn, filter: &Filter) -> Result<Prepared, DbErr> {
    let start = search::start(conn, Scope::Enrolments, &filter.terms).await?;
    Ok(prepared(filter, &start))
}

fn prepared(filter: &Filter, start: &Start) -> Prepared {
    use enrolments::Column as C;
    let among = Condition::all()
        .add_option(filter.cohort.map(|cohort| C::CohortId.eq(cohort)))
        .add_option(filter.state.map(|state| C::State.eq(state)))
        .add_option(filter.funding.map(|funding| C::Funding.eq(funding)));
    let words = filter.terms.fit(start, &Expr::col((enrolments::Entity, C::Id)));
    let (walked, known) = match start {
        Start::Anywhere => ((!filter.terms.is_empty()).then_some(search::WALKED), None),
        Start::Among(rarest) => (None, rarest.total().filter(|_| among.is_empty())),
    };
    Prepared { among, words, walked, known }
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

    /// Those older than `before`, newest first, at most `limit`. One statement, and one more where the list is walked.
    ///
    /// # Errors
    /// The database's own.
    pub async fn page(&self, conn: &Conn, before: Option<EnrolmentId>, limit: u64) -> Result<Page, DbErr> {
        let size = usize::try_from(limit).unwrap_or(usize::MAX);
        let end: Option<EnrolmentId> = match self.walked {
            Some(walked) => self.end_query(before, walked).into_tuple().one(conn).await?,
            None => None,
        };
        let mut rows = rows(conn, self.page_query(before, end, limit + 1)).await?;
        let more = rows.len() > size;
        rows.truncate(size);
        let next = if more { rows.last().map(|row| row.enrolment.id) } else { end };
        Ok(Page { rows, next })
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
        if let Some(known) = self.known {
            return Ok(Total::Exactly(known));
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
    Ok(rows(conn, enrolments::Entity::find_by_id(id)).await?.pop())
}

const COHORT: &str = "cohort_name";
const SLUG: &str = "cohort_slug";

/// Newest first.
async fn rows(conn: &Conn, page: Select<enrolments::Entity>) -> Result<Vec<Row>, DbErr> {
    listed::read(conn, &whole(page), line).await
}

/// A page with all that its lines show, newest first: the statement, for the test of its plan.
fn whole(page: Select<enrolments::Entity>) -> SelectStatement {
    let mut all = listed::with_orders(listed::with_people(page.into_query()));
    let cohort = |column| Expr::col((cohorts::Entity, column));
    let theirs = cohort(cohorts::Column::Id).equals((listed::PAGE, enrolments::Column::CohortId));
    all.join(JoinType::InnerJoin, cohorts::Entity, theirs);
    all.expr_as(cohort(cohorts::Column::Name), COHORT).expr_as(cohort(cohorts::Column::Slug), SLUG);
    all.order_by((listed::PAGE, enrolments::Column::Id), Order::Desc);
    all
}

fn line(row: &QueryResult, of: Listed) -> Result<Row, DbErr> {
    let Listed { row: enrolment, name, email, country, last_seen } = of;
    Ok(Row {
        funding: enrolment.funding,
        enrolled_at: enrolment.enrolled_at.map(Into::into),
        ended_at: enrolment.ended_at.map(Into::into),
        enrolment: enrolment::to_enrolment(enrolment)?,
        name,
        email,
        country,
        last_seen,
        cohort: row.try_get("", COHORT)?,
        slug: row.try_get("", SLUG)?,
        order: listed::owed(row)?,
    })
}

/// A cohort, as far as lists name it.
#[derive(Debug, Clone, FromQueryResult)]
pub struct CohortName {
    pub id: CohortId,
    pub slug: String,
    pub name: String,
}

/// The names of all cohorts, by their start.
///
/// # Errors
/// The database's own.
pub async fn cohort_names(conn: &Conn) -> Result<Vec<CohortName>, DbErr> {
    use cohorts::Column as C;
    let select = cohorts::Entity::find().select_only().columns([C::Id, C::Slug, C::Name]);
    select.order_by_asc(C::StartsOn).order_by_asc(C::Id).into_model().all(conn).await
}

#[cfg(test)]
#[path = "enrolments_tests.rs"]
mod tests;
