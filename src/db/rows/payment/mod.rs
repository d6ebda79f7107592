//! Rows of the domain `payment`.

pub mod disputes;
pub mod gateway_charges;
pub mod gateway_cursor;
pub mod gateway_customers;
pub mod gateway_events;
pub mod order_lines;
pub mod orders;
pub mod payment_exceptions;
pub mod payments;
pub mod payout_lines;
pub mod payouts;
pub mod refunds;
pub mod transfers;
