//! Rows of the domain `payment`.

pub mod gateway_cursor;
pub mod gateway_events;
pub mod order_lines;
pub mod orders;
pub mod payment_exceptions;
pub mod payments;
pub mod refunds;
