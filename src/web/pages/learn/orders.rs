//! What the dashboard says of the order that pays for a seat.

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};

use crate::db::Conn;
use crate::db::rows::payment::orders::State;
use crate::db::rows::payment::{order_lines, orders};
use crate::kernel::Money;
use crate::kernel::ids::{EnrolmentId, OrderId};

/// An order, in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OrderShown {
    pub(super) id: OrderId,
    pub(super) number: String,
    /// `Paid`, `To pay`, `Lapsed`, `Cancelled`.
    pub(super) state: &'static str,
    /// With tax.
    pub(super) total: Money,
}

/// The newest order for this enrolment. Whose it is, the caller has asked.
pub(super) async fn newest(conn: &Conn, enrolment: EnrolmentId) -> Result<Option<OrderShown>, DbErr> {
    let lines = order_lines::Entity::find().filter(order_lines::COLUMN.enrolment_id.eq(enrolment));
    let found = lines.find_also_related(orders::Entity).all(conn).await?;
    let newest = found.into_iter().filter_map(|(_, order)| order).max_by_key(|order| (order.created_at, order.id));
    newest.map(shown).transpose()
}

fn shown(order: orders::Model) -> Result<OrderShown, DbErr> {
    let currency = order.currency.parse().map_err(|_| DbErr::Custom("a stored currency does not parse".to_owned()))?;
    let state = match order.state {
        State::Open => "To pay",
        State::Paid => "Paid",
        State::Lapsed => "Lapsed",
        State::Cancelled => "Cancelled",
    };
    Ok(OrderShown { id: order.id, number: order.number, state, total: Money::new(order.total_minor, currency) })
}
