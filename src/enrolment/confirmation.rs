//! The letter that confirms an enrolment, whoever causes it.

use sea_orm::DbErr;
use serde_json::json;

use crate::db::Txn;
use crate::kernel::EmailAddress;
use crate::kernel::ids::{EnrolmentId, OrderId, UserId};
use crate::mail::{self, Class, Post};

/// After sign-in codes, before reminders.
const PRIORITY: i32 = 10;

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
    let first = format!("enrolment_confirmed:{enrolment}");
    let letter = Post {
        dedupe_key: again.map_or_else(|| first.clone(), |again| format!("{first}:{again}")),
        kind: "enrolment_confirmed",
        class: Class::Transactional,
        user: Some(user),
        recipient,
        payload: json!({ "enrolment": enrolment, "order": order }),
        due_at: txn.now(),
        not_after: None,
        priority: PRIORITY,
    };
    match sending {
        Sending::Now => mail::post(txn, letter).await,
        Sending::Held => mail::post_held(txn, letter).await,
    }
}
