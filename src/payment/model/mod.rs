//! Orders, attempts to pay them, and what is to be done about what the gateway says. Pure.

mod dispute;
mod dispute_events;
mod events;
mod exception;
mod order;
mod payment;
mod payout;
mod payout_events;
#[cfg(test)]
mod properties;
mod refund;
mod refund_events;
mod refund_quote;
mod settlement;
mod transfer;

pub use dispute::{Dispute, DisputeFacts, Movement, Standing, Step};
pub use dispute_events::DisputeEvent;
pub use events::PaymentEvent;
pub use exception::{Answer, Exception, RULES, Reason};
pub use order::{Buyer, NotOpen, Order, OrderLine, OrderNumber, OrderState, PostalAddress, PostalCode};
pub use payment::{CardAttempt, CardState, Means, Method, Offline, Payment, Received, Reference};
pub use payout::{MatchedLine, Payout, PayoutLine, PayoutStanding, Source};
pub use payout_events::PayoutEvent;
pub use refund::{BY_GATEWAY, Cause, NotNow, Origin, Refund, RefundState, Sent, Way, refundable, refundable_in_all, shares};
pub use refund_events::RefundEvent;
pub use refund_quote::{Because, QuoteFacts, RefundQuote, refund_quote};
pub use settlement::{BANK_LIMIT, Decision, Facts, GRACE, Said, Says, Seat, Settlement, settle};
pub use transfer::{NotAUtr, NotAWay, Told, Transfer, TransferEvent, TransferWay, kept_until};
