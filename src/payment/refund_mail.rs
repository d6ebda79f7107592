//! What a payer is told of money that goes back: why, where no word of theirs caused it, and that it is on its way.

use sea_orm::DbErr;
use serde_json::json;

use super::model::{Order, Refund};
use crate::db::Txn;
use crate::mail::{self, Post};

/// The kinds of the mails, by their folders in `emails/`.
pub const EXPLAINED: &str = "payment_refunded";
pub const SENT: &str = "refund_sent";

/// Says why money that just came goes back at once.
pub(super) async fn explained(txn: &Txn, order: &Order, refund: &Refund) -> Result<(), DbErr> {
    post(txn, order, refund, EXPLAINED).await
}

/// Says that a refund is on its way, or done.
pub(super) async fn sent(txn: &Txn, order: &Order, refund: &Refund) -> Result<(), DbErr> {
    post(txn, order, refund, SENT).await
}

async fn post(txn: &Txn, order: &Order, refund: &Refund, kind: &'static str) -> Result<(), DbErr> {
    let whom = (order.user, order.buyer.email.clone());
    let letter = Post::transactional(kind, refund.id, whom, json!({ "refund": refund.id }), txn.now());
    mail::post(txn, letter).await
}
