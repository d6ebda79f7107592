//! Queries of orders, payments, the queue and the gateway's notifications.

mod notifications;
mod orders;
mod payments;

pub(super) use notifications::{
    event, gateway_cursor, insert_event, insert_exception, known_events, mark_processed, move_cursor, unprocessed_before,
};
pub use notifications::{queue, queue_of_order};
pub(super) use orders::{insert_order, order_for_update, save_order};
pub use orders::{order, order_of_user, orders_of_enrolment};
pub use payments::payments_of_order;
pub(super) use payments::{
    insert_card, insert_offline, order_by_reference, payment, payment_by_session, save_card, unfinished_before,
    unfinished_of_order,
};
