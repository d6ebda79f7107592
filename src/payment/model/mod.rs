//! Orders, attempts to pay them, and what is to be done about what the gateway says. Pure.

mod events;
mod exception;
mod order;
mod payment;
#[cfg(test)]
mod properties;
mod refund;
mod refund_events;
mod refund_quote;
mod settlement;

pub use events::PaymentEvent;
pub use exception::{Answer, Exception, RULES, Reason};
pub use order::{Buyer, NotOpen, Order, OrderLine, OrderNumber, OrderState, PostalAddress, PostalCode};
pub use payment::{CardAttempt, CardState, Means, Method, Offline, Payment, Received, Reference};
pub use refund::{BY_GATEWAY, Cause, NotNow, Origin, Refund, RefundState, Sent, Way, refundable, refundable_in_all, shares};
pub use refund_events::RefundEvent;
pub use refund_quote::{Because, QuoteFacts, RefundQuote, refund_quote};
pub use settlement::{BANK_LIMIT, Decision, Facts, GRACE, Said, Says, Seat, Settlement, settle};
