//! The letter that confirms an enrolment, whoever causes it.

use sea_orm::DbErr;
use serde_json::json;

use crate::db::Txn;
use crate::kernel::EmailAddress;
use crate::kernel::ids::{EnrolmentId, OrderId, UserId};
use crate::mail::{self, Post};

/// When a confirmation goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sending {
    Now,
    /// Once an admin lets it go.
    Held,
}

/// A confirmation to be posted.
#[derive(Debug)]
pub(crate) struct Confirmation {
    pub enrolment: EnrolmentId,
    /// What it was paid by; a free seat has none.
    pub order: Option<OrderId>,
    pub user: UserId,
    pub recipient: EmailAddress,
    /// Which of the enrolment's confirmations; the first has no name.
    pub again: Option<String>,
    pub sending: Sending,
}

/// Posts it: each enrolment has one first confirmation at most.
pub(crate) async fn post_confirmation(txn: &Txn, confirmation: Confirmation) -> Result<(), DbErr> {
    let Confirmation { enrolment, order, user, recipient, again, sending } = confirmation;
    let key = again.map_or_else(|| enrolment.to_string(), |again| format!("{enrolment}:{again}"));
    let payload = json!({ "enrolment": enrolment, "order": order });
    let letter = Post::transactional("enrolment_confirmed", key, (user, recipient), payload, txn.now());
    match sending {
        Sending::Now => mail::post(txn, letter).await,
        Sending::Held => mail::post_held(txn, letter).await,
    }
}
