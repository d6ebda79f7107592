//! Lines of the staff's lists of enrolments: each with whose it is, and what was owed for it. A page is one statement.

use sea_orm::sea_query::{Expr, ExprTrait, JoinType, Query, SelectStatement};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, IdenStatic, Iterable, QueryResult};

use crate::db::columns::UtcTime;
use crate::db::rows::enrolment::enrolments;
use crate::db::rows::identity::users;
use crate::db::rows::payment::orders;
use crate::db::{Conn, corrupt};
use crate::kernel::ids::OrderId;
use crate::kernel::{Money, Timestamp};

/// An order, as far as lists show it.
#[derive(Debug, Clone)]
pub struct Owed {
    pub id: OrderId,
    pub number: String,
    pub total: Money,
}

/// An enrolment and its person.
#[derive(Debug)]
pub(super) struct Listed {
    pub row: enrolments::Model,
    pub name: String,
    pub email: String,
    pub country: Option<String>,
    /// Service time.
    pub last_seen: Option<Timestamp>,
}

/// What the statement calls its page of enrolments.
pub(super) const PAGE: &str = "page";
/// What it calls the ids of them, before the rest of each is looked up.
const CHOSEN: &str = "chosen";
const NAME: &str = "person_name";
const EMAIL: &str = "person_email";
const COUNTRY: &str = "person_country";
const LAST_SEEN: &str = "person_last_seen";
const ORDER: &str = "order_id";
const NUMBER: &str = "order_number";
const CURRENCY: &str = "order_currency";
const TOTAL: &str = "order_total";

/// The newest of an enrolment's orders.
const NEWEST: &str = "(SELECT l.order_id FROM order_lines l WHERE l.enrolment_id = page.id ORDER BY l.order_id DESC LIMIT 1)";

/// `page`, a statement of enrolments, with their people; in what order is to be said again. `page` itself finds ids alone, so that
/// on SQLite an index that has what it sorts and filters by is all that it reads.
pub(super) fn with_people(mut page: SelectStatement) -> SelectStatement {
    let id = |of: &'static str| Expr::col((of, enrolments::Column::Id));
    page.clear_selects().column((enrolments::Entity, enrolments::Column::Id));
    let mut all = Query::select();
    all.from_subquery(page, CHOSEN);
    all.join_as(JoinType::InnerJoin, enrolments::Entity, PAGE, id(PAGE).equals((CHOSEN, enrolments::Column::Id)));
    for column in enrolments::Column::iter() {
        all.expr_as(Expr::col((PAGE, column)), column.as_str());
    }
    let user = |column| Expr::col((users::Entity, column));
    let theirs = user(users::Column::Id).equals((PAGE, enrolments::Column::UserId));
    all.join(JoinType::InnerJoin, users::Entity, theirs);
    for (column, name) in [
        (users::Column::Name, NAME),
        (users::Column::Email, EMAIL),
        (users::Column::Country, COUNTRY),
        (users::Column::LastSeenAt, LAST_SEEN),
    ] {
        all.expr_as(user(column), name);
    }
    all
}

/// The same with the newest order of each.
pub(super) fn with_orders(mut all: SelectStatement) -> SelectStatement {
    let order = |column| Expr::col((orders::Entity, column));
    all.join(JoinType::LeftJoin, orders::Entity, order(orders::Column::Id).eq(Expr::cust(NEWEST)));
    for (column, name) in [
        (orders::Column::Id, ORDER),
        (orders::Column::Number, NUMBER),
        (orders::Column::Currency, CURRENCY),
        (orders::Column::TotalMinor, TOTAL),
    ] {
        all.expr_as(order(column), name);
    }
    all
}

/// Runs such a statement.
pub(super) async fn read<T>(
    conn: &Conn,
    select: &SelectStatement,
    line: impl Fn(&QueryResult, Listed) -> Result<T, DbErr>,
) -> Result<Vec<T>, DbErr> {
    let rows = conn.query_all(select).await?;
    rows.iter().map(|row| line(row, listed(row)?)).collect()
}

fn listed(row: &QueryResult) -> Result<Listed, DbErr> {
    Ok(Listed {
        row: enrolments::Model::from_query_result(row, "")?,
        name: row.try_get("", NAME)?,
        email: row.try_get("", EMAIL)?,
        country: row.try_get("", COUNTRY)?,
        last_seen: row.try_get::<Option<UtcTime>>("", LAST_SEEN)?.map(Into::into),
    })
}

/// The order that [`with_orders`] found.
pub(super) fn owed(row: &QueryResult) -> Result<Option<Owed>, DbErr> {
    let Some(id) = row.try_get::<Option<OrderId>>("", ORDER)? else { return Ok(None) };
    let currency = row.try_get::<String>("", CURRENCY)?.parse().map_err(|_| corrupt("currency"))?;
    let total = Money::new(row.try_get("", TOTAL)?, currency);
    Ok(Some(Owed { id, number: row.try_get("", NUMBER)?, total }))
}
