//! What a payer is told of money that goes back: why, where no word of theirs caused it, and that it is on its way.

use sea_orm::DbErr;
use serde_json::json;

use super::model::{Order, Refund};
use crate::db::Txn;
use crate::mail::{self, Class, Post};

/// The kinds of the mails, by their folders in `emails/`.
pub const EXPLAINED: &str = "payment_refunded";
pub const SENT: &str = "refund_sent";
/// After sign-in codes, before reminders.
const PRIORITY: i32 = 10;

/// Says why money that just came goes back at once.
pub(super) async fn explained(txn: &Txn, order: &Order, refund: &Refund) -> Result<(), DbErr> {
    post(txn, order, refund, EXPLAINED).await
}

/// Says that a refund is on its way, or done.
pub(super) async fn sent(txn: &Txn, order: &Order, refund: &Refund) -> Result<(), DbErr> {
    post(txn, order, refund, SENT).await
}

async fn post(txn: &Txn, order: &Order, refund: &Refund, kind: &'static str) -> Result<(), DbErr> {
    let letter = Post {
        dedupe_key: format!("{kind}:{}", refund.id),
        kind,
        class: Class::Transactional,
        user: Some(order.user),
        recipient: order.buyer.email.clone(),
        payload: json!({ "refund": refund.id }),
        due_at: txn.now(),
        not_after: None,
        priority: PRIORITY,
    };
    mail::post(txn, letter).await
}
