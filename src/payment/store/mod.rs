//! Queries of orders, payments, the queue and the gateway's notifications.

mod charges;
mod customers;
mod disputes;
mod notifications;
mod orders;
mod payments;
mod payouts;
mod quote;
mod refunds;
mod stuck;
mod transfers;

pub(super) use charges::{
    booked_of_intent, charge_asked, charge_known, expect_charge, expected_charges, is_expected, strays_without_fee,
};
pub(super) use customers::{customers_of, insert_customer, renew_customer, save_customer};
pub use disputes::{count_waiting_disputes, disputes_of_order, waiting_disputes};
pub(super) use disputes::{dispute_asked, dispute_for_update, save_decision, save_dispute, unmatched_disputes};
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
    insert_card, insert_offline, order_by_reference, payment, payment_by_session, renew_card, save_card, unfinished_before,
    unfinished_of_order,
};
pub use payouts::{count_unknown_fees, lines_of_payout, payout, payouts_between};
pub(super) use payouts::{insert_lines, payout_for_update, save_payout, sum_of_lines};
pub(super) use quote::{code_tries, count_code_try, save_quote};
pub use refunds::{count_refunds_for_admins, refund, refunds_for_admins, refunds_of_order};
pub(super) use refunds::{insert_refund, refund_by_reference, save_refund, unfinished_refunds};
pub use stuck::{KeptEvent, StuckEvent, count_stuck_events, kept_event, stuck_events};
pub(super) use stuck::{forget_settled_jobs, mark_aside};
pub use transfers::{count_told_transfers, told_transfers, transfer, transfers};
pub(super) use transfers::{is_told_elsewhere, save_transfer};
