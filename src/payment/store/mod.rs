//! Queries of orders, payments, the queue and the gateway's notifications.

mod notifications;
mod orders;
mod payments;
mod quote;
mod refunds;

pub use notifications::{
    OddNotification, count_odd_notifications, count_queue, odd_notifications, queue, queue_of_order, waiting,
};
pub(super) use notifications::{
    StoredEvent, event, exception_for_update, gateway_cursor, insert_event, insert_exception, known_events, mark_processed,
    mark_seen, move_cursor, save_resolution, unprocessed_before,
};
pub(super) use orders::{insert_order, order_for_update, save_order};
pub use orders::{order, order_of_user, orders, orders_of_enrolment};
pub use payments::{count_long_with_bank, long_with_bank, payments_of_order};
pub(super) use payments::{
    insert_card, insert_offline, order_by_reference, payment, payment_by_intent, payment_by_session, save_card,
    unfinished_before, unfinished_of_order,
};
pub(super) use quote::{code_tries, count_code_try, save_quote};
pub use refunds::{count_refunds_for_admins, refund, refunds_for_admins, refunds_of_order};
pub(super) use refunds::{insert_refund, refund_by_reference, save_refund, unfinished_refunds};
