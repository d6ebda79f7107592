//! Sends a confirmation once more.

use sea_orm::DbErr;

use crate::acts::enrol_free::confirm_by_mail;
use crate::audit;
use crate::db::Txn;
use crate::enrolment::EnrolmentState;
use crate::enrolment::model::EnrolmentEvent;
use crate::kernel::ids::EnrolmentId;

use crate::{enrolment, identity};

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
    audit::record(txn, &EnrolmentEvent::ConfirmationResent(&student)).await?;
    let key = format!("enrolment_confirmed:{id}:{}", txn.random().uuid(txn.now()));
    Ok(confirm_by_mail(txn, &person, id, key).await?)
}
