//! Every order, newest first, a page at a time.

use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::db::Conn;
use crate::db::rows::enrolment::enrolments;
use crate::db::rows::payment::{order_lines, orders};
use crate::kernel::ids::{CohortId, OrderId};
use crate::payment::{self, Order};

pub use crate::db::rows::payment::orders::State;

/// Which orders are wanted; what is absent does not matter.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter {
    pub state: Option<State>,
    /// Of a seat in this cohort.
    pub cohort: Option<CohortId>,
}

/// A page of the list.
#[derive(Debug, Clone)]
pub struct Page {
    pub rows: Vec<Order>,
    /// The page after begins below this.
    pub next: Option<OrderId>,
}

/// Those older than `before`, newest first, at most `limit`. Three statements.
///
/// # Errors
/// The database's own.
pub async fn page(conn: &Conn, filter: Filter, before: Option<OrderId>, limit: u64) -> Result<Page, DbErr> {
    let which = Condition::all()
        .add(orders::Column::Id.lt(before.unwrap_or(OrderId(Uuid::max()))))
        .add_option(filter.state.map(|state| orders::Column::State.eq(state)))
        .add_option(filter.cohort.map(|cohort| orders::Column::Id.in_subquery(of_cohort(cohort))));
    let newest = orders::Entity::find().filter(which).order_by_desc(orders::Column::Id);
    let mut found: Vec<OrderId> = newest.select_only().column(orders::Column::Id).limit(limit + 1).into_tuple().all(conn).await?;
    let size = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = found.len() > size;
    found.truncate(size);
    let next = found.last().copied().filter(|_| more);
    let rows = payment::orders(conn, &found).await?.into_values().rev().collect();
    Ok(Page { rows, next })
}

fn of_cohort(cohort: CohortId) -> sea_orm::sea_query::SelectStatement {
    use sea_orm::sea_query::ExprTrait;
    let seats = Query::select()
        .column(enrolments::Column::Id)
        .from(enrolments::Entity)
        .and_where(Expr::col(enrolments::Column::CohortId).eq(cohort))
        .to_owned();
    Query::select()
        .column(order_lines::Column::OrderId)
        .from(order_lines::Entity)
        .and_where(Expr::col(order_lines::Column::EnrolmentId).in_subquery(seats))
        .to_owned()
}
