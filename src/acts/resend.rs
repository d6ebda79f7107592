//! Sends a confirmation once more.

use sea_orm::DbErr;
use serde_json::json;

use crate::audit;
use crate::db::Txn;
use crate::enrolment::EnrolmentState;
use crate::enrolment::model::EnrolmentEvent;
use crate::kernel::ids::EnrolmentId;
use crate::mail::{self, Class, Post};
use crate::{enrolment, identity, payment};

/// Why nothing is sent.
#[derive(Debug, thiserror::Error)]
pub enum ResendRefusal {
    #[error("the student is not enrolled")]
    NotEnrolled,
    #[error(transparent)]
    Db(#[from] DbErr),
}

/// Posts a new letter of confirmation, to the address that the student has now. One that is still on its way is left alone.
///
/// # Errors
/// [`ResendRefusal`].
pub async fn resend_confirmation(txn: &Txn, id: EnrolmentId) -> Result<(), ResendRefusal> {
    let student = enrolment::enrolment_for_update(txn, id).await?.ok_or(ResendRefusal::NotEnrolled)?;
    let EnrolmentState::Enrolled { .. } = student.state else { return Err(ResendRefusal::NotEnrolled) };
    let person = identity::person(txn, student.user).await?.ok_or(ResendRefusal::NotEnrolled)?;
    let order = payment::orders_of_enrolment(txn, id).await?.first().map(|order| order.id);
    audit::record(txn, &EnrolmentEvent::ConfirmationResent(&student)).await?;
    let letter = Post {
        dedupe_key: format!("enrolment_confirmed:{id}:{}", txn.random().uuid(txn.now())),
        kind: "enrolment_confirmed",
        class: Class::Transactional,
        user: Some(person.id),
        recipient: person.email,
        payload: json!({ "enrolment": id, "order": order }),
        due_at: txn.now(),
        not_after: None,
        // As the first one: after sign-in codes, before reminders.
        priority: 10,
    };
    Ok(mail::post(txn, letter).await?)
}
