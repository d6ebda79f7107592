//! What the dashboard says of the order that pays for a seat.

use crate::kernel::Money;
use crate::kernel::ids::OrderId;
use crate::payment::{Order, OrderState};

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

impl From<Order> for OrderShown {
    fn from(order: Order) -> Self {
        let state = match order.state {
            OrderState::Open => "To pay",
            OrderState::Paid { .. } => "Paid",
            OrderState::Lapsed { .. } => "Lapsed",
            OrderState::Cancelled { .. } => "Cancelled",
        };
        Self { id: order.id, number: order.number.as_str().to_owned(), state, total: order.quote.total }
    }
}
