//! Orders, attempts to pay them, and what is to be done about what the gateway says. Pure.

mod events;
mod exception;
mod order;
mod payment;
#[cfg(test)]
mod properties;
mod settlement;
mod transfer;

pub use events::PaymentEvent;
pub use exception::{Exception, Reason};
pub use order::{Buyer, NotOpen, Order, OrderLine, OrderNumber, OrderState, PostalAddress, PostalCode};
pub use payment::{CardAttempt, CardState, Means, Method, Offline, Payment, Received, Reference};
pub use settlement::{BANK_LIMIT, Decision, Facts, GRACE, Said, Says, Seat, Settlement, settle};
pub use transfer::{NotAUtr, NotAWay, Told, Transfer, TransferEvent, Way, kept_until};
